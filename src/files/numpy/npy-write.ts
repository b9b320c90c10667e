import { createAtomicFile } from "../atomic-file.js";
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

/** Writes a matrix of unknown height row by row. Exactly one of `finish` and `abort` ends it. */
export interface NpyWriter {
  /** Adds whole rows [m, cols]. Throws RangeError for a part of a row or an i4 value that does not fit. */
  append(rows: Float32Array | Int32Array | Uint32Array): Promise<void>;
  /** Completes the file under its name and gives the number of rows. */
  finish(): Promise<number>;
  /** Leaves nothing behind. */
  abort(): Promise<void>;
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

/** Writes an array to an .npy file; the file appears only when it is complete. Throws as `encodeNpy` does. */
export async function writeNpy(path: string, content: NpyContent): Promise<void> {
  const bytes = encodeNpy(content);
  const file = await createAtomicFile(path);
  try {
    await file.write(bytes);
  } catch (error) {
    await file.abort();
    throw error;
  }
  await file.commit();
}

/** Opens an .npy file of `cols` columns to which rows are appended; it appears under `path` at `finish`. */
export async function createNpyWriter(
  path: string,
  { dtype, cols }: { dtype: NpyWriteDtype; cols: number },
): Promise<NpyWriter> {
  if (!Number.isInteger(cols) || cols < 1) {
    throw new RangeError(`npy: cols must be an integer above 0, got ${cols}`);
  }
  const file = await createAtomicFile(path);
  await file.write(encodeHeader(dtype, [0, cols]));
  let rows = 0;
  return {
    async append(values) {
      if (values.length % cols !== 0) {
        throw new RangeError(`npy: rows of ${cols} values expected, got ${values.length} values`);
      }
      const bytes = encodeValues(values, dtype);
      rows += values.length / cols;
      await file.write(bytes);
    },
    async finish() {
      try {
        const header = encodeHeader(dtype, [rows, cols]);
        await file.writeAt(header, 0);
      } catch (error) {
        await file.abort();
        throw error;
      }
      await file.commit();
      return rows;
    },
    abort: () => file.abort(),
  };
}

function encodeHeader(dtype: NpyWriteDtype, shape: readonly number[]): Uint8Array {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const dict = `{'descr': '<${dtype}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const spare = shape.length > 0 ? rowDigits - String(shape[0]).length : 0;
  const padded = Math.ceil((10 + dict.length + spare + 1) / alignment) * alignment;
  const bytes = Buffer.alloc(padded, " ");
  bytes.write("\x93NUMPY\x01\x00", 0, "latin1");
  bytes.writeUInt16LE(padded - 10, 8);
  bytes.write(dict, 10, "latin1");
  bytes.write("\n", padded - 1, "latin1");
  return bytes;
}

function encodeValues(data: NpyContent["data"], dtype: NpyWriteDtype): Uint8Array {
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

function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}
