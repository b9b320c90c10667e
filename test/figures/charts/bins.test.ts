import test from "ava";
import {
  binRange,
  binValues,
  meanOf,
  medianOf,
  stepTrace,
} from "../../../src/figures/charts/index.js";
import { formatNumber } from "../../../src/figures/drawing/index.js";

test("binValues counts on edges that are multiples of the width", (t) => {
  t.deepEqual(binValues([-0.25, -0.2, 0.05, 0.3, NaN, Infinity], 0.1), {
    start: -0.3,
    width: 0.1,
    counts: [1, 1, 0, 1, 0, 0, 1],
  });
});

test("binValues puts every multiple of the width into the bin that starts there", (t) => {
  const values = Array.from({ length: 100 }, (_, i) => i / 10);
  const { start, counts } = binValues(values, 0.1);
  t.is(start, 0);
  t.deepEqual(counts, new Array(100).fill(1));
});

test("binValues gives no bins for nothing, and refuses impossible widths", (t) => {
  t.deepEqual(binValues([NaN], 0.1).counts, []);
  t.is(binRange([binValues([], 1)]), undefined);
  t.throws(() => binValues([1], 0), { instanceOf: RangeError });
  t.throws(() => binValues([0, 1e9], 0.001), { instanceOf: RangeError, message: /10000/ });
});

test("means and medians skip what is not finite", (t) => {
  t.is(meanOf([1, NaN, 3]), 2);
  t.is(medianOf([5, 1, NaN, 2]), 2);
  t.is(medianOf([10, 9, 1, 2]), 5.5);
  t.is(medianOf([]), undefined);
  t.is(meanOf([NaN]), undefined);
});

test("a step trace goes along the top of every bin and down at both ends", (t) => {
  const bins = binValues([0.5, 1.5, 1.6], 1);
  const trace = stepTrace(bins, { colour: "#0072B2", line: 1 });
  t.deepEqual(trace.x, [0, 0, 1, 1, 2, 2]);
  t.deepEqual(trace.y, [0, 1, 1, 2, 2, 0]);
  t.deepEqual(binRange([bins]), [-1, 3]);
});

test("numbers are written as labels need them", (t) => {
  t.is(formatNumber(-1.23456, 2), "−1.23");
});
