import { basename } from "node:path";
import { FormatError } from "../core/errors.js";
import { type Matrix, createMatrix } from "../core/matrix.js";
import { type ByteSource, openSource, withSource } from "./bytes/source.js";
import { fileStamp } from "./file-stamp.js";
import { PARQUET, type Place, locate } from "./locate-matrix.js";
import type { NpyHeader } from "./numpy/npy-header.js";
import {
  type RowBlock,
  type RowBlockOptions,
  checkRows,
  defaultRows,
  readLaidOut,
  readLaidOutRows,
  streamLaidOut,
} from "./numpy/npy.js";
import { filesOf } from "./parquet/parquet.js";
import { parquetShape, readListRows, streamParquetMatrix } from "./parquet/parquet-matrix.js";

/** Largest Parquet that is decoded into memory as a whole, in bytes of float32. */
const MOST_DECODED = 2 ** 30;

/** Rows of a matrix in memory or in a file, read where they are needed. */
export interface RowStore {
  readonly rows: number;
  readonly cols: number;
  /** Whether reads of some rows are better done together, as each opens a shard and decodes parts of it. */
  readonly isStreamed?: boolean;
  /** Rows `start` to `end` (exclusive), at least one. */
  read(start: number, end: number): Promise<Matrix>;
  /** Rows of those numbers, in their order [rows, cols]. */
  readRows(rows: readonly number[]): Promise<Matrix>;
  close(): Promise<void>;
}

/** A file or a folder of shards; `column` names the lists of numbers of Parquet, where it is not the only one or called embedding. */
export type MatrixFile = string | { path: string; column?: string };

/** A file of a matrix that may lie in several: its row 0 is row `start` of the whole. */
export interface MatrixShard {
  file: string;
  start: number;
  rows: number;
  cols: number;
}

/**
 * Opens the matrix of a .npy, .npz, .pt, .safetensors or .parquet file, known by its content, or of a folder of .parquet or of .npy, in the
 * order of their names. Where a file holds several arrays it is the only one of two dimensions, or the one called embedding(s) or
 * vector(s). PyTorch, .npz and Parquet are decoded into memory, once for all calls; of Parquet of over `mostDecoded` bytes (default 1 GiB) each
 * read decodes the pages that hold its rows instead. Throws FormatError for a file that holds no matrix, and for a shard that is
 * empty or has another width; for other formats it says how to convert them.
 */
export async function openMatrix(
  input: MatrixFile | ByteSource,
  { mostDecoded = MOST_DECODED }: { mostDecoded?: number } = {},
): Promise<RowStore> {
  const shards = isSource(input) ? [] : await matrixShards(input);
  const isDecoded = shards.length > 0 && (await isParquet(shards[0].file));
  const rows = shards.reduce((sum, shard) => sum + shard.rows, 0);
  const isStreamed = isDecoded && 4 * rows * shards[0].cols > mostDecoded;
  if (isStreamed || (shards.length > 1 && !isDecoded)) {
    const { cols } = shards[0];
    const read: RowStore["read"] = async (start, end) => {
      checkRows(start, end, rows, 1);
      if (!isStreamed) return readShards(shards, start, end);
      return readRows(Array.from({ length: end - start }, (_, i) => start + i));
    };
    const readRows: RowStore["readRows"] = isStreamed
      ? (some) => readShardRows(shards, columnOf(input), some)
      : (some) => gatherRows(some, cols, read);
    return { rows, cols, isStreamed, read, readRows, close: () => Promise.resolve() };
  }
  const { source, header, close } = await open(input);
  const [, cols] = header.shape;
  const read: RowStore["read"] = async (start, end) => {
    const options = { start, end, rowsPerBlock: end - start };
    for await (const { block } of streamLaidOut(source, header, options)) return block;
    throw new RangeError(`${source.name}: no rows ${start} to ${end}`);
  };
  return {
    rows: header.shape[0],
    cols,
    read,
    readRows: (some) =>
      header.fortran ? gatherRows(some, cols, read) : readLaidOutRows(source, header, some),
    close,
  };
}

