import { bytesOf } from "../../core/bytes.js";
import { FormatError } from "../../core/errors.js";
import type { Matrix } from "../../core/matrix.js";
import { readNpyHeader } from "./npy-header.js";
import type { NpyDtype, NpyHeader } from "./npy-header.js";
import {
  type NpyData,
  allocate,
  decodeFloats,
  decodeValues,
  narrowWide,
  toRowMajor,
} from "./npy-values.js";
import { openSource, withSource } from "../bytes/source.js";
import type { ByteSource } from "../bytes/source.js";

export type { NpyDtype, NpyHeader } from "./npy-header.js";
export type { NpyData } from "./npy-values.js";

/** Values that one block holds unless the caller says otherwise: 16 MiB as float32. */
const blockValues = 4 * 1024 * 1024;
/** The same where its memory is used again: two blocks stay in a processor's cache. */
const reusedValues = 1024 * 1024;
/** Bytes that are read at a time where they are converted: a core's cache holds them, and the same memory takes the next ones. */
const pieceBytes = 1024 * 1024;

/** An .npy array of any shape, row-major whatever order the file has. */
export interface NpyArray {
  shape: number[];
  dtype: NpyDtype;
  data: NpyData;
}

/** A matrix of indices, row-major [rows, cols]. */
export interface IndexMatrix {
  rows: number;
  cols: number;
  data: Uint32Array;
}

/** Which rows to stream, and how many at a time. */
export interface RowBlockOptions {
  /** Rows of a block; the last may have fewer. Default as many as make 16 MiB of float32, or 4 MiB with `reuse` (Parquet always 16). */
  rowsPerBlock?: number;
  /** First row. Default 0. */
  start?: number;
  /** Row to stop before. Default the number of rows. */
  end?: number;
  /**
   * Lets a later block take the memory of one as soon as the next is asked for, which saves most of the time of reading a file that is
   * cached. Default false: every block is the caller's own. Parquet ignores it.
   */
  reuse?: boolean;
}

/** Some rows of a matrix: row 0 of `block` is row `start` of the file. */
export interface RowBlock {
  start: number;
  block: Matrix;
}

/**
 * Reads a whole .npy array. Throws FormatError if it is malformed, cut off or too long, or holds a 64-bit integer
 * beyond 2^53.
 */
export async function readNpy(input: string | ByteSource): Promise<NpyArray> {
  return withSource(input, async (source) => {
    const header = await readNpyHeader(source);
    const raw = await readRaw(source, header, 0, header.count);
    const data = decodeValues(raw, header, source.name);
    const { shape, dtype, fortran } = header;
    return { shape, dtype, data: fortran ? toRowMajor(data, shape) : data };
  });
}

/**
 * Reads a 2-D .npy array of any number type as float32 [rows, cols], never holding the file's values and the matrix
 * both. Throws FormatError as `readNpy` does, and for another number of dimensions.
 */
export async function readNpyMatrix(input: string | ByteSource): Promise<Matrix> {
  return withSource(input, async (source) => readLaidOut(source, await readNpyHeader(source)));
}

/** A matrix that lies in a file as `header` says, as float32 [rows, cols]. */
export async function readLaidOut(source: ByteSource, header: NpyHeader): Promise<Matrix> {
  const [rows, cols] = matrixShape(header, source.name);
  const data = allocate(Float32Array, header.count, source.name);
  await readFloats(source, header, { start: 0, end: rows }, data);
  return { rows, cols, data };
}

/**
 * Reads a 2-D .npy array block by block, so that a file of any size needs little memory; the next block is read
 * while the caller works on this one. Every block is the caller's own, unless `reuse` is set. Fortran order is read column by column, which
 * is slower. Throws FormatError as `readNpyMatrix` does, RangeError for rows that are not there.
 */
export async function* streamNpyRows(
  input: string | ByteSource,
  options: RowBlockOptions = {},
): AsyncGenerator<RowBlock> {
  const source = typeof input === "string" ? await openSource(input) : input;
  try {
    yield* streamLaidOut(source, await readNpyHeader(source), options);
  } finally {
    if (typeof input === "string") await source.close();
  }
}

