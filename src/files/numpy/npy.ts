import { FormatError } from "../../core/errors.js";
import type { Matrix } from "../../core/matrix.js";
import { decodeFloat16 } from "../bytes/half.js";
import { readNpyHeader } from "./npy-header.js";
import type { NpyDtype, NpyHeader } from "./npy-header.js";
import { openSource, withSource } from "../bytes/source.js";
import type { ByteSource } from "../bytes/source.js";

export type { NpyDtype, NpyHeader } from "./npy-header.js";

/** Values that one block holds unless the caller says otherwise: 16 MiB as float32. */
const blockValues = 4 * 1024 * 1024;

/**
 * Values of an .npy array. float16 comes as float32; 64-bit integers come as float64, exactly; booleans as 0 and 1.
 */
export type NpyData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint16Array
  | Uint32Array;

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
  /** Rows of a block; the last may have fewer. Default as many as make 16 MiB of float32. */
  rowsPerBlock?: number;
  /** First row. Default 0. */
  start?: number;
  /** Row to stop before. Default the number of rows. */
  end?: number;
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
    const data = decode(raw, header, source.name);
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
  if (header.dtype === "f4" && !header.bigEndian && !header.fortran) {
    await source.readInto(new Uint8Array(data.buffer), header.dataOffset);
  } else {
    await eachBlock(source, header, (start, block) => data.set(block, start * cols));
  }
  return { rows, cols, data };
}

/**
 * Reads a 2-D .npy array block by block, so that a file of any size needs little memory; the next block is read
 * while the caller works on this one. Every block is the caller's own. Fortran order is read column by column, which
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
    const { start = 0, end = rows, rowsPerBlock = defaultRows(cols) } = options;
    checkRows(start, end, rows, rowsPerBlock);
    const read = async (from: number): Promise<RowBlock> => {
      const to = Math.min(end, from + rowsPerBlock);
      const data = toFloat32(await readRows(source, header, from, to));
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
  return { rows: rows.length, cols, data: toFloat32(decode(raw, header, source.name)) };
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
    await eachBlock(source, header, (start, block) => {
      for (let i = 0, at = start * cols; i < block.length; i++, at++) {
        const value = block[i];
        if (value < 0 || value > 0xffffffff) {
          const row = Math.floor(at / cols);
          throw new FormatError(
            name,
            `row ${row} contains ${value}, expected an index from 0 to 2^32 - 1`,
          );
        }
        data[at] = value;
      }
    });
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
export function defaultRows(cols: number): number {
  return Math.max(1, Math.floor(blockValues / cols));
}

async function eachBlock(
  source: ByteSource,
  header: NpyHeader,
  take: (start: number, block: NpyData) => void,
): Promise<void> {
  const [rows, cols] = header.shape;
  const step = defaultRows(cols);
  for (let start = 0; start < rows; start += step) {
    take(start, await readRows(source, header, start, Math.min(rows, start + step)));
  }
}

/** Rows `start` up to `end` of a matrix, row-major. */
async function readRows(
  source: ByteSource,
  header: NpyHeader,
  start: number,
  end: number,
): Promise<NpyData> {
  const [rows, cols] = header.shape;
  const height = end - start;
  if (!header.fortran) {
    const raw = await readRaw(source, header, start * cols, height * cols);
    return decode(raw, header, source.name);
  }
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
  return toRowMajor(decode(raw, header, source.name), [height, cols]);
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

/** The values of `raw`, which must own its buffer: it is reused, and byte-swapped in place, where that saves a copy. */
function decode(raw: Uint8Array, header: NpyHeader, name: string): NpyData {
  const { dtype, itemSize } = header;
  const { buffer } = raw;
  if (header.bigEndian) swapBytes(raw, itemSize);
  switch (dtype) {
    case "f2": {
      const out = new Float32Array(raw.length / 2);
      decodeFloat16(new Uint16Array(buffer), out);
      return out;
    }
    case "f4":
      return new Float32Array(buffer);
    case "f8":
      return new Float64Array(buffer);
    case "i1":
      return new Int8Array(buffer);
    case "i2":
      return new Int16Array(buffer);
    case "i4":
      return new Int32Array(buffer);
    case "u1":
      return raw;
    case "u2":
      return new Uint16Array(buffer);
    case "u4":
      return new Uint32Array(buffer);
    case "b1":
      for (let i = 0; i < raw.length; i++) raw[i] = raw[i] ? 1 : 0;
      return raw;
    case "i8":
    case "u8":
      return decodeWide(buffer, dtype === "i8", name);
  }
}

/** 64-bit integers as numbers, written over themselves. */
function decodeWide(buffer: ArrayBufferLike, signed: boolean, name: string): Float64Array {
  const low = new Uint32Array(buffer);
  const high = signed ? new Int32Array(buffer) : low;
  const out = new Float64Array(buffer);
  for (let i = 0; i < out.length; i++) {
    const upper = high[2 * i + 1];
    if (upper >= 0x200000 || upper < -0x200000) {
      const exact = signed ? new BigInt64Array(buffer)[i] : new BigUint64Array(buffer)[i];
      throw new FormatError(name, `contains ${String(exact)}, expected integers up to 2^53`);
    }
    out[i] = upper * 4294967296 + low[2 * i];
  }
  return out;
}

function swapBytes(raw: Uint8Array, itemSize: number): void {
  for (let start = 0; start < raw.length; start += itemSize) {
    for (let i = start, j = start + itemSize - 1; i < j; i++, j--) {
      const byte = raw[i];
      raw[i] = raw[j];
      raw[j] = byte;
    }
  }
}

/** Reorders column-major values of any number of dimensions. */
function toRowMajor(data: NpyData, shape: number[]): NpyData {
  if (shape.length < 2 || data.length === 0) return data;
  const out = data.slice();
  const last = shape.length - 1;
  const strides: number[] = [];
  let stride = 1;
  for (const size of shape) {
    strides.push(stride);
    stride *= size;
  }
  const place = new Array<number>(shape.length).fill(0);
  const width = shape[last];
  let from = 0;
  for (let to = 0; to < out.length; to += width) {
    for (let j = 0, at = from; j < width; j++, at += strides[last]) out[to + j] = data[at];
    for (let axis = last - 1; axis >= 0; axis--) {
      from += strides[axis];
      if (++place[axis] < shape[axis]) break;
      from -= strides[axis] * shape[axis];
      place[axis] = 0;
    }
  }
  return out;
}

function allocate<T>(type: new (length: number) => T, length: number, name: string): T {
  try {
    return new type(length);
  } catch (cause) {
    throw new FormatError(name, `${length} values do not fit into memory at once`, { cause });
  }
}