/** Rows of those numbers, each read by itself [rows, cols]. */
export async function gatherRows(
  rows: readonly number[],
  cols: number,
  read: RowStore["read"],
): Promise<Matrix> {
  const found = await Promise.all(rows.map((row) => read(row, row + 1)));
  const matrix = createMatrix(rows.length, cols);
  found.forEach(({ data }, i) => matrix.data.set(data, i * cols));
  return matrix;
}

/** Rows of Parquet shards, from each shard those that it has at once. */
async function readShardRows(
  shards: readonly MatrixShard[],
  column: string | undefined,
  rows: readonly number[],
): Promise<Matrix> {
  const [{ cols }] = shards;
  const matrix = createMatrix(rows.length, cols);
  const order = rows.map((row, place) => ({ row, place })).sort((a, b) => a.row - b.row);
  for (const { file, start, rows: count } of shards) {
    const some = order.filter(({ row }) => row >= start && row < start + count);
    if (some.length === 0) continue;
    const numbers = some.map(({ row }) => row - start);
    const { data } = await readListRows(file, column, numbers, cols);
    some.forEach(({ place }, i) =>
      matrix.data.set(data.subarray(i * cols, (i + 1) * cols), place * cols),
    );
  }
  return matrix;
}

async function readShards(
  shards: readonly MatrixShard[],
  start: number,
  end: number,
): Promise<Matrix> {
  const wanted = createMatrix(end - start, shards[0].cols);
  for (const shard of shards) {
    const part = {
      start: Math.max(start - shard.start, 0),
      end: Math.min(end - shard.start, shard.rows),
    };
    if (part.start >= part.end) continue;
    for await (const { start: at, block } of streamMatrix(shard.file, { ...part, reuse: true })) {
      wanted.data.set(block.data, (shard.start + at - start) * wanted.cols);
    }
  }
  return wanted;
}

/** The whole matrix of a file as float32 [rows, cols]; see openMatrix. */
export async function readMatrix(input: MatrixFile | ByteSource): Promise<Matrix> {
  const shards = isSource(input) ? [] : await matrixShards(input);
  if (shards.length > 1 || (shards.length > 0 && (await isParquet(shards[0].file)))) {
    const rows = shards.reduce((sum, shard) => sum + shard.rows, 0);
    const whole = createMatrix(rows, shards[0].cols);
    for await (const { start, block } of streamMatrix(input, { reuse: true })) {
      whole.data.set(block.data, start * whole.cols);
    }
    return whole;
  }
  const { source, header, matrix, close } = await open(input);
  try {
    return matrix ?? (await readLaidOut(source, header));
  } finally {
    await close();
  }
}

/** The matrix of a file or of shards block by block, Parquet as well in constant memory; no block goes over the end of a shard. See openMatrix and streamNpyRows. */
export async function* streamMatrix(
  input: MatrixFile | ByteSource,
  options: RowBlockOptions = {},
): AsyncGenerator<RowBlock> {
  const shards = isSource(input) ? [] : await matrixShards(input);
  const first = shards.at(0)?.file;
  if (
    isSource(input) ||
    first === undefined ||
    (shards.length === 1 && !(await isParquet(first)))
  ) {
    const { source, header, close } = await open(input);
    try {
      yield* streamLaidOut(source, header, options);
    } finally {
      await close();
    }
    return;
  }
  const rows = shards.reduce((sum, shard) => sum + shard.rows, 0);
  const { start = 0, end = rows, rowsPerBlock = defaultRows(shards[0].cols) } = options;
  checkRows(start, end, rows, rowsPerBlock);
  for (const shard of shards) {
    const part = {
      start: Math.max(0, start - shard.start),
      end: Math.min(shard.rows, end - shard.start),
      rowsPerBlock,
    };
    if (part.start >= part.end) continue;
    const blocks = (await isParquet(shard.file))
      ? streamParquetMatrix(shard.file, columnOf(input), part)
      : streamMatrix(shard.file, { ...options, start: part.start, end: part.end });
    for await (const { start: at, block } of blocks) yield { start: shard.start + at, block };
  }
}

