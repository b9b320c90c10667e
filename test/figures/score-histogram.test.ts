import test from "ava";
import { drawScoreHistogram } from "../../src/figures/score-histogram.js";

test("drawScoreHistogram counts labels in bins, tells means and marks chance", (t) => {
  const { data, layout } = drawScoreHistogram(
    [
      { name: "labels", values: [0.6, 0.61, 1, NaN] },
      { name: "<b>dealt out", values: [] },
    ],
    { measure: "AUC", chance: 0.5, binWidth: 0.1 },
  );
  t.deepEqual(data[0].y, [0, 2, 2, 0, 0, 0, 0, 1, 1, 0]);
  t.is(data[0].name, "labels (3, mean 0.737)");
  t.is(data[1].name, "&lt;b&gt;dealt out (none)");
  t.like((layout.shapes as object[])[0], { x0: 0.5, x1: 0.5 });
  t.throws(() => drawScoreHistogram([]), { instanceOf: RangeError });
});
