import { availableParallelism } from "node:os";
import { interruptible } from "../../core/interrupt.js";
import { type Matrix, addUnitRows } from "../../core/matrix.js";
import type { OnProgress } from "../../core/progress.js";
import type { MatrixFile } from "../../files/matrix.js";
import { type IndexPart, openKeptIndex } from "./kept-index.js";
import { type Estimates, type QuantisedRows, createQuantisedRows } from "./quantised-rows.js";
import { type RowStore, isMatrix } from "./row-store.js";
import { rowBlocks } from "./search-rows.js";

/** How an index is made. */
export interface SearchIndexOptions {
  /** Default: what the machine has, at most 8, and 1 for a small base. The hits are the same for any number. */
  threads?: number;
  /** Bytes of Parquet that are decoded into memory; see openMatrix. Default 1 GiB. */
  mostDecoded?: number;
  /** Folder in which the index of each shard of a file is kept: the next call makes those of new shards alone. Default none. */
  keep?: string;
  /** Most bytes of a kept index that are held in memory; of a larger one a search reads one part after the other. Default 4 GB. */
  mostHeld?: number;
  /** Called after each block with step "index". */
  onProgress?: OnProgress;
  /** Stops between two blocks. */
  signal?: AbortSignal;
}

/** Rows in one byte per number, in memory or in the files that are kept of them. */
export interface Scanner {
  readonly bytes: number;
  /** Gives `take` the estimates of all rows from `start` on, part by part; they hold until it returns. */
  scan(
    units: readonly Float64Array[],
    take: (start: number, estimates: readonly Estimates[]) => void,
  ): Promise<void>;
  close(): Promise<void>;
}

const MEAN_PLACES = 16;
const MEAN_ROWS = 256;
// Below it a scan takes less than another thread's start.
const ALONE_VALUES = 8e6;
// With more, a scan is bound by memory.
const MOST_THREADS = 8;

/** Makes rows ready, those that are kept by reading them. Undefined where they can be neither held in memory nor kept. */
export async function openScanner(
  store: RowStore,
  base: Matrix | MatrixFile,
  options: SearchIndexOptions,
): Promise<Scanner | undefined> {
  const { keep, mostHeld = Infinity, threads = usefulThreads(store) } = options;
  const { rows, cols } = store;
  if (rows * cols === 0) return undefined;
  const kept = keep === undefined || isMatrix(base) ? undefined : await openKeptIndex(keep, base);
  const parts = kept?.parts ?? [wholePart(rows)];
  const mean = kept?.mean ?? (await meanRow(store));
  const create = (most: number): Promise<QuantisedRows | undefined> =>
    createQuantisedRows(most, mean, threads).catch(noMemory);
  const whole = kept !== undefined && rows * cols > mostHeld ? undefined : await create(rows);
  const largest = parts.reduce((most, part) => Math.max(most, part.rows), 0);
  const quantised = whole ?? (kept && (await create(largest)));
  if (!quantised) return undefined;
  const { bytes } = quantised;
  const close = (): Promise<void> => quantised.close();
  try {
    // First, as the disk may have no room for both.
    await kept?.clean();
    for (const part of parts) {
      const place = whole ? part.start : 0;
      const isThere = await part.load(mean, whole?.codes(place, part.rows));
      if (isThere)
        options.onProgress?.({ step: "index", done: part.start + part.rows, total: rows });
      else await fillPart(base, part, { quantised, place, total: rows }, options);
      const isKept = isThere || (await part.save(mean, quantised.codes(place, part.rows)));
      if (!isKept && !whole) {
        await close();
        return undefined;
      }
    }
  } catch (error) {
    await close();
    throw error;
  }
  if (whole) {
    const scan: Scanner["scan"] = (units, take) => Promise.resolve(take(0, whole.scan(units)));
    return { bytes, scan, close };
  }
  let last: Promise<void> = Promise.resolve();
  return {
    bytes,
    scan(units, take) {
      // One after the other, as all read into the same memory.
      const own = last.then(async () => {
        for (const part of parts) {
          const codes = quantised.codes(0, part.rows);
          // Damaged, or removed since it was opened.
          if (!(await part.load(mean, codes))) {
            await fillPart(base, part, { quantised, place: 0, total: rows });
            await part.save(mean, codes);
          }
          take(part.start, quantised.scan(units, part.rows));
        }
      });
      last = own.catch(() => undefined);
      return own;
    },
    close,
  };
}

function wholePart(rows: number): IndexPart {
  return { start: 0, rows, load: () => Promise.resolve(false), save: () => Promise.resolve(false) };
}

async function fillPart(
  base: Matrix | MatrixFile,
  { start: from, rows }: IndexPart,
  { quantised, place, total }: { quantised: QuantisedRows; place: number; total: number },
  { onProgress, signal: given }: SearchIndexOptions = {},
): Promise<void> {
  const signal = interruptible(given);
  for await (const { start, block } of rowBlocks(base, from, from + rows)) {
    signal?.throwIfAborted();
    quantised.fill(place + start - from, block);
    onProgress?.({ step: "index", done: start + block.rows, total });
  }
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

/** Nothing where memory cannot be shared or is not enough. */
function noMemory(error: unknown): undefined {
  if (error instanceof RangeError || error instanceof ReferenceError) return undefined;
  throw error;
}