/**
 * The files of a matrix in order, with their sizes. Throws FormatError, naming the file, for one that is empty or of another width
 * than the first.
 */
export async function matrixShards(input: MatrixFile): Promise<MatrixShard[]> {
  const files = await matrixFiles(pathOf(input));
  const shards: MatrixShard[] = [];
  let start = 0;
  for (const file of files) {
    const { rows, cols } = await shapeOf(file, columnOf(input));
    const first = shards.at(0);
    if (first !== undefined && cols !== first.cols) {
      const expected = `${first.cols} as in ${basename(first.file)}`;
      throw new FormatError(file, `embeddings are ${cols} wide, expected ${expected}`);
    }
    if (files.length > 1 && rows === 0) throw new FormatError(file, "contains no embeddings");
    shards.push({ file, start, rows, cols });
    start += rows;
  }
  return shards;
}

/** The .parquet or the .npy files of a folder in the order of their names; of anything else its own path. */
export function matrixFiles(input: string): Promise<string[]> {
  return filesOf(input, ["parquet", "npy"]);
}

/** Shapes of files by path, size, time and column: of many shards they are asked for again and again. */
const shapes = new Map<string, { rows: number; cols: number }>();

async function shapeOf(file: string, column?: string): Promise<{ rows: number; cols: number }> {
  const key = JSON.stringify([file, await fileStamp(file), column]);
  const known = shapes.get(key);
  if (known !== undefined) return known;
  const shape = (await isParquet(file)) ? await parquetShape(file, column) : await openShape(file);
  shapes.set(key, shape);
  return shape;
}

async function openShape(file: string): Promise<{ rows: number; cols: number }> {
  const { header, close } = await open(file);
  await close();
  return { rows: header.shape[0], cols: header.shape[1] };
}

async function isParquet(file: string): Promise<boolean> {
  return withSource(file, async (source) => {
    const head = await source.read(0, Math.min(source.byteLength, PARQUET.length));
    return Buffer.from(head).toString("latin1") === PARQUET;
  });
}

function isSource(input: MatrixFile | ByteSource): input is ByteSource {
  return typeof input !== "string" && "readInto" in input;
}

function pathOf(input: MatrixFile | ByteSource): string {
  if (typeof input === "string") return input;
  return isSource(input) ? input.name : input.path;
}

function columnOf(input: MatrixFile | ByteSource): string | undefined {
  return typeof input === "string" || isSource(input) ? undefined : input.column;
}

/** The last file that was decoded: its path, size and time, so that a run decodes it once. */
let decoded: { key: string; place: Place } | undefined;

async function open(
  input: MatrixFile | ByteSource,
): Promise<Place & { close: () => Promise<void> }> {
  if (isSource(input)) {
    const place = await locate(input, input);
    checkShape(place.header, input.name);
    return { ...place, close: () => Promise.resolve() };
  }
  const file = pathOf(input);
  const files = await matrixFiles(file);
  const source = await openSource(files[0]);
  try {
    const key = JSON.stringify([input, ...(await Promise.all(files.map(fileStamp)))]);
    const place =
      decoded?.key === key ? decoded.place : await locate(source, file, columnOf(input));
    checkShape(place.header, file);
    if (place.matrix !== undefined) decoded = { key, place };
    return { ...place, close: () => source.close() };
  } catch (error) {
    await source.close();
    throw error;
  }
}

function checkShape({ shape, dtype }: NpyHeader, name: string): void {
  if (shape.length === 2 && shape[1] > 0) return;
  const got = `${dtype} of shape (${shape.join(", ")})`;
  throw new FormatError(name, `must be a matrix [N, d] of at least one column, got ${got}`);
}
