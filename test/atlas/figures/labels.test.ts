import test from "ava";
import type { Figure } from "../../../src/figures/index.js";
import { drawFigure } from "../../support/draw-figure.js";

interface Panel {
  title: string;
  series: { name: string; values: number[] }[];
}

const drawScores = (panels: Panel[], binWidth = 0.1): Figure =>
  drawFigure("label-scores", { panels, score: "Pearson correlation", range: [-1, 1], binWidth });

test("label-scores stacks the SAEs of a corpus and counts the largest score in the last bin", (t) => {
  const figure = drawScores([
    {
      title: "astro",
      series: [
        { name: "a", values: [1, 1.0000001, 0.95, -1, NaN] },
        { name: "b", values: [0.35, 0.3] },
      ],
    },
  ]);
  t.is(figure.layout.barmode, "stack");
  const [a, b] = figure.data as { x: number[]; y: number[]; name: string }[];
  t.is(a.x.length, 20);
  t.is(a.y[19], 3);
  t.is(a.y[0], 1);
  t.deepEqual([b.x[13], b.y[13]], [0.35, 2]);
  t.is(a.name, "a (median 0.98, 1 without a score)");
  t.deepEqual(
    (figure.layout.shapes as { x0: number }[]).map(({ x0 }) => x0),
    [0.975, 0.325],
  );
});

test("label-scores gives each corpus a plot and SAEs of one name one colour", (t) => {
  const series = [{ name: "a", values: [0.5] }];
  const { data, layout } = drawScores([
    { title: "one", series },
    { title: "two", series },
  ]);
  t.deepEqual(
    data.map(({ xaxis }) => xaxis),
    ["x", "x2"],
  );
  t.deepEqual(data[0].marker, data[1].marker);
  const texts = (layout.annotations as { text: string }[]).map(({ text }) => text);
  t.deepEqual(texts.slice(1), ["one", "a, median 0.50", "two", "a, median 0.50"]);
});

test("label-scores counts labels without a score above each corpus's plot, too", (t) => {
  const { layout } = drawScores([
    { title: "one", series: [{ name: "a", values: [0.5, NaN] }] },
    { title: "two", series: [{ name: "a", values: [0.5] }] },
  ]);
  t.regex(JSON.stringify(layout.annotations), /median 0\.50, 1 without a score/);
});

test("label-scores refuses nothing to draw and too many bins", (t) => {
  const panels = [{ title: "x", series: [{ name: "a", values: [0.5] }] }];
  t.throws(() => drawScores([]), { instanceOf: RangeError });
  t.throws(() => drawScores([{ title: "x", series: [] }]), { instanceOf: RangeError });
  t.throws(() => drawScores(panels, 0), { message: /1 to 10000 bins/ });
});

test("overlap-violins groups scores by overlap and shows their correlation", (t) => {
  const scores = [0, 0.1, 0.11, 0.12, 0.13, 0.5, 1, NaN];
  const points = scores.map((value) => ({ overlap: Number.isFinite(value) ? value : 1, value }));
  const { data, layout } = drawFigure("overlap-violins", { points, score: "F1" });
  t.deepEqual(
    data.map(({ type, y }) => [type, (y as number[]).length]),
    [
      ["violin", 5],
      ["scatter", 1],
      ["scatter", 1],
    ],
  );
  const axis = layout.xaxis as { title: { text: string }; categoryarray: string[] };
  t.regex(axis.title.text, /r 1$/);
  t.is(axis.categoryarray[0], "0–0.2<br>(5)");
  t.is(axis.categoryarray[4], "0.8–1<br>(1)");
});
