import test from "ava";
import { drawResample } from "../../src/compare/index.js";
import { createRandom } from "../../src/core/index.js";

const sum = (weights: Uint32Array): number => weights.reduce((total, weight) => total + weight, 0);

test("a subsample names its share of the documents once each", (t) => {
  const weights = drawResample(1000, createRandom(1));
  t.is(sum(weights), 500);
  t.is(Math.max(...weights), 1);
  t.is(sum(drawResample(10, createRandom(1), { share: 0.25 })), 3);
  t.deepEqual([...drawResample(3, createRandom(1), { share: 1 })], [1, 1, 1]);
  t.deepEqual([...drawResample(1, createRandom(1), { share: 0.1 })], [1]);
  t.is(drawResample(0, createRandom(1)).length, 0);
});

test("a bootstrap draws as many documents as there are, about 63 % of them at least once", (t) => {
  const weights = drawResample(10_000, createRandom(2), { scheme: "bootstrap" });
  t.is(sum(weights), 10_000);
  const seen = weights.filter((weight) => weight > 0).length / 10_000;
  t.true(Math.abs(seen - (1 - 1 / Math.E)) < 0.02, String(seen));
});

test("a share of no documents, or of more than all, is refused", (t) => {
  for (const share of [0, -1, 1.5, NaN]) {
    t.throws(() => drawResample(10, createRandom(1), { share }), {
      instanceOf: RangeError,
      message: `resample: share must be over 0 and at most 1, got ${share}`,
    });
  }
});
