import type { Matrix } from "../../core/matrix.js";
import { createRandom, sampleIndices, shuffleInPlace } from "../../core/random.js";

/** Rows of the embeddings by their use. */
export interface TrainRows {
  /** Rows to train on, ascending. */
  train: Uint32Array;
  /** Rows held out to validate, ascending. */
  heldOut: Uint32Array;
  /** Zero rows left out. */
  skipped: number;
}

// Streams of the one seed: the initial weights take the seed itself.
const HOLDOUT_STREAM = 1;
const FIRST_EPOCH_STREAM = 2;

/**
 * Splits the rows: zero rows out, a random `holdout` share held out. Throws RangeError naming the first row that holds
 * NaN or an infinity, or, where zero rows are refused, is zero.
 */
export function splitRows(
  embeddings: Matrix,
  { holdout, zeroRows, seed }: { holdout: number; zeroRows: "error" | "skip"; seed: number },
): TrainRows {
  const usable: number[] = [];
  for (let i = 0; i < embeddings.rows; i++) {
    const square = squaredNorm(embeddings, i);
    if (!Number.isFinite(square)) {
      throw new RangeError(`trainSae: row ${i} of the embeddings is not finite`);
    }
    if (square > 0) usable.push(i);
    else if (zeroRows === "error") {
      throw new RangeError(
        `trainSae: row ${i} of the embeddings is all zeros; set zeroRows to "skip" (--skip-zero-rows) to leave out such rows`,
      );
    }
  }
  const skipped = embeddings.rows - usable.length;
  const count = Math.round(holdout * usable.length);
  const picked = sampleIndices(usable.length, count, stream(seed, HOLDOUT_STREAM)).sort();
  const heldOut = picked.map((i) => usable[i]);
  const isHeldOut = new Set(heldOut);
  const train = Uint32Array.from(usable.filter((row) => !isHeldOut.has(row)));
  return { train, heldOut, skipped };
}

/**
 * The training rows in the order of one epoch, counted from 0. A shuffled order depends on seed and epoch alone,
 * so that a resumed run needs no generator state.
 */
export function epochOrder(
  rows: Uint32Array,
  epoch: number,
  { order, seed }: { order: "file" | "shuffle"; seed: number },
): Uint32Array {
  if (order === "file") return rows;
  const shuffled = rows.slice();
  shuffleInPlace(shuffled, stream(seed, FIRST_EPOCH_STREAM + epoch));
  return shuffled;
}

/**
 * Batches of one pass over `rows`. The last may be short; one of a single row is left out, since the loss divides by
 * the batch's variance.
 */
export function batchesPerEpoch(rows: number, batch: number): number {
  return Math.floor(rows / batch) + (rows % batch > 1 ? 1 : 0);
}

function squaredNorm({ cols, data }: Matrix, row: number): number {
  let sum = 0;
  for (let j = row * cols; j < (row + 1) * cols; j++) sum += data[j] * data[j];
  return sum;
}

// An odd multiplier keeps the streams of one seed apart over all of 2^32.
function stream(seed: number, index: number): () => number {
  return createRandom(Math.floor(seed) + Math.imul(index, 0x9e3779b1));
}

/** Sum of the squared distances of the rows from their mean. */
export function squaredDeviations({ rows, cols, data }: Matrix): number {
  const sums = new Float64Array(cols);
  let squares = 0;
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++) {
      const value = data[i * cols + j];
      sums[j] += value;
      squares += value * value;
    }
  }
  return squares - sums.reduce((total, sum) => total + (sum * sum) / rows, 0);
}
