import test from "ava";
import { createMatrix } from "../../src/core/index.js";
import { createOnnxEngine } from "../../src/engine/onnx/index.js";
import {
  NO_NEIGHBOUR,
  cosineNeighbours,
  hasNeighbours,
  neighboursOf,
} from "../../src/projection/index.js";
import { clusteredPoints, plainEngine } from "../support/projection.js";

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

test("cosineNeighbours takes no rows, one row and a bad count", async (t) => {
  t.is((await cosineNeighbours(createMatrix(0, 3), 2, plainEngine)).indices.length, 0);
  const one = await cosineNeighbours(createMatrix(1, 1, Float32Array.of(1)), 2, plainEngine);
  t.deepEqual(Array.from(one.indices), [NO_NEIGHBOUR, NO_NEIGHBOUR]);
  await t.throwsAsync(cosineNeighbours(createMatrix(1, 1), 0, plainEngine), {
    instanceOf: RangeError,
    message: /count must be a whole number from 1, got 0/,
  });
});

test("cosineNeighbours finds on ONNX Runtime what plain loops find, and reports progress", async (t) => {
  const points = clusteredPoints(700, 24, 9);
  points.data.copyWithin(0, 24, 48);
  points.data.fill(0, 48, 72);
  const engine = await createOnnxEngine({ device: "cpu" });
  const steps = new Set<string>();
  const found = await cosineNeighbours(points, 12, engine, {
    onProgress: ({ step }) => steps.add(step),
  });
  await engine.dispose();
  const expected = await cosineNeighbours(points, 12, plainEngine);
  let different = 0;
  for (let at = 0; at < found.indices.length; at++) {
    if (found.indices[at] !== expected.indices[at]) different++;
    t.true(Math.abs(found.scores[at] - expected.scores[at]) < 1e-5);
  }
  t.true(different <= 4, "only near ties may change places");
  t.deepEqual([...steps], ["neighbours"]);
});
