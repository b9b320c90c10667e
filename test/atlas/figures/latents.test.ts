import test from "ava";
import { PAPER_GEOMETRY } from "../../../src/figures/paper/index.js";
import { formatNumber } from "../../../src/figures/drawing/index.js";
import { drawFigure } from "../../support/draw-figure.js";

test("density-histogram bins log10 density, counts dead latents apart and marks the median", (t) => {
  const figure = drawFigure("density-histogram", {
    ...{ name: "a", densities: [0.1, 0.1, 0.01, 0, 1] },
  });
  t.is(figure.name, "density-histogram");
  t.is(figure.data[0].name, "a (median −1, 1 dead)");
  const dead = drawFigure("density-histogram", { name: "b", densities: Float32Array.of(0, 0) });
  t.is(dead.data[0].name, "b (no latents, 2 dead)");
  const { x, y } = figure.data[0] as { x: number[]; y: number[] };
  t.is(x[0], -2);
  t.is(x[x.length - 1], 0.1);
  t.is(y.reduce((sum, v) => sum + v, 0) / 2, 4);
  const shapes = figure.layout.shapes as { x0: number }[];
  t.deepEqual(
    shapes.map((shape) => shape.x0),
    [-1],
  );
});

test("the line is the least-squares one, and what is not finite is left out", (t) => {
  const nearest = [0.1, 0.2, 0.3, NaN];
  const encoderDecoder = [0.5, 0.6, 0.7, 0.9];
  const [points, line] = drawFigure("encoder-decoder-scatter", { nearest, encoderDecoder }).data;
  t.deepEqual(points.customdata, [0, 1, 2]);
  t.is(line.name, "slope 1, correlation 1");
  t.deepEqual(
    [line.x, line.y],
    [
      [0.1, 0.3],
      [0.5, 0.7],
    ],
  );
});

test("the paper's line goes through its own point", (t) => {
  const input = { nearest: [0.1, 0.3], encoderDecoder: [0.5, 0.5] };
  const [, , line] = drawFigure("encoder-decoder-scatter", input, { paper: true }).data;
  const { slope, nearest, encoderDecoder } = PAPER_GEOMETRY;
  t.is(line.name, `paper, k 64: slope ${formatNumber(slope, 2)}`);
  const [low, high] = [0, 1].map((at) => (line.y as number[])[at]);
  const [from, to] = line.x as number[];
  t.true(Math.abs((high - low) / (to - from) - slope) < 1e-3);
  const there = low + slope * (nearest - from);
  t.true(Math.abs(there - encoderDecoder) < 1e-3);
});

test("magnitude-decay shows magnitudes by rank, the average dashed and k dotted", (t) => {
  const ranked = { name: "a", values: [3, 2, 1], smooth: [2.5, 2, 1.5], k: 2 };
  const { data, layout } = drawFigure("magnitude-decay", ranked);
  t.deepEqual(
    data.slice(0, 2).map(({ x, y }) => [x, y]),
    [
      [
        [1, 2, 3],
        [3, 2, 1],
      ],
      [
        [1, 2, 3],
        [2.5, 2, 1.5],
      ],
    ],
  );
  t.deepEqual(
    data.slice(2).map(({ name }) => name),
    ["moving average", "k"],
    "what the legend says of the other two lines",
  );
  t.is((data[1].line as { dash: string }).dash, "dash");
  t.is((layout.shapes as { x0: number }[])[0].x0, 2);
});

test("dimension-magnitudes sorts the dimensions and leaves what was given alone", (t) => {
  const values = Float64Array.of(1, 3, 2);
  const { data } = drawFigure("dimension-magnitudes", { name: "a", values });
  t.deepEqual(data[0].y, [3, 2, 1]);
  t.deepEqual([...values], [1, 3, 2]);
});
