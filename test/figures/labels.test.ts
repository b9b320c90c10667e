import test from "ava";
import { drawScoreHistogram, drawOverlapViolins } from "../../src/figures/index.js";

test("drawScoreHistogram stacks the SAEs of a corpus and counts the largest score in the last bin", (t) => {
  const figure = drawScoreHistogram([
    {
      name: "astro",
      series: [
        { name: "a", scores: [1, 1.0000001, 0.95, -1, NaN] },
        { name: "b", scores: [0.35, 0.3] },
      ],
    },
  ]);
  t.is(figure.layout.barmode, "stack");
  const [a, b] = figure.data as { x: number[]; y: number[]; name: string }[];
  t.is(a.x.length, 20);
  t.is(a.y[19], 3);
  t.is(a.y[0], 1);
  t.deepEqual([b.x[13], b.y[13]], [0.35, 2]);
  t.is(a.name, "a (median 0.975, 1 without a score)");
  t.deepEqual(
    (figure.layout.shapes as { x0: number }[]).map(({ x0 }) => x0),
    [0.975, 0.325],
  );
});

test("drawScoreHistogram gives each corpus a plot and SAEs of one name one colour and legend entry", (t) => {
  const series = [{ name: "a", scores: [0.5] }];
  const { data, layout } = drawScoreHistogram([
    { name: "one", series },
    { name: "two", series },
  ]);
  t.deepEqual(
    data.map(({ xaxis, showlegend }) => [xaxis, showlegend]),
    [
      ["x", true],
      ["x2", false],
    ],
  );
  t.deepEqual(data[0].marker, data[1].marker);
  t.deepEqual(
    (layout.annotations as { text: string }[]).map(({ text }) => text.replace(/<[^>]*>/g, "")),
    ["one  median 0.5", "two  median 0.5"],
  );
});

test("drawScoreHistogram refuses nothing to draw, scores out of range and too many bins", (t) => {
  const panels = [{ name: "x", series: [{ name: "a", scores: [0.5, 1.5] }] }];
  t.throws(() => drawScoreHistogram([]), { message: /expected a panel with a series/ });
  t.throws(() => drawScoreHistogram([{ name: "x", series: [] }]), { instanceOf: RangeError });
  t.throws(() => drawScoreHistogram(panels), {
    message: "drawScoreHistogram: a score must be from -1 to 1, got 1.5 at 1",
  });
  t.throws(() => drawScoreHistogram(panels, { binWidth: 0 }), { message: /1 to 10000 bins/ });
});

test("drawOverlapViolins groups scores by overlap and tells their correlation", (t) => {
  const overlaps = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 1, 1];
  const scores = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 1, NaN];
  const { data, layout } = drawOverlapViolins({ overlaps, scores }, { groups: 2 });
  t.deepEqual(
    data.map(({ type, y }) => [type, (y as number[]).length]),
    [
      ["violin", 5],
      ["scatter", 2],
    ],
  );
  const axis = layout.xaxis as { title: { text: string }; categoryarray: string[] };
  t.regex(axis.title.text, /r 1$/);
  t.deepEqual(axis.categoryarray, ["0–0.5<br>(5)", "0.5–1<br>(2)"]);
});

test("drawOverlapViolins refuses lists that do not fit and overlaps that are no shares", (t) => {
  t.throws(() => drawOverlapViolins({ overlaps: [0.5], scores: [] }), { instanceOf: RangeError });
  t.throws(() => drawOverlapViolins({ overlaps: [2], scores: [1] }), { message: /got 2 at 0/ });
});
