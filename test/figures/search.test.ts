import test from "ava";
import {
  drawExplanationBars,
  drawIterativeOptimisation,
  drawSteeringBeforeAfter,
  drawSteeringContour,
  drawSteeringTradeoff,
} from "../../src/figures/index.js";
import { evenMeasures } from "./samples/steering.js";

interface Trace {
  name?: string;
  x: number[];
  y: (number | null)[];
  z: number[][];
  xaxis?: string;
  base: number[];
  text: string[];
  marker: { color: string[] };
}

const tracesOf = (figure: { data: unknown }): Trace[] => figure.data as Trace[];

test("the trade-off draws a method where it was measured, in one colour whatever its place", (t) => {
  const curves = [
    { method: "documents" as const, cosine: 0.9, measures: evenMeasures(0.3) },
    { method: "additive" as const, cosine: 0.9, measures: evenMeasures(0.2) },
    { method: "additive" as const, cosine: 0.5, measures: evenMeasures(0.6) },
    { method: "documents" as const, cosine: 0.5, measures: evenMeasures(0, 0) },
  ];
  const lines = tracesOf(drawSteeringTradeoff({ curves })).filter(({ name }) => name);
  t.deepEqual(
    lines.map(({ name, x, y, xaxis }) => [name, x, y, xaxis]),
    [
      ["additive", [0.5, 0.9], [0.6, 0.2], undefined],
      ["documents", [0.9], [0.3], undefined],
      ["additive", [0.5, 0.9], [0.6, 0.2], "x2"],
      ["documents", [0.9], [0.3], "x2"],
    ],
  );
  const cross = { cosines: [0.6, null, 0.8], measures: evenMeasures(0.5) };
  const crosses = tracesOf(drawSteeringTradeoff({ curves, rewriting: cross })).filter(
    ({ name }) => name === "rewritten by a model",
  );
  t.deepEqual(
    crosses.map(({ x, y }) => [x, y]),
    [
      [[0.7], [0.5]],
      [[0.7], [0.5]],
    ],
  );
  t.throws(() => drawSteeringTradeoff({ curves: [] }), { instanceOf: RangeError });
});

test("the contour shows mean cosines of one method and needs every pair of strengths", (t) => {
  const cells = [1, 2].flatMap((up) =>
    [1, 4].map((down) => ({
      method: "residual" as const,
      up,
      down,
      cosines: [1 / up, 1 / down],
    })),
  );
  const none = { method: "residual" as const, up: 0, down: 4, cosines: [1] };
  const [{ x, y, z }] = tracesOf(drawSteeringContour([none, ...cells]));
  t.deepEqual(
    { x, y, z },
    {
      x: [1, 4] as number[],
      y: [1, 2] as number[],
      z: [
        [1, 0.625],
        [0.75, 0.375],
      ],
    },
  );
  t.throws(() => drawSteeringContour(cells.slice(1)), { instanceOf: RangeError });
  t.throws(() => drawSteeringContour(cells, { method: "additive" }), { message: /0 of additive/ });
  t.throws(() => drawSteeringContour([]), { instanceOf: RangeError });
});

test("before and after tells what came from where, and what left", (t) => {
  const figure = drawSteeringBeforeAfter({
    query: "dog",
    edits: ["up bird × 2"],
    before: [
      { row: 1, title: "puppy" },
      { row: 2, title: "poodle" },
    ],
    after: [
      { row: 3, title: "pigeon" },
      { row: 1, title: "puppy" },
      { row: 4, title: "dove" },
    ],
    ranksBefore: new Map([[3, 40]]),
    cosine: 0.8,
  });
  const texts = (figure.layout.annotations as { text: string }[]).map(({ text }) => text);
  t.deepEqual(texts, [
    "without edits",
    "puppy 1",
    "poodle 2",
    "with edits",
    "1 pigeon (from 40)",
    "2 puppy",
    "3 dove (new)",
    "up bird × 2",
    "cosine to the query without edits 0.80",
  ]);
  const [slope, before, after] = tracesOf(figure);
  t.deepEqual([slope.y[0], slope.y[3]], [0, 1]);
  t.is(before.marker.color[0], after.marker.color[1]);
  t.not(before.marker.color[0], before.marker.color[1]);
  t.throws(() => drawSteeringBeforeAfter({ query: "", edits: [], before: [], after: [] }), {
    instanceOf: RangeError,
  });
});

test("the bars of an explanation follow each other up to the score", (t) => {
  const latents = [0.3, -0.1, 0.0001].map((contribution, latent) => ({
    latent,
    activation: 1,
    contribution,
  }));
  const explanation = { score: 0.35, latents, bias: 0.1, residual: 0.0499 };
  const input = { explanation, labels: ["dogs", "", "x"], query: "q", result: "r" };
  const figure = drawExplanationBars(input, { most: 2 });
  const [{ base, x, text }] = tracesOf(figure);
  t.deepEqual(base, [0, 0.3, 0.2, 0.2001, 0.3001]);
  t.deepEqual(x, [0.3, -0.1, 0.0001, 0.1, 0.0499]);
  // The last bar's number would stand on the line at the score: it goes to where the bar starts.
  t.deepEqual(text, ["+0.300", "\u22120.100", "+0.000", "+0.100", ""]);
  t.like((figure.layout.annotations as object[])[1], { text: "+0.050", y: 4, xanchor: "right" });
  t.like(figure.layout, {
    yaxis: { ticktext: ["dogs", "latent 1", "1 other latents", "bias", "not reconstructed"] },
  });
  t.throws(() => drawExplanationBars({ ...input, labels: [] }), { instanceOf: RangeError });
});

test("the iterative optimisation draws a line for each SAE and edit, errors of 0 off the axis", (t) => {
  const figure = drawIterativeOptimisation([
    { name: "k 16", zeroToActive: [0.1, 0.05], activeToZero: [0, 0] },
  ]);
  t.deepEqual(
    tracesOf(figure).map(({ x, y }) => [x, y]),
    [
      [
        [1, 2],
        [0.1, 0.05],
      ],
      [
        [1, 2],
        [0, 0],
      ],
    ],
  );
  t.like(figure.layout, { yaxis: { type: "log" } });
  t.false("type" in (figure.layout.yaxis2 as object));
  t.throws(() => drawIterativeOptimisation([]), { instanceOf: RangeError });
});
