import test from "ava";
import { createMatrix } from "../../src/matrix.js";
import {
  NO_NEIGHBOUR,
  cosineNeighbours,
  hasNeighbours,
  neighboursOf,
} from "../../src/projection/neighbours.js";
import { plainEngine } from "./support.js";

test("cosineNeighbours gives the nearest other rows by angle, not by length", async (t) => {
  const matrix = createMatrix(4, 2, Float32Array.of(1, 0, 10, 1, 0, 2, 3, 3));
  const found = await cosineNeighbours(matrix, 2, plainEngine);
  t.deepEqual(Array.from(found.indices), [1, 3, 0, 3, 3, 1, 1, 0]);
  t.true(Math.abs(found.scores[0] - 10 / Math.sqrt(101)) < 1e-6);
  t.true(Math.abs(found.scores[4] - Math.SQRT1_2) < 1e-6);
});

test("cosineNeighbours never gives a row itself, even with more duplicates than asked for", async (t) => {
  const matrix = createMatrix(6, 2, Float32Array.of(1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 0, 1));
  const found = await cosineNeighbours(matrix, 2, plainEngine);
  for (let i = 0; i < 6; i++) {
    const own = Array.from(found.indices.subarray(2 * i, 2 * i + 2));
    t.false(own.includes(i));
    t.is(new Set(own).size, 2);
  }
});

test("cosineNeighbours leaves out zero and NaN rows on both sides", async (t) => {
  const matrix = createMatrix(4, 2, Float32Array.of(0, 0, 1, 0, NaN, 1, 1, 1));
  const found = await cosineNeighbours(matrix, 3, plainEngine);
  t.deepEqual(
    [0, 1, 2, 3].map((i) => hasNeighbours(found, i)),
    [false, true, false, true],
  );
  t.deepEqual(
    neighboursOf(found, 1).map(({ index }) => index),
    [3],
  );
  t.deepEqual(Array.from(found.indices.subarray(9)), [1, NO_NEIGHBOUR, NO_NEIGHBOUR]);
  t.true(found.scores.every((score) => Number.isFinite(score)));
});

test("cosineNeighbours gives the same in blocks, and reports each block", async (t) => {
  const matrix = createMatrix(
    9,
    3,
    Float32Array.from({ length: 27 }, (_, i) => Math.sin(i * i + 1)),
  );
  const reports: number[] = [];
  const whole = await cosineNeighbours(matrix, 4, plainEngine);
  const blocks = await cosineNeighbours(matrix, 4, plainEngine, {
    blockRows: 4,
    onProgress: ({ done }) => reports.push(done),
  });
  t.deepEqual(blocks, whole);
  t.deepEqual(reports, [4, 8, 9]);
});

test("cosineNeighbours takes no rows, one row and a bad count", async (t) => {
  t.is((await cosineNeighbours(createMatrix(0, 3), 2, plainEngine)).indices.length, 0);
  const one = await cosineNeighbours(createMatrix(1, 1, Float32Array.of(1)), 2, plainEngine);
  t.deepEqual(Array.from(one.indices), [NO_NEIGHBOUR, NO_NEIGHBOUR]);
  await t.throwsAsync(cosineNeighbours(createMatrix(1, 1), 0, plainEngine), {
    instanceOf: RangeError,
    message: /count must be a whole number from 1, got 0/,
  });
});