/** A matrix that lies in a file as `header` says, block by block; see streamNpyRows. */
export async function* streamLaidOut(
  source: ByteSource,
  header: NpyHeader,
  options: RowBlockOptions = {},
): AsyncGenerator<RowBlock> {
  let pending: Promise<RowBlock> | undefined;
  try {
    const [rows, cols] = matrixShape(header, source.name);
    const { start = 0, end = rows, reuse = false } = options;
    const { rowsPerBlock = defaultRows(cols, reuse) } = options;
    checkRows(start, end, rows, rowsPerBlock);
    const memory: Float32Array[] = [];
    const read = async (from: number): Promise<RowBlock> => {
      const to = Math.min(end, from + rowsPerBlock);
      const count = (to - from) * cols;
      const place = ((from - start) / rowsPerBlock) % 2;
      const whole = memory[place] ?? allocate(Float32Array, count, source.name);
      if (reuse) memory[place] = whole;
      const data = whole.subarray(0, count);
      await readFloats(source, header, { start: from, end: to }, data);
      return { start: from, block: { rows: to - from, cols, data } };
    };
    for (let from = start; from < end; from += rowsPerBlock) {
      const current = await (pending ?? read(from));
      const next = from + rowsPerBlock;
      pending = next < end ? read(next) : undefined;
      // A failure belongs to the turn that awaits the block, not to this one.
      pending?.catch(() => undefined);
      yield current;
    }
  } finally {
    await pending?.catch(() => undefined);
  }
}

/** Rows of those numbers of a matrix that lies row-major in a file as `header` says, in their order [rows, cols]. */
export async function readLaidOutRows(
  source: ByteSource,
  header: NpyHeader,
  rows: readonly number[],
): Promise<Matrix> {
  const [all, cols] = matrixShape(header, source.name);
  for (const row of rows) checkRows(row, row + 1, all, 1);
  const width = cols * header.itemSize;
  const raw = allocate(Uint8Array, rows.length * width, source.name);
  const readRow = (row: number, i: number): Promise<void> =>
    source.readInto(raw.subarray(i * width, (i + 1) * width), header.dataOffset + row * width);
  await Promise.all(rows.map(readRow));
  return { rows: rows.length, cols, data: toFloat32(decodeValues(raw, header, source.name)) };
}

/**
 * Reads a 2-D .npy array of any integer type as indices [rows, cols]. Throws FormatError as `readNpyMatrix` does,
 * and for values below 0 or above 2^32 - 1, naming the row.
 */
export async function readNpyIndices(input: string | ByteSource): Promise<IndexMatrix> {
  return withSource(input, async (source) => {
    const { name } = source;
    const header = await readNpyHeader(source);
    const [rows, cols] = matrixShape(header, name);
    if (!/^[iu]/.test(header.dtype)) {
      throw new FormatError(name, `expected an integer dtype for indices, got ${header.dtype}`);
    }
    const data = allocate(Uint32Array, header.count, name);
    const take = (values: NpyData, start: number): void => {
      for (let i = 0, at = start; i < values.length; i++, at++) {
        const value = values[i];
        if (value < 0 || value > 0xffffffff) {
          const row = Math.floor(at / cols);
          throw new FormatError(
            name,
            `row ${row} contains ${value}, expected an index from 0 to 2^32 - 1`,
          );
        }
        data[at] = value;
      }
    };
    const isWide = header.itemSize === 8 && !header.bigEndian;
    if (header.fortran) await eachBlock(source, header, { start: 0, end: rows }, take);
    else {
      await eachPiece(source, header, { start: 0, end: rows }, (raw, at) => {
        const part = data.subarray(at, at + raw.length / header.itemSize);
        // Where that fails, the slower way says why.
        if (!isWide || !narrowWide(raw, part)) take(decodeValues(raw, header, name), at);
      });
    }
    return { rows, cols, data };
  });
}

function toFloat32(values: NpyData): Float32Array {
  return values instanceof Float32Array ? values : Float32Array.from(values);
}

function matrixShape({ shape, dtype }: NpyHeader, name: string): [number, number] {
  if (shape.length !== 2 || shape[1] === 0) {
    throw new FormatError(
      name,
      `expected a matrix [rows, cols] of at least one column, got ${dtype} of shape (${shape.join(", ")})`,
    );
  }
  return [shape[0], shape[1]];
}

