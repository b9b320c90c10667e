import test from "ava";
import { createMatrix, createRandom, dot, matrixRow } from "../../src/core/index.js";
import { principalComponents } from "../../src/projection/index.js";

test("principalComponents finds planted directions and their shares of the variance", (t) => {
  // Variances 9 : 4 : 1 along the first three axes, about a mean that is not 0.
  const rows = createMatrix(8, 4);
  for (let i = 0; i < 8; i++) {
    rows.data.set([i & 1 ? 3 : -3, i & 2 ? 2 : -2, i & 4 ? 1 : -1, 0], 4 * i);
    for (let c = 0; c < 4; c++) rows.data[4 * i + c] += 5;
  }
  const { components, explained, scores } = principalComponents(rows, { count: 3 });
  for (const [c, share] of [9 / 14, 4 / 14, 1 / 14].entries()) {
    t.true(Math.abs(explained[c] - share) < 1e-5);
    t.true(Math.abs(components.data[4 * c + c] - 1) < 1e-4);
  }
  t.true(Math.abs(scores.data[0] + 3) < 1e-3);
});

test("principalComponents are orthonormal, fall in variance and come out the same again", (t) => {
  const random = createRandom(3);
  const rows = createMatrix(
    40,
    12,
    Float32Array.from({ length: 480 }, () => random() - 0.5),
  );
  const { components, explained } = principalComponents(rows, { count: 4 });
  for (let a = 0; a < 4; a++) {
    for (let b = 0; b <= a; b++) {
      const product = dot(matrixRow(components, a), matrixRow(components, b));
      t.true(Math.abs(product - (a === b ? 1 : 0)) < 1e-5);
    }
    t.true(a === 0 || explained[a] <= explained[a - 1] + 1e-9);
  }
  t.deepEqual(principalComponents(rows, { count: 4 }).components, components);
});

test("principalComponents gives no more than the rows have, and refuses one row", (t) => {
  const two = createMatrix(2, 3, Float32Array.of(1, 0, 0, 0, 1, 0));
  const { explained } = principalComponents(two);
  t.is(explained.length, 2);
  t.true(Math.abs(explained[0] - 1) < 1e-6 && explained[1] < 1e-6);
  t.throws(() => principalComponents(createMatrix(1, 3)), { instanceOf: RangeError });
});
