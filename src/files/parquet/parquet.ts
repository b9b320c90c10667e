import { once } from "node:events";
import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import { Worker } from "node:worker_threads";
import { FormatError } from "../../core/errors.js";
import { type Matrix, createMatrix } from "../../core/matrix.js";
import type { ParquetAnswer, ParquetTask } from "./parquet-worker.js";
import type { ByteSource } from "../bytes/source.js";
import { interruptible } from "../../core/interrupt.js";

/** Time for a row group: damage can keep the decoder busy for ever, and real groups take a second per 50 MB or so. */
const LEAST_MS = 1500;
const MS_PER_MEGABYTE = 200;
/** Heap of the worker that decodes, in MB: row groups of real tables are far smaller. */
const MOST_HEAP = 2048;

/** What of a Parquet file is read. */
export interface ParquetOptions {
  /** Top-level columns. Default all. */
  columns?: readonly string[];
  signal?: AbortSignal;
}

/** One row: nested columns come as lists and objects, 64-bit integers as numbers where that is exact, dates as ISO text. */
export type ParquetRow = Record<string, unknown>;

/**
 * Yields the rows of a Parquet file, or of all .parquet files of a folder in the order of their names, one row group in
 * memory at a time. Reads Snappy, gzip, zstd, brotli and LZ4. Throws FormatError, naming the file, where it is damaged,
 * has not the columns, or unpacks to far more than it holds.
 */
export async function* streamParquetRows(
  input: string | ByteSource,
  options: ParquetOptions = {},
): AsyncGenerator<ParquetRow> {
  if (typeof input !== "string" || !(await isFolder(input))) {
    yield* rowsOfFile(input, options);
    return;
  }
  const names = (await readdir(input)).filter((name) => name.endsWith(".parquet")).sort();
  if (names.length === 0) throw new FormatError(input, "contains no .parquet file");
  for (const name of names) yield* rowsOfFile(path.join(input, name), options);
}

/**
 * A column of number lists of equal length, such as embeddings, as a Matrix. Throws FormatError as streamParquetRows
 * does, and for rows of another length.
 */
export async function readParquetMatrix(
  input: string | ByteSource,
  column: string,
  options: Pick<ParquetOptions, "signal"> = {},
): Promise<Matrix> {
  const name = typeof input === "string" ? input : input.name;
  const rows: Float32Array[] = [];
  for await (const row of streamParquetRows(input, { ...options, columns: [column] })) {
    const list = row[column];
    const values =
      Array.isArray(list) || ArrayBuffer.isView(list) ? Array.from(list as number[]) : [];
    const bad = values.length === 0 || values.some((value) => typeof value !== "number");
    if (bad || values.length !== (rows[0]?.length ?? values.length)) {
      throw new FormatError(
        name,
        `row ${rows.length}: expected ${rows[0]?.length ?? "some"} numbers in ${column}, got ${bad ? "something else" : values.length}`,
      );
    }
    rows.push(Float32Array.from(values));
  }
  const d = rows[0]?.length ?? 0;
  const matrix = createMatrix(rows.length, d);
  rows.forEach((row, i) => matrix.data.set(row, i * d));
  return matrix;
}

async function* rowsOfFile(
  input: string | ByteSource,
  { columns, signal: given }: ParquetOptions,
): AsyncGenerator<ParquetRow> {
  const signal = interruptible(given);
  const name = typeof input === "string" ? input : input.name;
  const size = typeof input === "string" ? await fileSize(input) : input.byteLength;
  const bytes = typeof input === "string" ? undefined : await input.read(0, size);
  const workerData: ParquetTask = { name, columns, bytes: bytes?.slice() };
  const worker = new Worker(new URL("./parquet-worker.js", import.meta.url), {
    workerData,
    resourceLimits: { maxOldGenerationSizeMb: MOST_HEAP },
  });
  // A failure of the worker reaches the wait below; without a listener it would end the process.
  worker.on("error", () => undefined);
  try {
    await once(worker, "message");
    const limit = LEAST_MS + (MS_PER_MEGABYTE * size) / 1e6;
    for (;;) {
      signal?.throwIfAborted();
      const answer = await askNext(worker, name, limit);
      if (answer.kind === "end") return;
      if (answer.kind === "refused") throw new FormatError(name, answer.problem);
      yield* answer.rows;
    }
  } finally {
    await worker.terminate();
  }
}

async function askNext(worker: Worker, name: string, limit: number): Promise<ParquetAnswer> {
  const timer = AbortSignal.timeout(Math.round(limit));
  worker.postMessage("next");
  try {
    const [answer] = (await once(worker, "message", { signal: timer })) as [ParquetAnswer];
    return answer;
  } catch (cause) {
    const problem = timer.aborted
      ? `a row group keeps its decoder busy for over ${Math.round(limit / 1000)} s, as damaged pages do`
      : `not readable as Parquet: ${cause instanceof Error ? cause.message : String(cause)}`;
    throw new FormatError(name, problem.slice(0, 300), { cause });
  }
}

async function fileSize(file: string): Promise<number> {
  const found = await stat(file).catch(() => undefined);
  if (found === undefined) throw new FormatError(file, "no such file");
  return found.size;
}

async function isFolder(input: string): Promise<boolean> {
  return (await stat(input).catch(() => undefined))?.isDirectory() ?? false;
}
