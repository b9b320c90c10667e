import type { MatrixFile } from "../../files/matrix.js";
import { availableParallelism } from "node:os";
import { type Matrix, addUnitRows } from "../../core/matrix.js";
import type { OnProgress } from "../../core/progress.js";
import { type Candidates, selectCandidates } from "./candidates.js";
import {
  type Hit,
  type SearchOptions,
  type SearchQuery,
  cosine,
  insertHit,
  requireWidth,
  rowBlocks,
  searchRowsTogether,
  unitQuery,
} from "./search-rows.js";
import { MOST_QUERIES, type QuantisedRows, createQuantisedRows } from "./quantised-rows.js";
import { type RowStore, openRows } from "./row-store.js";
import { interruptible } from "../../core/interrupt.js";

/** Rows made ready for many searches. Its hits are those of searchRows to the last digit. */
export interface SearchIndex {
  readonly rows: number;
  readonly cols: number;
  /** Bytes of memory besides the rows themselves; 0 where every search reads all rows. */
  readonly bytes: number;
  /** As searchRows. */
  search(query: ArrayLike<number>, count: number, options?: SearchOptions): Promise<Hit[]>;
  /** Several queries in one pass, in their order. */
  searchTogether(queries: readonly SearchQuery[], options?: SearchOptions): Promise<Hit[][]>;
  /** Ends its threads and closes its file. */
  close(): Promise<void>;
}

/** How an index is made. */
export interface SearchIndexOptions {
  /** Default: what the machine has, at most 8, and 1 for a small base. The hits are the same for any number. */
  threads?: number;
  /** Bytes of Parquet that are decoded into memory; see openMatrix. Default 1 GiB. */
  mostDecoded?: number;
  /** Called after each block with step "index". */
  onProgress?: OnProgress;
  /** Stops between two blocks. */
  signal?: AbortSignal;
}

const MEAN_PLACES = 16;
const MEAN_ROWS = 256;
const EXACT_ROWS = 64;
// Below it a scan takes less than another thread's start.
const ALONE_VALUES = 8e6;
// With more, a scan is bound by memory.
const MOST_THREADS = 8;

/**
 * Makes `base` (a Matrix, or the path of a file that openMatrix reads) ready for many exact searches: each row is kept in a byte a
 * number with a proven bound of what that leaves out, a search scans the bytes on all cores, and only rows whose bound
 * could reach the best are scored in float64 from the rows themselves. Over 4 GB of bytes, or where memory cannot be
 * shared between threads, every search reads all rows instead. Throws FormatError as `openMatrix` does.
 */
export async function openSearchIndex(
  base: Matrix | MatrixFile,
  options: SearchIndexOptions = {},
): Promise<SearchIndex> {
  const store = await openRows(base, options);
  const quantised = await quantise(store, base, options).catch(async (error: unknown) => {
    await store.close();
    throw error;
  });
  const searchTogether = (
    queries: readonly SearchQuery[],
    wanted: SearchOptions = {},
  ): Promise<Hit[][]> =>
    quantised
      ? searchQuantised(store, quantised, queries, wanted)
      : searchRowsTogether(base, queries, wanted);
  return {
    rows: store.rows,
    cols: store.cols,
    bytes: quantised?.bytes ?? 0,
    async search(query, count, wanted) {
      const [hits] = await searchTogether([{ query, count }], wanted);
      return hits;
    },
    searchTogether,
    async close() {
      await quantised?.close();
      await store.close();
    },
  };
}

async function quantise(
  store: RowStore,
  base: Matrix | MatrixFile,
  { threads = usefulThreads(store), onProgress, signal: given }: SearchIndexOptions,
): Promise<QuantisedRows | undefined> {
  const signal = interruptible(given);
  const { rows, cols } = store;
  if (rows * cols === 0) return undefined;
  const quantised = await createQuantisedRows(rows, await meanRow(store), threads).catch(noMemory);
  if (!quantised) return undefined;
  try {
    for await (const { start, block } of rowBlocks(base)) {
      signal?.throwIfAborted();
      quantised.fill(start, block);
      onProgress?.({ step: "index", done: start + block.rows, total: rows });
    }
  } catch (error) {
    await quantised.close();
    throw error;
  }
  return quantised;
}

function usefulThreads({ rows, cols }: RowStore): number {
  return rows * cols < ALONE_VALUES ? 1 : Math.min(MOST_THREADS, availableParallelism());
}

/** Mean of rows at unit length from places all over; any mean is right, a good one makes the bounds tight. */
async function meanRow(store: RowStore): Promise<Float32Array> {
  const { rows, cols } = store;
  const sums = new Float64Array(cols);
  let count = 0;
  for (let place = 0; place < MEAN_PLACES; place++) {
    const start = Math.floor((place * rows) / MEAN_PLACES);
    const end = Math.min(start + MEAN_ROWS, Math.floor(((place + 1) * rows) / MEAN_PLACES));
    if (start === end) continue;
    const block = await store.read(start, end);
    count += addUnitRows(sums, block);
  }
  return Float32Array.from(sums, (sum) => sum / Math.max(1, count));
}

async function searchQuantised(
  store: RowStore,
  quantised: QuantisedRows,
  queries: readonly SearchQuery[],
  { accept, onProgress, signal: given }: SearchOptions,
): Promise<Hit[][]> {
  const signal = interruptible(given);
  const wanted = queries.map(({ query, count }) => ({ unit: unitQuery(query, count), count }));
  for (const { unit } of wanted) requireWidth(unit, store.cols);
  const found: Hit[][] = [];
  for (let from = 0; from < wanted.length; from += MOST_QUERIES) {
    signal?.throwIfAborted();
    const some = wanted.slice(from, from + MOST_QUERIES);
    const estimates = quantised.scan(some.map(({ unit }) => unit));
    // All chosen before the first wait, in which another search may scan.
    const chosen = estimates.map((each, i) => selectCandidates(each, some[i].count, accept));
    for (const [i, { unit, count }] of some.entries()) {
      found.push(await scoreCandidates(store, chosen[i], unit, count));
    }
  }
  onProgress?.({ step: "search", done: store.rows, total: store.rows });
  return found;
}

/** The best of the candidates by their exact cosines, the most promising first, until no other can reach them. */
async function scoreCandidates(
  store: RowStore,
  { rows, upper }: Candidates,
  unit: Float64Array,
  count: number,
): Promise<Hit[]> {
  const best: Hit[] = [];
  const step = Math.max(EXACT_ROWS, count);
  for (let from = 0; from < rows.length; from += step) {
    if (best.length === count && upper[from] < best[count - 1].score) break;
    const some = Array.from(rows.subarray(from, from + step));
    const { data, cols } = await store.readRows(some);
    for (const [i, row] of some.entries()) {
      insertHit(best, { row, score: cosine(data, i * cols, unit) }, count);
    }
  }
  return best;
}

/** Nothing where memory cannot be shared or is not enough. */
function noMemory(error: unknown): undefined {
  if (error instanceof RangeError || error instanceof ReferenceError) return undefined;
  throw error;
}
