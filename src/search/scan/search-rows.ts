import { type MatrixFile, streamMatrix } from "../../files/matrix.js";
import { isMatrix } from "./row-store.js";
import { type Matrix, dot, matrixRows } from "../../core/matrix.js";
import type { OnProgress } from "../../core/progress.js";
import { interruptible } from "../../core/interrupt.js";

/** A row that was found, with its cosine to the query. */
export interface Hit {
  row: number;
  score: number;
}

/** What may be found, and how a long search reports and stops. */
export interface SearchOptions {
  /** Rows that may be found; called before a row is scored, and not for every row. Default: all. */
  accept?: (row: number) => boolean;
  /** Called after each block with step "search". */
  onProgress?: OnProgress;
  /** Stops between two blocks. */
  signal?: AbortSignal;
}

/** One of several queries of a pass. */
export interface SearchQuery {
  /** [d] */
  query: ArrayLike<number>;
  /** Most hits. */
  count: number;
}

const BLOCK_ROWS = 8192;

/**
 * The `count` rows of `base` (a Matrix, or the path of a .npy file that is read in blocks) with the highest cosine to
 * `query` [d], best first, ties by lower row; fewer where fewer are accepted. Summed in float64. A row of zeros scores
 * 0, one that is not finite is never found. Throws RangeError for another width, a query that is zero or not finite,
 * and a count below 1.
 */
export async function searchRows(
  base: Matrix | MatrixFile,
  query: ArrayLike<number>,
  count: number,
  options: SearchOptions = {},
): Promise<Hit[]> {
  const [hits] = await searchRowsTogether(base, [{ query, count }], options);
  return hits;
}

/** As searchRows for several queries in one pass over `base`, in their order. */
export async function searchRowsTogether(
  base: Matrix | MatrixFile,
  queries: readonly SearchQuery[],
  { accept, onProgress, signal: given }: SearchOptions = {},
): Promise<Hit[][]> {
  const signal = interruptible(given);
  const wanted = queries.map(({ query, count }) => ({
    unit: unitQuery(query, count),
    count,
    best: [] as Hit[],
  }));
  const total = isMatrix(base) ? base.rows : undefined;
  for await (const { start, block } of rowBlocks(base)) {
    signal?.throwIfAborted();
    for (const { unit } of wanted) requireWidth(unit, block.cols);
    for (let i = 0; i < block.rows; i++) {
      if (accept && !accept(start + i)) continue;
      for (const { unit, count, best } of wanted) {
        insertHit(best, { row: start + i, score: cosine(block.data, i * block.cols, unit) }, count);
      }
    }
    onProgress?.({ step: "search", done: start + block.rows, total });
  }
  return wanted.map(({ best }) => best);
}

/** The query at unit length. Throws RangeError as searchRows does. */
export function unitQuery(query: ArrayLike<number>, count: number): Float64Array {
  if (!(Number.isInteger(count) && count >= 1)) {
    throw new RangeError(`searchRows: count must be a whole number of 1 or more, got ${count}`);
  }
  const length = Math.sqrt(dot(query, query));
  if (!(length > 0 && length < Infinity)) {
    throw new RangeError("searchRows: the query must be finite and not all zeros");
  }
  return Float64Array.from(query, (value) => value / length);
}

/** Throws RangeError where the rows are not as wide as the query. */
export function requireWidth(unit: Float64Array, cols: number): void {
  if (cols !== unit.length) {
    throw new RangeError(`searchRows: the query is ${unit.length} wide, but the rows are ${cols}`);
  }
}

/** Rows `from` up to `to` (default all) of a Matrix or of a file in blocks, each good until the next is asked for; an empty Matrix gives one empty block. */
export async function* rowBlocks(
  base: Matrix | MatrixFile,
  from = 0,
  to?: number,
): AsyncGenerator<{ start: number; block: Matrix }> {
  if (!isMatrix(base)) {
    yield* streamMatrix(base, { start: from, end: to, reuse: true });
    return;
  }
  const end = to ?? base.rows;
  for (let start = from; start < end || start === 0; start += BLOCK_ROWS) {
    yield { start, block: matrixRows(base, start, Math.min(end, start + BLOCK_ROWS)) };
  }
}

/** Cosine of the row at `at` to a query of unit length; NaN for a row that is not finite. */
export function cosine(data: Float32Array, at: number, unit: Float64Array): number {
  let sum = 0;
  let squares = 0;
  for (let j = 0; j < unit.length; j++) {
    const value = data[at + j];
    sum += value * unit[j];
    squares += value * value;
  }
  return squares === 0 ? 0 : sum / Math.sqrt(squares);
}

/** Puts a hit into the list of the `count` best: higher score first, then lower row. */
export function insertHit(best: Hit[], hit: Hit, count: number): void {
  if (Number.isNaN(hit.score)) return;
  if (best.length === count) {
    if (!isBefore(hit, best[count - 1])) return;
    best.pop();
  }
  let low = 0;
  let high = best.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isBefore(hit, best[middle])) high = middle;
    else low = middle + 1;
  }
  best.splice(low, 0, hit);
}

function isBefore(a: Hit, b: Hit): boolean {
  return a.score > b.score || (a.score === b.score && a.row < b.row);
}
