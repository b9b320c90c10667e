import { bytesOf } from "../../core/bytes.js";
import { encodeFloat16 } from "../bytes/half.js";

/** NumPy leaves room for the row count to grow to this many digits; so do these files, byte for byte. */
const rowDigits = 21;
const alignment = 64;

/** Types that are written, little-endian: float16, float32, int32. */
export type NpyWriteDtype = "f2" | "f4" | "i4";

/** An array to write: `data` is row-major and as long as the product of `shape`. */
export interface NpyContent {
  shape: readonly number[];
  data: Float32Array | Float64Array | Int32Array | Uint32Array | readonly number[];
  dtype: NpyWriteDtype;
}

/**
 * An array as the bytes of an .npy file (version 1, little-endian, C order), as NumPy 2 writes them. Throws RangeError
 * if data and shape disagree, or if a value is no 32-bit integer where dtype is i4.
 */
export function encodeNpy({ shape, data, dtype }: NpyContent): Uint8Array {
  const count = shape.reduce((product, size) => product * size, 1);
  if (count !== data.length) {
    throw new RangeError(
      `npy: shape (${shape.join(", ")}) needs ${count} values, got ${data.length}`,
    );
  }
  const header = encodeHeader(dtype, shape);
  const values = encodeValues(data, dtype);
  const out = new Uint8Array(header.length + values.length);
  out.set(header);
  out.set(values, header.length);
  return out;
}

/** The header of an .npy file of `shape`, with room for more rows. */
export function encodeHeader(dtype: NpyWriteDtype, shape: readonly number[]): Uint8Array {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const dict = `{'descr': '<${dtype}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const spare = shape.length > 0 ? rowDigits - String(shape[0]).length : 0;
  const padded = Math.ceil((10 + dict.length + spare + 1) / alignment) * alignment;
  const size = String.fromCharCode((padded - 10) % 256, Math.floor((padded - 10) / 256));
  const text = `\x93NUMPY\x01\x00${size}${dict}`.padEnd(padded - 1, " ");
  return Uint8Array.from(`${text}\n`, (character) => character.charCodeAt(0));
}

/** The values of an .npy file. Throws RangeError for an i4 value that is no 32-bit integer. */
export function encodeValues(data: NpyContent["data"], dtype: NpyWriteDtype): Uint8Array {
  switch (dtype) {
    case "f2":
      return bytesOf(encodeFloat16(data));
    case "f4":
      return bytesOf(data instanceof Float32Array ? data : Float32Array.from(data));
    case "i4":
      if (data instanceof Int32Array) return bytesOf(data);
      for (let i = 0; i < data.length; i++) {
        if (data[i] !== (data[i] | 0)) {
          throw new RangeError(`npy: value ${i} must be a 32-bit integer for i4, got ${data[i]}`);
        }
      }
      return bytesOf(Int32Array.from(data));
  }
}
