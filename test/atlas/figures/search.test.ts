import test from "ava";
import { FIGURES } from "../../../src/atlas/figures/index.js";
import { drawFigure } from "../../support/draw-figure.js";
import { evenMeasures } from "../../figures/samples/steering.js";

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
  const lines = tracesOf(drawFigure("steering-tradeoff", { curves })).filter(({ name }) => name);
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
  const crosses = tracesOf(drawFigure("steering-tradeoff", { curves, rewriting: cross })).filter(
    ({ name }) => name === "rewritten by a model",
  );
  t.deepEqual(
    crosses.map(({ x, y }) => [x, y]),
    [
      [[0.7], [0.5]],
      [[0.7], [0.5]],
    ],
  );
  t.throws(() => drawFigure("steering-tradeoff", { curves: [] }), { instanceOf: RangeError });
});

test("the contour shows mean cosines over both strengths", (t) => {
  const cells = [1, 2].flatMap((up) =>
    [1, 4].map((down) => ({
      method: "residual" as const,
      up,
      down,
      cosines: [1 / up, 1 / down],
    })),
  );
  const [{ x, y, z }] = tracesOf(drawFigure("steering-contour", cells));
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
});

test("before and after tells what came from where, and what left", (t) => {
  const figure = drawFigure("steering-before-after", {
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
  t.throws(
    () => drawFigure("steering-before-after", { edits: [], cosine: 1, before: [], after: [] }),
    {
      instanceOf: RangeError,
    },
  );
});

test("the bars of an explanation follow each other up to the score", (t) => {
  const latents = [0.3, -0.1, 0, 0, 0, 0, 0, 0, 0.0001].map((contribution, latent) => ({
    ...{ latent, activation: 1, contribution },
  }));
  const labels = ["dogs", ...latents.slice(1).map(() => "")];
  const rest = { mean: 0, others: 0, bias: 0.1, residual: 0.0499 };
  const input = { score: 0.35, latents, labels, query: "q", result: "r" };
  const figure = drawFigure("explanation-bars", { ...input, ...rest });
  const [{ base, x, text }] = tracesOf(figure);
  t.deepEqual(base, [0, 0.3, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2001, 0.3001]);
  t.deepEqual(x, [0.3, -0.1, 0, 0, 0, 0, 0, 0, 0.0001, 0.1, 0.0499]);
  // The last bar's number would stand on the line at the score: it goes to where the bar starts.
  t.deepEqual([text[0], text[1], text[8], text[10]], ["+0.300", "\u22120.100", "+0.000", ""]);
  t.like((figure.layout.annotations as object[])[1], { text: "+0.050", y: 10, xanchor: "right" });
  const { ticktext } = figure.layout.yaxis as { ticktext: string[] };
  t.deepEqual(ticktext.slice(0, 2), ["dogs", "latent 1"]);
  t.deepEqual(ticktext.slice(8), ["1 other latents", "bias", "not reconstructed"]);
  // Relative to the mean document there is what both have in common with it, and no bias.
  const relative = { mean: 0.12, others: -0.02, bias: 0, residual: 0.0499 };
  const bars = drawFigure("explanation-bars", {
    ...input,
    latents: latents.slice(0, 2),
    ...relative,
  });
  t.deepEqual((bars.layout.yaxis as { ticktext: string[] }).ticktext, [
    "in common with the mean document",
    ...["dogs", "latent 1", "latents the query lacks", "not reconstructed"],
  ]);
});

test("the contour is drawn where every pair of strengths was measured", async (t) => {
  const entry = FIGURES.find(({ name }) => name === "steering-contour");
  const read = async (cells: object[]): Promise<unknown> =>
    entry?.read({ atlas: { steering: () => Promise.resolve({ cells }) } } as never, {});
  const cells = [1, 2].flatMap((up) =>
    [1, 4].map((down) => ({ method: "residual", up, down, cosines: [1] })),
  );
  const zero = { method: "residual", up: 0, down: 4, cosines: [1] };
  t.deepEqual(await read([zero, ...cells]), cells);
  t.like(await read(cells.slice(1)), {
    reason: "needs every pair of two or more strengths up and down",
  });
  t.like(await read([]), { reason: "needs every pair of two or more strengths up and down" });
});

test("the iterative optimisation draws a line for each SAE and edit, errors of 0 off the axis", (t) => {
  const figure = drawFigure("iterative-optimisation", [
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
  t.throws(() => drawFigure("iterative-optimisation", []), { instanceOf: RangeError });
});
