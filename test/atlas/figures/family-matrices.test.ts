import test from "ava";
import { createMatrix } from "../../../src/core/index.js";
import { heatmap } from "../../../src/figures/index.js";
import { drawFigure } from "../../support/draw-figure.js";

const counts = createMatrix(3, 3, Float32Array.of(8, 4, 0, 4, 5, 0, 0, 0, 0));

test("cooccurrence-grid borders each family's block and names it at its middle", (t) => {
  const rows = ["a", "b", "c"];
  const blocks = [
    { name: "food", size: 2 },
    { name: "animals", size: 1 },
  ];
  const figure = drawFigure("cooccurrence-grid", { counts, rows, blocks });
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
  t.throws(() => drawFigure("cooccurrence-grid", { counts, rows, blocks: blocks.slice(1) }), {
    message: /blocks of 3 rows, got 1/,
  });
});

test("names of narrow blocks stand apart, each within a line of its block", (t) => {
  const m = 60;
  const counts = createMatrix(m, m, new Float32Array(m * m).fill(0.1));
  const rows = Array.from({ length: m }, (_, at) => `latent ${at}`);
  const blocks = Array.from({ length: 15 }, (_, at) => ({
    name: `family ${at}`,
    size: at === 14 ? 46 : 1,
  }));
  const figure = drawFigure("cooccurrence-grid", { counts, rows, blocks }, { size: "column" });
  const names = figure.layout.annotations as { text: string; y: number; yshift: number }[];
  t.true(names.length > 3 && names.length < 15);
  t.is(names[names.length - 1].text, "family 14");
  const { margin } = figure.layout as { margin: { l: number; r: number } };
  const side = figure.width - margin.l - margin.r;
  const centres = names.map(({ y, yshift }) => ((y + 0.5) / m) * side - yshift);
  for (let i = 1; i < names.length; i++) t.true(centres[i] - centres[i - 1] > 10.9);
  for (const { yshift } of names) t.true(Math.abs(yshift) <= 11.1);
});

test("family-heatmap shows what stays legible and says how many it leaves out", (t) => {
  const m = 50;
  const counts = createMatrix(m, m, new Float32Array(m * m).fill(0.5));
  const labels = Array.from({ length: m }, (_, at) => `latent ${at}`);
  const input = { name: "food", counts, rows: labels };
  const figure = drawFigure("family-heatmap", input, { size: "column" });
  const rows = (figure.data[0].z as unknown[]).length;
  t.true(rows >= 10 && rows < m);
  t.is(figure.title, `Co-occurrence in “food”, first ${rows} of 50 latents`);
  const few = drawFigure("family-heatmap", input, { size: "column", height: 100 });
  t.true((few.data[0].z as unknown[]).length < rows);
  t.throws(() => drawFigure("family-heatmap", { ...input, rows: ["one"] }), {
    instanceOf: RangeError,
  });
});

test("a heatmap that is cut says so itself where no title does", (t) => {
  const m = 40;
  const counts = createMatrix(m, m, new Float32Array(m * m).fill(0.1));
  const labels = Array.from({ length: m }, (_, at) => `latent ${at}`);
  const textsOf = (size: "column" | "screen", maxRows: number): string[] => {
    const options = { rows: labels, values: counts, maxRows, counted: "latents", square: true };
    const scale = { title: "share", max: 1 };
    const figure = heatmap({ ...options, size, scale, defaultTitle: "Some", hover: "" });
    return (figure.layout.annotations as { text: string }[]).map(({ text }) => text);
  };
  t.true(textsOf("column", 9).includes("9 of 40"));
  t.false(textsOf("screen", 9).includes("9 of 40"));
});

const labels = ["a", "b"];
const values = createMatrix(2, 3, Float32Array.of(1, 10, 0, 0, 100, 2));
const input = { name: "f", values, rows: labels, columns: ["x", "y", "z"] };

test("family-ranks shows ranks by their logarithm, the first darkest, and gaps as gaps", (t) => {
  const figure = drawFigure("family-ranks", input);
  const [trace] = figure.data;
  t.is(figure.name, "family-ranks");
  t.deepEqual(trace.z, [
    [0, 1, null],
    [null, 2, 0.301],
  ]);
  t.true(trace.reversescale);
  t.is(trace.zmax, 2);
});

test("family-overlap takes the scale of an overlap from what is off the diagonal", (t) => {
  const overlap = createMatrix(2, 2, Float32Array.of(1, 0.3, 0.3, 1));
  const [trace] = drawFigure("family-overlap", {
    ...{ name: "f", values: overlap, rows: labels, columns: labels },
  }).data;
  t.is(trace.zmax, 0.5);
});

test("the matrices of a family's documents refuse labels and titles that do not fit", (t) => {
  const draw = (more: object): unknown => drawFigure("family-activations", { ...input, ...more });
  t.throws(() => draw({ rows: ["a"] }), { message: /got 1 and 3/ });
  t.throws(() => draw({ columns: ["x"] }), { message: /got 2 and 1/ });
});

test("documents are named below the columns, and where not all have room it says so", (t) => {
  const columns = Array.from({ length: 40 }, (_, at) => `title ${at}`);
  const many = createMatrix(2, 40, new Float32Array(80).fill(1));
  const { data, layout } = drawFigure(
    "family-ranks",
    { ...input, values: many, columns },
    { size: "column" },
  );
  const shown = (data[0].z as number[][])[0].length;
  t.true(shown > 5 && shown < 40);
  const texts = (layout.annotations as { text: string }[]).map(({ text }) => text);
  t.deepEqual(texts.slice(2), columns.slice(0, shown));
  const { title } = layout.xaxis as { title: { text: string } };
  t.true(title.text.endsWith(`(${shown} of 40)`));
});
