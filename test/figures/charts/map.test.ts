import test from "ava";
import { pointMap } from "../../../src/figures/index.js";
import { textWidth } from "../../../src/figures/drawing/index.js";
import { createRandom } from "../../../src/core/index.js";
import { drawFigure } from "../../support/draw-figure.js";

interface Points {
  x: number[];
  y: number[];
  text: string[];
  customdata: [number, string, string][];
  marker: { color: string; size: number[] };
}

const input = {
  x: Float32Array.of(0, 1, 2, 3, NaN),
  y: Float32Array.of(0, 0, 0, 0, 0),
  labels: ["a", "b", "c", "d", "e"],
  weights: [0.1, 0.01, 0.001, 0, 0.5],
  groups: [
    { name: "small", members: [1] },
    { name: "large", members: [0, 1, 2, 4] },
  ],
};

test("a map draws each point once, in its smallest group, and none without a place", (t) => {
  const figure = pointMap(input);
  const traces = figure.data as unknown as Points[];
  const points = traces.flatMap((trace) => trace.customdata);
  t.deepEqual(points.map(([latent]) => latent).sort(), [0, 1, 2, 3]);
  const familyOf = new Map(points.map(([latent, , family]) => [latent, family]));
  t.is(familyOf.get(0), "large");
  t.is(familyOf.get(1), "small");
  t.is(familyOf.get(3), "none");
  t.is(traces[0].marker.color, "#cfcfcf");
  t.deepEqual(traces[0].text, ["d"]);
});

test("a map makes heavier points larger and gives both axes one scale", (t) => {
  const figure = pointMap({ ...input, y: [0, 5, 2, 1, 0], groups: [] });
  const { size } = (figure.data[0] as unknown as Points).marker;
  t.true(size[0] > size[1] && size[1] > size[2] && size[2] >= size[3]);
  const { xaxis, yaxis, margin } = figure.layout as {
    xaxis: { range: [number, number] };
    yaxis: { range: [number, number] };
    margin: { l: number; r: number; t: number; b: number };
  };
  const perPixel = (range: [number, number], pixels: number): number =>
    (range[1] - range[0]) / pixels;
  const across = perPixel(xaxis.range, figure.width - margin.l - margin.r);
  const down = perPixel(yaxis.range, figure.height - margin.t - margin.b);
  t.true(Math.abs(across / down - 1) < 1e-4);
});

test("a map names groups at a member's place, the largest for certain", (t) => {
  const random = createRandom(5);
  const n = 600;
  const x = Array.from({ length: n }, () => random());
  const y = Array.from({ length: n }, () => random());
  const families = Array.from({ length: 60 }, (_, f) => ({
    name: `family number ${f}`,
    members: Array.from({ length: 5 + (f % 7) }, (_, i) => (f * 10 + i) % n),
  }));
  const labels = Array.from({ length: n }, (_, i) => `latent ${i}`);
  const figure = pointMap({ x, y, labels, weights: x, groups: families, size: "column" });
  const names = figure.layout.annotations as { text: string; x: number }[];
  t.true(names.length > 3 && names.length < 60);
  t.is(names[0].text.replace("<br>", " "), "family number 6");
  t.true(x.some((place) => Math.abs(place - names[0].x) < 1e-4));
  const again = pointMap({ x, y, labels, weights: x, groups: families, size: "column" });
  t.deepEqual(again, figure);
});

interface Annotation {
  x: number;
  y: number;
  text: string;
  font: { size: number };
  ax?: number;
  ay?: number;
  xshift?: number;
  yshift?: number;
}

