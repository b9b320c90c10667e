import {
  type Matrix,
  createMatrix,
  matrixRow,
  normalizeRows,
  takeRows,
} from "../../core/matrix.js";
import { createRandom, sampleIndices } from "../../core/random.js";
import { openEngine } from "../../engine/open-engine.js";

const ROUNDS = 10;
/** Rows that are grouped: so many for each direction, and numbers in all. */
const ROWS_PER_DIRECTION = 64;
const MOST_NUMBERS = 2 ** 27;

/**
 * Unit directions [n, d] by spherical k-means of the rows' directions as seen from `origin` [d]: ten rounds from n of the rows at
 * random. A direction that no row is nearest to moves to the row that is furthest from its own. Of fewer rows than n, the
 * directions beyond them are those of `others` [n, d].
 */
export async function kmeansDirections(
  rows: Matrix,
  origin: Float32Array,
  others: Matrix,
  seed: number,
): Promise<Matrix> {
  const { rows: n, cols: d } = others;
  const random = createRandom(seed);
  const most = Math.min(rows.rows, ROWS_PER_DIRECTION * n, Math.floor(MOST_NUMBERS / d));
  const picked = takeRows(rows, sampleIndices(rows.rows, most, random));
  for (let at = 0; at < picked.data.length; at++) picked.data[at] -= origin[at % d];
  const points = normalizeRows(picked);
  const count = Math.min(n, points.rows);
  let directions = takeRows(points, sampleIndices(points.rows, count, random));
  if (count === points.rows) return fill(directions, others);
  const engine = await openEngine("cpu");
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const { indices, scores } = await engine.nearest(points, directions, 1);
      directions = normalizeRows(means(points, indices, scores, count));
    }
  } finally {
    await engine.dispose();
  }
  return fill(directions, others);
}

/** Sums of the points of each direction; a direction without any takes a point that fits its own worst. */
function means(points: Matrix, nearest: Uint32Array, scores: Float32Array, count: number): Matrix {
  const sums = createMatrix(count, points.cols);
  const sizes = new Uint32Array(count);
  for (let i = 0; i < points.rows; i++) {
    const sum = matrixRow(sums, nearest[i]);
    const point = matrixRow(points, i);
    for (let j = 0; j < point.length; j++) sum[j] += point[j];
    sizes[nearest[i]]++;
  }
  const empty = Array.from(sizes.keys()).filter((at) => sizes[at] === 0);
  if (empty.length === 0) return sums;
  const worst = Array.from(scores.keys()).sort((a, b) => scores[a] - scores[b]);
  empty.forEach((at, i) => matrixRow(sums, at).set(matrixRow(points, worst[i])));
  return sums;
}

/** The directions with those of `others` in the rows beyond them. */
function fill(directions: Matrix, others: Matrix): Matrix {
  const all = createMatrix(others.rows, others.cols, others.data.slice());
  for (let i = 0; i < directions.rows; i++) {
    const row = matrixRow(directions, i);
    if (row.some((value) => value !== 0)) matrixRow(all, i).set(row);
  }
  return all;
}
