import { type KernelModule, WorkerPool, allot } from "../../engine/worker-pool.js";
import type { Matrix } from "../../core/matrix.js";
import { KERNELS } from "./kernel-bytes.js";

/** What is known of a query's cosine to each row: it lies within `errors[i] + slack` of `centreOf(i)`. */
export interface Estimates {
  /** Part of the score that all rows share: the mean's product with the query. */
  offset: number;
  /** What a product counts, times the row's scale. */
  factor: number;
  /** Most that rounding the query can add. */
  slack: number;
  /** By row, overwritten by the next scan. */
  products: Int32Array;
  scales: Float32Array;
  /** NaN for a row that is not finite. */
  errors: Float32Array;
  /** By chunk, at least the most that a row's cosine can be; overwritten by the next scan. */
  highest: Float64Array;
  /** Rows of a chunk; the last may have fewer. */
  chunkRows: number;
}

/** What is kept of some rows. */
export interface RowCodes {
  /** [rows] */
  scales: Float32Array;
  /** [rows] */
  errors: Float32Array;
  /** [rows, d], each row filled up to a multiple of 64. */
  codes: Int8Array;
}

/** Rows of unit length in one byte per number, which give every cosine to within a bound. */
export interface QuantisedRows {
  readonly bytes: number;
  /** Writes rows from `start` on. */
  fill(start: number, block: Matrix): void;
  /** What stands of `rows` rows from `start` on, to be read or written over. */
  codes(start: number, rows: number): RowCodes;
  /** Estimates of the first `rows` rows, of all by default, for up to MOST_QUERIES queries of unit length. */
  scan(units: readonly Float64Array[], rows?: number): Estimates[];
  close(): Promise<void>;
}

/** Queries that one pass takes. */
export const MOST_QUERIES = 4;

const MODULE: KernelModule = {
  shared: KERNELS,
  task: "search",
  ifTooLarge: "search without an index",
  ifLost: "open the index again",
};
const CONFIG = 2048;
const QUANTISE_ROWS = 32;
// A chunk's codes stay in a core's own cache for the queries behind the first.
const SCAN_BYTES = 262_144;
/** Numbers that the kernel needs of a query besides its codes. */
const FIGURES = 3;
const STAGED_VALUES = 4 * 1024 * 1024;
const LARGEST_PRODUCT = 2 ** 31 - 1;

/** Room for `rows` that are kept less `mean` (length 1 at most) [d]. Throws RangeError where memory does not do. */
export async function createQuantisedRows(
  rows: number,
  mean: Float32Array,
  threads: number,
): Promise<QuantisedRows> {
  const d = mean.length;
  const padded = Math.ceil(d / 64) * 64;
  const staged = Math.max(1, Math.min(rows, Math.floor(STAGED_VALUES / d)));
  const chunkRows = Math.max(4, Math.floor(SCAN_BYTES / padded / 4) * 4);
  const chunks = Math.ceil(rows / chunkRows);
  const layout = allot({
    mean: 4 * d,
    queries: 2 * padded * MOST_QUERIES,
    staging: 4 * d * staged,
    rest: 4 * padded * Math.ceil(staged / QUANTISE_ROWS),
    scales: 4 * rows,
    errors: 4 * rows,
    products: 4 * rows * MOST_QUERIES,
    figures: 8 * FIGURES * MOST_QUERIES,
    highest: 8 * chunks * MOST_QUERIES,
    codes: rows * padded,
  });
  const pool = await WorkerPool.create(MODULE, { bytes: layout.end, threads });
  const { buffer } = pool.memory;
  const { at } = layout;
  const config = new Uint32Array(buffer, CONFIG, 18);
  const { staging, mean: meanAt, scales, errors, codes, products, queries, rest } = at;
  const { figures, highest } = at;
  config.set([d, padded, 0, 0, staging, meanAt, scales, errors, codes, products, queries]);
  config[12] = rest;
  config.set([rows, figures, highest, chunks], 14);
  new Float32Array(buffer, meanAt, d).set(mean);
  return {
    bytes: buffer.byteLength,
    fill: (start, block) => fill(pool, { config, staging, staged }, start, block),
    codes: (start, count) => ({
      scales: new Float32Array(buffer, scales + 4 * start, count),
      errors: new Float32Array(buffer, errors + 4 * start, count),
      codes: new Int8Array(buffer, codes + padded * start, padded * count),
    }),
    scan(units, count = rows) {
      const table = {
        scales: new Float32Array(buffer, scales, count),
        errors: new Float32Array(buffer, errors, count),
      };
      const used = Math.ceil(count / chunkRows);
      const ready = units.map((unit, q) => {
        const place = new Int16Array(buffer, queries + 2 * padded * q, padded);
        const { offset, factor, slack } = placeQuery(unit, place, mean);
        new Float64Array(buffer, figures + 8 * FIGURES * q, FIGURES).set([offset, factor, slack]);
        return {
          ...{ offset, factor, slack, chunkRows },
          products: new Int32Array(buffer, products + 4 * rows * q, count),
          highest: new Float64Array(buffer, highest + 8 * chunks * q, used),
          ...table,
        };
      });
      config[2] = count;
      config[11] = units.length;
      config[13] = chunkRows;
      pool.shareAtOnce(1, used);
      return ready;
    },
    close: () => pool.dispose(),
  };
}

function fill(
  pool: WorkerPool,
  { config, staging, staged }: { config: Uint32Array; staging: number; staged: number },
  start: number,
  { rows, cols, data }: Matrix,
): void {
  for (let done = 0; done < rows; done += staged) {
    const count = Math.min(staged, rows - done);
    const values = data.subarray(done * cols, (done + count) * cols);
    new Float32Array(pool.memory.buffer, staging, values.length).set(values);
    config[2] = count;
    config[3] = start + done;
    config[13] = QUANTISE_ROWS;
    pool.shareAtOnce(0, Math.ceil(count / QUANTISE_ROWS));
  }
}

/** Writes the query as whole numbers [padded], as fine as 16 bits and the 32 bits of a product allow. */
function placeQuery(
  unit: Float64Array,
  target: Int16Array,
  mean: Float32Array,
): { offset: number; factor: number; slack: number } {
  let largest = 0;
  let offset = 0;
  for (let j = 0; j < unit.length; j++) {
    largest = Math.max(largest, Math.abs(unit[j]));
    offset += unit[j] * mean[j];
  }
  // No product is over the lengths' product (Cauchy-Schwarz): 127·√d for a row, and here `steps` and half a step a number.
  const width = Math.sqrt(unit.length);
  const steps = Math.min(32767 / largest, LARGEST_PRODUCT / (127 * width) - width / 2 - 1);
  let missed = 0;
  for (let j = 0; j < unit.length; j++) {
    target[j] = Math.round(unit[j] * steps);
    missed += (unit[j] - target[j] / steps) ** 2;
  }
  // A row's codes stand for at most 2 (a unit row less a mean) and what they miss, at most √d/127.
  return { offset, factor: 1 / steps, slack: Math.sqrt(missed) * (2 + width / 127) + 1e-9 };
}
