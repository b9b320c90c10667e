import type { MatrixFile } from "../../files/matrix.js";
import type { Matrix } from "../../core/matrix.js";
import { type Candidates, listCandidates } from "./candidates.js";
import {
  type Hit,
  type SearchOptions,
  type SearchQuery,
  cosine,
  insertHit,
  requireWidth,
  searchRowsTogether,
  unitQuery,
} from "./search-rows.js";
import { MOST_QUERIES } from "./quantised-rows.js";
import { type RowStore, openRows } from "./row-store.js";
import { type Scanner, type SearchIndexOptions, openScanner } from "./scanner.js";
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

const EXACT_ROWS = 64;

/**
 * Makes `base` (a Matrix, or the path of a file that openMatrix reads) ready for many exact searches: each row is kept in a byte a
 * number with a proven bound of what that leaves out, a search scans the bytes on all cores, and only rows whose bound
 * could reach the best are scored in float64 from the rows themselves. Over 4 GB of bytes that are not kept, or where memory cannot be
 * shared between threads, every search reads all rows instead. Throws FormatError as `openMatrix` does.
 */
export async function openSearchIndex(
  base: Matrix | MatrixFile,
  options: SearchIndexOptions = {},
): Promise<SearchIndex> {
  const store = await openRows(base, options);
  const scanner = await openScanner(store, base, options).catch(async (error: unknown) => {
    await store.close();
    throw error;
  });
  const searchTogether = (
    queries: readonly SearchQuery[],
    wanted: SearchOptions = {},
  ): Promise<Hit[][]> =>
    scanner
      ? searchScanned(store, scanner, queries, wanted)
      : searchRowsTogether(base, queries, wanted);
  return {
    rows: store.rows,
    cols: store.cols,
    bytes: scanner?.bytes ?? 0,
    async search(query, count, wanted) {
      const [hits] = await searchTogether([{ query, count }], wanted);
      return hits;
    },
    searchTogether,
    async close() {
      await scanner?.close();
      await store.close();
    },
  };
}

async function searchScanned(
  store: RowStore,
  scanner: Scanner,
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
    const chosen = some.map(({ count }) => listCandidates(count, accept));
    const units = some.map(({ unit }) => unit);
    await scanner.scan(units, (start, estimates) =>
      estimates.forEach((each, i) => chosen[i].add(start, each)),
    );
    for (const [i, { unit, count }] of some.entries()) {
      found.push(await scoreCandidates(store, chosen[i].finish(), unit, count));
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