test("names cover no dot, no other name and no line of another, and share no text", (t) => {
  const random = createRandom(9);
  const n = 800;
  const centres = Array.from({ length: 40 }, () => [random(), random()]);
  const spot = (at: number, axis: number): number =>
    centres[at % 40][axis] + 0.05 * (random() - 0.5);
  const x = Array.from({ length: n }, (_, i) => spot(i, 0));
  const y = Array.from({ length: n }, (_, i) => spot(i, 1));
  const groups = Array.from({ length: 40 }, (_, f) => ({
    name: f < 4 ? `shared, common, word ${f}` : `name ${f}`,
    members: Array.from({ length: n }, (_, i) => i).filter((i) => i % 40 === f),
  }));
  const labels = x.map(String);
  for (const size of ["column", "page", "screen"] as const) {
    const figure = pointMap({ x, y, labels, weights: x.map(() => 0.01), groups, size });
    const { xaxis, yaxis, margin, annotations } = figure.layout as unknown as {
      xaxis: { range: [number, number] };
      yaxis: { range: [number, number] };
      margin: { l: number; r: number; t: number; b: number };
      annotations: Annotation[];
    };
    const width = figure.width - margin.l - margin.r;
    const height = figure.height - margin.t - margin.b;
    const pixel = (px: number, py: number): [number, number] => [
      ((px - xaxis.range[0]) / (xaxis.range[1] - xaxis.range[0])) * width,
      ((yaxis.range[1] - py) / (yaxis.range[1] - yaxis.range[0])) * height,
    ];
    const dots = x.map((px, i) => pixel(px, y[i]));
    const names = annotations.filter(({ text }) => /name|shared/.test(text));
    t.true(names.length >= 5, `${size}: ${names.length} names`);
    t.is(new Set(names.map(({ text }) => text)).size, names.length);
    const boxes = names.map((name) => {
      const from = pixel(name.x, name.y);
      const lines = name.text.split("<br>");
      const half = Math.max(...lines.map((line) => textWidth(line, name.font.size))) / 2;
      const centre = [
        from[0] + (name.ax ?? name.xshift ?? 0),
        from[1] + (name.ay ?? -(name.yshift ?? 0)),
      ];
      return { from, centre, half, high: (lines.length * name.font.size * 1.3) / 2 };
    });
    const inside = ({ centre, half, high }: (typeof boxes)[number], at: number[]): boolean =>
      Math.abs(at[0] - centre[0]) < half && Math.abs(at[1] - centre[1]) < high;
    for (const box of boxes) {
      t.false(
        dots.some((dot) => inside(box, dot)),
        "a name covers a dot",
      );
      for (const other of boxes.filter((one) => one !== box)) {
        const apart = [0, 1].map((axis) => Math.abs(box.centre[axis] - other.centre[axis]));
        t.true(apart[0] > box.half + other.half || apart[1] > box.high + other.high);
        for (let step = 0; step <= 1; step += 0.02) {
          const at = [0, 1].map(
            (axis) => other.from[axis] + step * (other.centre[axis] - other.from[axis]),
          );
          t.false(inside(box, at), "a line crosses a name");
        }
      }
    }
  }
});

test("a map refuses lengths that differ and points that are not there", (t) => {
  t.throws(() => pointMap({ ...input, y: [0] }), {
    message: "map: y must be as long as x (5), got 1",
  });
  t.throws(() => pointMap({ ...input, groups: [{ name: "f", members: [5] }] }), {
    message: 'map: group "f" names point 5, but n is 5',
  });
});

test("an empty map is drawn", (t) => {
  const empty = { x: [], y: [], labels: [], weights: [], groups: [] };
  t.deepEqual(pointMap(empty).data, []);
});

test("live latents are coloured by log10 of their density, dead ones have no place", (t) => {
  const input = {
    x: [0, NaN, 2],
    y: [0, NaN, 2],
    labels: ["a", "b", "c"],
    weights: [0.1, 0, 0.001],
  };
  const [trace, ...more] = drawFigure("latent-map-density", input, { size: "column" }).data;
  t.is(more.length, 0);
  t.deepEqual(trace.x, [0, 2]);
  t.like(trace, { marker: { color: [-1, -3], cmax: -1 } });
});

test("dots coloured by a number show on white from the lowest on, and the bar begins there", (t) => {
  const values = [1985, 1990, 2020, 2024, 2000];
  const [trace] = pointMap({ ...input, groups: [], heat: { values, title: "year" } }).data;
  const { marker } = trace as unknown as {
    marker: { cmin: number; cmax: number; colorscale: [number, string][] };
  };
  t.deepEqual([marker.cmin, marker.cmax], [1985, 2024]);
  const { colorscale } = marker;
  t.deepEqual([colorscale[0][0], colorscale.at(-1)?.[0]], [0, 1]);
  for (const [, colour] of colorscale) {
    const [r, g, b] = [1, 3, 5].map((at) => {
      const part = parseInt(colour.slice(at, at + 2), 16) / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    t.true(1.05 / (0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05) >= 2, colour);
  }
});
