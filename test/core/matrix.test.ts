import test from "ava";
import { createMatrix, takeRows } from "../../src/core/index.js";

test("takeRows copies rows into a given matrix, and refuses one of another shape", (t) => {
  const matrix = createMatrix(3, 2, Float32Array.of(1, 2, 3, 4, 5, 6));
  const out = createMatrix(2, 2);
  t.is(takeRows(matrix, [2, 0], out), out);
  t.deepEqual([...out.data], [5, 6, 1, 2]);
  t.throws(() => takeRows(matrix, [1], out), {
    instanceOf: RangeError,
    message: "takeRows: out must be 1 x 2, got 2 x 2",
  });
});
