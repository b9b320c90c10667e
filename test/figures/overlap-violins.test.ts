import test from "ava";
import { drawOverlapViolins } from "../../src/figures/labels.js";

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