/** Throws RangeError for rows that are not within a matrix of `rows`. */
export function checkRows(start: number, end: number, rows: number, rowsPerBlock: number): void {
  if (!Number.isInteger(rowsPerBlock) || rowsPerBlock < 1) {
    throw new RangeError(`npy: rowsPerBlock must be an integer above 0, got ${rowsPerBlock}`);
  }
  const whole = Number.isInteger(start) && Number.isInteger(end);
  if (!whole || start < 0 || end > rows || start > end) {
    throw new RangeError(`npy: expected rows within 0 to ${rows}, got ${start} to ${end}`);
  }
}

/** Rows of a block of some width where nobody says. */
export function defaultRows(cols: number, reuse = false): number {
  return Math.max(1, Math.floor((reuse ? reusedValues : blockValues) / cols));
}

interface RowRange {
  start: number;
  end: number;
}

/** Fills `data` with rows of a matrix as float32, row-major. */
async function readFloats(
  source: ByteSource,
  header: NpyHeader,
  range: RowRange,
  data: Float32Array,
): Promise<void> {
  const { dtype, bigEndian, fortran, dataOffset } = header;
  if (fortran) await eachBlock(source, header, range, (values, at) => data.set(values, at));
  else if (dtype === "f4" && !bigEndian) {
    await source.readInto(bytesOf(data), dataOffset + range.start * header.shape[1] * 4);
  } else {
    await eachPiece(source, header, range, (raw, at) =>
      decodeFloats(raw, header, source.name, data, at),
    );
  }
}

/** Gives `take` the values of some rows of a Fortran matrix, row-major, and the place of the first among them all. */
async function eachBlock(
  source: ByteSource,
  header: NpyHeader,
  { start, end }: RowRange,
  take: (values: NpyData, at: number) => void,
): Promise<void> {
  const [, cols] = header.shape;
  const step = defaultRows(cols);
  for (let from = start; from < end; from += step) {
    const to = Math.min(end, from + step);
    take(await readColumns(source, header, from, to), (from - start) * cols);
  }
}

/** Gives `take` the bytes of some rows of a C matrix, and the place of their first value among them all. They hold until it returns. */
async function eachPiece(
  source: ByteSource,
  header: NpyHeader,
  { start, end }: RowRange,
  take: (raw: Uint8Array, at: number) => void,
): Promise<void> {
  const { itemSize, dataOffset } = header;
  const [, cols] = header.shape;
  const count = (end - start) * cols;
  const most = Math.min(count, pieceBytes / itemSize);
  const memory = [0, 1].map(() => allocate(Uint8Array, most * itemSize, source.name));
  const read = async (at: number): Promise<Uint8Array> => {
    const raw = memory[(at / most) % 2].subarray(0, Math.min(most, count - at) * itemSize);
    await source.readInto(raw, dataOffset + (start * cols + at) * itemSize);
    return raw;
  };
  let pending: Promise<Uint8Array> | undefined;
  try {
    for (let at = 0; at < count; at += most) {
      const raw = await (pending ?? read(at));
      pending = at + most < count ? read(at + most) : undefined;
      pending?.catch(() => undefined);
      take(raw, at);
    }
  } finally {
    await pending?.catch(() => undefined);
  }
}

/** Rows `start` up to `end` of a Fortran matrix, row-major. */
async function readColumns(
  source: ByteSource,
  header: NpyHeader,
  start: number,
  end: number,
): Promise<NpyData> {
  const [rows, cols] = header.shape;
  const height = end - start;
  const { itemSize, dataOffset } = header;
  const raw = allocate(Uint8Array, height * cols * itemSize, source.name);
  const width = height * itemSize;
  if (height === rows) await source.readInto(raw, dataOffset);
  else {
    for (let j = 0; j < cols; j++) {
      const column = raw.subarray(j * width, (j + 1) * width);
      await source.readInto(column, dataOffset + (j * rows + start) * itemSize);
    }
  }
  return toRowMajor(decodeValues(raw, header, source.name), [height, cols]);
}

async function readRaw(
  source: ByteSource,
  { itemSize, dataOffset }: NpyHeader,
  start: number,
  count: number,
): Promise<Uint8Array> {
  const raw = allocate(Uint8Array, count * itemSize, source.name);
  await source.readInto(raw, dataOffset + start * itemSize);
  return raw;
}
