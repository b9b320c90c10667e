import test from "ava";
import {
  drawCooccurrenceGrid,
  drawFamilyHeatmap,
  shareOfRarer,
  drawFamilyDocuments,
} from "../../src/figures/index.js";
import { createMatrix } from "../../src/core/index.js";

const counts = createMatrix(3, 3, Float32Array.of(8, 4, 0, 4, 5, 0, 0, 0, 0));

test("shareOfRarer divides by the rarer latent's count, with ones on the diagonal", (t) => {
  t.deepEqual(
    [...shareOfRarer(counts).data],
    [1, 0.8, 0, 0.8, 1, 0, 0, 0, 1].map((share) => Math.fround(share)),
  );
  t.throws(() => shareOfRarer(createMatrix(1, 2)), { instanceOf: RangeError });
});

test("drawCooccurrenceGrid borders each family's block and names it at its middle", (t) => {
  const blocks = [
    { name: "food", size: 2 },
    { name: "animals", size: 1 },
  ];
  const figure = drawCooccurrenceGrid({ shares: shareOfRarer(counts), blocks });
  const shapes = figure.layout.shapes as { x0: number; x1: number; y0: number; y1: number }[];
  t.deepEqual(
    shapes.map(({ x0, x1, y0, y1 }) => [x0, x1, y0, y1]),
    [
      [-0.5, 1.5, -0.5, 1.5],
      [1.5, 2.5, 1.5, 2.5],
    ],
  );
  const names = figure.layout.annotations as { text: string; y: number }[];
  t.deepEqual(
    names.map(({ text, y }) => [text, y]),
    [
      ["food", 0.5],
      ["animals", 2],
    ],
  );
  t.like(figure.data[0], {
    zmax: 1,
    z: [
      [1, 0.8, 0],
      [0.8, 1, 0],
      [0, 0, 1],
    ],
  });
  t.throws(() => drawCooccurrenceGrid({ shares: shareOfRarer(counts), blocks: blocks.slice(1) }), {
    message: /must fit 3 latents, got 1 in blocks/,
  });
});

test("names of narrow blocks stand apart, each within a line of its block", (t) => {
  const m = 60;
  const shares = createMatrix(m, m, new Float32Array(m * m).fill(0.1));
  const blocks = Array.from({ length: 15 }, (_, at) => ({
    name: `family ${at}`,
    size: at === 14 ? 46 : 1,
  }));
  const figure = drawCooccurrenceGrid({ shares, blocks }, { size: "column" });
  const names = figure.layout.annotations as { text: string; y: number; yshift: number }[];
  t.true(names.length > 3 && names.length < 15);
  t.is(names[names.length - 1].text, "family 14");
  const { margin } = figure.layout as { margin: { l: number; r: number } };
  const side = figure.width - margin.l - margin.r;
  const centres = names.map(({ y, yshift }) => ((y + 0.5) / m) * side - yshift);
  for (let i = 1; i < names.length; i++) t.true(centres[i] - centres[i - 1] > 10.9);
  for (const { yshift } of names) t.true(Math.abs(yshift) <= 11.1);
});

test("drawFamilyHeatmap shows what stays legible and says how many it leaves out", (t) => {
  const m = 50;
  const shares = createMatrix(m, m, new Float32Array(m * m).fill(0.5));
  const labels = Array.from({ length: m }, (_, at) => `latent ${at}`);
  const figure = drawFamilyHeatmap({ name: "food", shares, labels }, { size: "column" });
  const rows = (figure.data[0].z as unknown[]).length;
  t.true(rows >= 10 && rows < m);
  t.is(figure.title, `Co-occurrence in “food”, first ${rows} of 50 latents`);
  const few = drawFamilyHeatmap({ name: "food", shares, labels }, { maxLatents: 2 });
  t.like(few.data[0], {
    z: [
      [0.5, 0.5],
      [0.5, 0.5],
    ],
    texttemplate: "%{z:.2f}",
  });
  t.throws(() => drawFamilyHeatmap({ name: "x", shares, labels: ["one"] }), {
    instanceOf: RangeError,
  });
  t.throws(() => drawFamilyHeatmap({ name: "x", shares, labels }, { max: 2 }), {
    message: /max must/,
  });
});

test("a heatmap that is cut says so itself where no title does", (t) => {
  const m = 40;
  const shares = createMatrix(m, m, new Float32Array(m * m).fill(0.1));
  const labels = Array.from({ length: m }, (_, at) => `latent ${at}`);
  const textsOf = (size: "column" | "screen", maxLatents?: number): string[] => {
    const figure = drawFamilyHeatmap({ name: "all", shares, labels }, { size, maxLatents });
    return (figure.layout.annotations as { text: string }[]).map(({ text }) => text);
  };
  t.true(textsOf("column", 9).includes("9 of 40"));
  t.false(textsOf("screen", 9).includes("9 of 40"));
});

const labels = ["a", "b"];
const values = createMatrix(2, 3, Float32Array.of(1, 10, 0, 0, 100, 2));

test("drawFamilyDocuments shows ranks by their logarithm, the first darkest, and gaps as gaps", (t) => {
  const figure = drawFamilyDocuments({ name: "f", kind: "ranks", values, labels });
  const [trace] = figure.data;
  t.is(figure.name, "family-ranks");
  t.deepEqual(trace.z, [
    [0, 1, null],
    [null, 2, 0.301],
  ]);
  t.true(trace.reversescale);
  t.is(trace.zmax, 2);
});

test("drawFamilyDocuments takes the scale of an overlap from what is off the diagonal", (t) => {
  const overlap = createMatrix(2, 2, Float32Array.of(1, 0.3, 0.3, 1));
  const [trace] = drawFamilyDocuments({ name: "f", kind: "overlap", values: overlap, labels }).data;
  t.is(trace.zmax, 0.5);
});

test("drawFamilyDocuments refuses labels and titles that do not fit", (t) => {
  const input = { name: "f", kind: "activations" as const, values, labels };
  t.throws(() => drawFamilyDocuments({ ...input, labels: ["a"] }), { message: /got 1 and 3/ });
  t.throws(() => drawFamilyDocuments({ ...input, titles: ["x"] }), { message: /got 2 and 1/ });
  t.throws(() => drawFamilyDocuments({ ...input, kind: "overlap" }), { instanceOf: RangeError });
});
