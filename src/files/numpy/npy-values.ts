import { FormatError } from "../../core/errors.js";
import { decodeFloat16 } from "../bytes/half.js";
import type { NpyHeader } from "./npy-header.js";

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

/**
 * The values of `raw`, which must start its buffer: its memory is reused, and byte-swapped in place, where that saves a copy.
 */
export function decodeValues(raw: Uint8Array, header: NpyHeader, name: string): NpyData {
  const { dtype, itemSize } = header;
  const { buffer } = raw;
  const count = raw.length / itemSize;
  if (header.bigEndian) swapBytes(raw, itemSize);
  switch (dtype) {
    case "f2": {
      const out = new Float32Array(count);
      decodeFloat16(new Uint16Array(buffer, 0, count), out);
      return out;
    }
    case "f4":
      return new Float32Array(buffer, 0, count);
    case "f8":
      return new Float64Array(buffer, 0, count);
    case "i1":
      return new Int8Array(buffer, 0, count);
    case "i2":
      return new Int16Array(buffer, 0, count);
    case "i4":
      return new Int32Array(buffer, 0, count);
    case "u1":
      return raw;
    case "u2":
      return new Uint16Array(buffer, 0, count);
    case "u4":
      return new Uint32Array(buffer, 0, count);
    case "b1":
      for (let i = 0; i < raw.length; i++) raw[i] = raw[i] ? 1 : 0;
      return raw;
    case "i8":
    case "u8":
      return decodeWide(buffer, count, dtype === "i8", name);
  }
}

/** Writes the values of `raw`, as decodeValues takes it, to `target` from `at` on. */
export function decodeFloats(
  raw: Uint8Array,
  header: NpyHeader,
  name: string,
  target: Float32Array,
  at: number,
): void {
  if (header.dtype === "f2" && !header.bigEndian) {
    decodeFloat16(new Uint16Array(raw.buffer, 0, raw.length / 2), target, at);
  } else target.set(decodeValues(raw, header, name), at);
}

/** Fills `out` with the little-endian 64-bit integers of `raw`; false where one of them takes more than 32 bits. */
export function narrowWide(raw: Uint8Array, out: Uint32Array): boolean {
  const words = new Uint32Array(raw.buffer, raw.byteOffset, 2 * out.length);
  let high = 0;
  let i = 0;
  for (let j = 0; i + 4 <= out.length; i += 4, j += 8) {
    out[i] = words[j];
    out[i + 1] = words[j + 2];
    out[i + 2] = words[j + 4];
    out[i + 3] = words[j + 6];
    high |= words[j + 1] | words[j + 3] | words[j + 5] | words[j + 7];
  }
  for (; i < out.length; i++) {
    out[i] = words[2 * i];
    high |= words[2 * i + 1];
  }
  return high === 0;
}

/** 64-bit integers as numbers, written over themselves. */
function decodeWide(
  buffer: ArrayBufferLike,
  count: number,
  signed: boolean,
  name: string,
): Float64Array {
  const low = new Uint32Array(buffer);
  const high = signed ? new Int32Array(buffer) : low;
  const out = new Float64Array(buffer, 0, count);
  for (let i = 0; i < count; i++) {
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
export function toRowMajor(data: NpyData, shape: number[]): NpyData {
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

export function allocate<T>(type: new (length: number) => T, length: number, name: string): T {
  try {
    return new type(length);
  } catch (cause) {
    throw new FormatError(name, `${length} values do not fit into memory at once`, { cause });
  }
}
