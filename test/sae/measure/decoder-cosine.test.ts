import test from "ava";
import { createMatrix } from "../../../src/core/index.js";
import { openEngine } from "../../../src/engine/index.js";
import { maxDecoderCosines, maxSelfCosines } from "../../../src/sae/measure/index.js";

const closeTo = (actual: ArrayLike<number>, expected: number[]): boolean =>
  actual.length === expected.length &&
  expected.every((value, at) => Math.abs(actual[at] - value) < 1e-6);

// Directions at 0, 90 and 45 degrees, of other lengths.
const three = { n: 3, decoder: createMatrix(3, 2, Float32Array.of(2, 0, 0, 3, 1, 1)) };
const one = { n: 1, decoder: createMatrix(1, 2, Float32Array.of(0, -4)) };

test("the largest cosine goes by direction, not by length", async (t) => {
  const engine = await openEngine("cpu");
  try {
    t.true(closeTo(await maxDecoderCosines(one, three, engine), [0]));
    t.true(closeTo(await maxDecoderCosines(three, one, engine), [0, -1, -Math.SQRT1_2]));
    const wide = { decoder: createMatrix(1, 3) };
    await t.throwsAsync(maxDecoderCosines(one, wide, engine), {
      instanceOf: RangeError,
      message: /widths 2 and 3/,
    });
  } finally {
    await engine.dispose();
  }
});

test("within one SAE a latent is not its own neighbour", async (t) => {
  const engine = await openEngine("cpu");
  try {
    const half = Math.SQRT1_2;
    t.true(closeTo(await maxSelfCosines(three, engine), [half, half, half]));
    t.deepEqual(await maxSelfCosines(one, engine), Float32Array.of(NaN));
    const twins = { n: 2, decoder: createMatrix(2, 2, Float32Array.of(1, 0, 1, 0)) };
    t.true(closeTo(await maxSelfCosines(twins, engine), [1, 1]));
  } finally {
    await engine.dispose();
  }
});
