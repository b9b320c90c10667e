import { streamNpyRows } from "../data/npy.js";
import { type Matrix, dot } from "../matrix.js";
import type { OnProgress } from "../progress.js";

/** A row that was found, with its cosine to the query. */
export interface Hit {
  row: number;
  score: number;
}

/** What may be found, and how a long search reports and stops. */
export interface SearchOptions {
  /** Rows that may be found; asked before a row is scored. Default: all. */
  accept?: (row: number) => boolean;
  /** Called after each block with step "search". */
  onProgress?: OnProgress;
  /** Stops between two blocks. */
  signal?: AbortSignal;
}

const BLOCK_ROWS = 8192;

/**
 * The `count` rows of `base` (a Matrix, or the path of a .npy file that is read in blocks) with the highest cosine to
 * `query` [d], best first, ties by lower row; fewer where fewer are accepted. Summed in float64. A row of zeros scores
 * 0, one that is not finite is never found. Throws RangeError for another width, a query that is zero or not finite,
 * and a count below 1.
 */
export async function searchRows(
  base: Matrix | string,
  query: ArrayLike<number>,
  count: number,
  { accept, onProgress, signal }: SearchOptions = {},
): Promise<Hit[]> {
  if (!(Number.isInteger(count) && count >= 1)) {
    throw new RangeError(`searchRows: count must be a whole number of 1 or more, got ${count}`);
  }
  const length = Math.sqrt(dot(query, query));
  if (!(length > 0 && length < Infinity)) {
    throw new RangeError("searchRows: the query must be finite and not all zero");
  }
  const unit = Float64Array.from(query, (value) => value / length);
  const best: Hit[] = [];
  const total = typeof base === "string" ? undefined : base.rows;
  for await (const { start, block } of blocksOf(base)) {
    signal?.throwIfAborted();
    if (block.cols !== unit.length) {
      throw new RangeError(
        `searchRows: the query is ${unit.length} wide, but the rows are ${block.cols}`,
      );
    }
    for (let i = 0; i < block.rows; i++) {
      if (accept && !accept(start + i)) continue;
      keepBest(best, { row: start + i, score: cosine(block.data, i * block.cols, unit) }, count);
    }
    onProgress?.({ step: "search", done: start + block.rows, total });
  }
  return best;
}

async function* blocksOf(base: Matrix | string): AsyncGenerator<{ start: number; block: Matrix }> {
  if (typeof base === "string") {
    yield* streamNpyRows(base);
    return;
  }
  const { cols, data } = base;
  for (let start = 0; start < base.rows || start === 0; start += BLOCK_ROWS) {
    const rows = Math.min(BLOCK_ROWS, base.rows - start);
    yield {
      start,
      block: { rows, cols, data: data.subarray(start * cols, (start + rows) * cols) },
    };
  }
}

function cosine(data: Float32Array, at: number, unit: Float64Array): number {
  let sum = 0;
  let squares = 0;
  for (let j = 0; j < unit.length; j++) {
    const value = data[at + j];
    sum += value * unit[j];
    squares += value * value;
  }
  return squares === 0 ? 0 : sum / Math.sqrt(squares);
}

/** Puts the hit into the descending list; rows come in ascending order, so an equal score stays behind. */
function keepBest(best: Hit[], hit: Hit, count: number): void {
  if (Number.isNaN(hit.score)) return;
  if (best.length === count) {
    if (hit.score <= best[count - 1].score) return;
    best.pop();
  }
  let low = 0;
  let high = best.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (best[middle].score >= hit.score) low = middle + 1;
    else high = middle;
  }
  best.splice(low, 0, hit);
}
