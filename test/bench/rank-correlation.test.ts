import test from "ava";
import { rankCorrelation } from "../../bench/rank-correlation.js";

test("rank correlation goes by order, with ties at their mean rank, and leaves out what is not known", (t) => {
  t.is(rankCorrelation([1, 2, 3, 100], [5, 6, 7, 8]).value, 1);
  t.is(rankCorrelation([1, 2, 3, 4], [4, 3, 2, 1]).value, -1);
  // Ranks 0.5, 0.5, 2 and 0, 1, 2: 1.5 / sqrt(1.5 * 2).
  const tied = rankCorrelation([1, 1, 2, NaN], [1, 2, 3, 9]);
  t.true(Math.abs(tied.value - 1.5 / Math.sqrt(3)) < 1e-12);
  t.is(tied.pairs, 3);
});

test("the interval is around the value, and the same each time", (t) => {
  const a = Array.from({ length: 40 }, (_, i) => i);
  const b = a.map((i) => i + 15 * Math.sin(7 * i));
  const found = rankCorrelation(a, b);
  t.true(found.interval[0] < found.value && found.value < found.interval[1]);
  t.deepEqual(rankCorrelation(a, b), found);
});
