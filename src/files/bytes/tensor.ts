import { FormatError } from "../../core/errors.js";
import { decodeBfloat16, decodeFloat16 } from "./half.js";

/** Bytes of one value of each element type, as stored. */
export const tensorItemSizes = {
  float64: 8,
  float32: 4,
  float16: 2,
  bfloat16: 2,
  int64: 8,
  int32: 4,
  int16: 2,
  int8: 1,
  uint64: 8,
  uint32: 4,
  uint16: 2,
  uint8: 1,
  bool: 1,
} as const;

/** Element type of a tensor, as PyTorch names it. */
export type TensorDtype = keyof typeof tensorItemSizes;

/** Values of a tensor. float16 and bfloat16 come as float32, booleans as 0 and 1, 64-bit integers as bigint. */
export type TensorData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array;

/** A dense array of any shape, row-major. `dtype` is the type that it was stored in. */
export interface Tensor {
  shape: number[];
  dtype: TensorDtype;
  data: TensorData;
}

/** Whether a value read from a checkpoint is a tensor. */
export function isTensor(value: unknown): value is Tensor {
  return (
    typeof value === "object" &&
    value !== null &&
    "dtype" in value &&
    "shape" in value &&
    "data" in value &&
    ArrayBuffer.isView(value.data)
  );
}

/** Values of a tensor as float32; not copied where they are float32 already. 64-bit integers are rounded. */
export function tensorToFloat32({ data }: Tensor): Float32Array {
  if (data instanceof Float32Array) return data;
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    const out = new Float32Array(data.length);
    for (let i = 0; i < out.length; i++) out[i] = Number(data[i]);
    return out;
  }
  return Float32Array.from(data);
}

/** Number of values of a shape. Throws FormatError, naming `path`, unless the sizes are integers from 0 on. */
export function countValues(shape: readonly unknown[], path: string): number {
  let count = 1;
  for (const size of shape) {
    if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0) {
      throw new FormatError(
        path,
        `a tensor's sizes must be integers from 0 on, got ${String(size)}`,
      );
    }
    count *= size;
  }
  // A size of 0 makes an empty tensor, however large the others are.
  if (shape.includes(0)) return 0;
  if (!Number.isSafeInteger(count * 8)) {
    throw new FormatError(path, `a tensor of shape (${shape.join(", ")}) is too large`);
  }
  return count;
}

/**
 * The little-endian values in `raw` as an array; `raw` must start at a multiple of its item size within its buffer,
 * which the result may share. Trailing bytes that make no whole value are left out.
 */
export function decodeTensorData(raw: Uint8Array, dtype: TensorDtype): TensorData {
  const { buffer, byteOffset } = raw;
  const count = Math.floor(raw.length / tensorItemSizes[dtype]);
  switch (dtype) {
    case "float64":
      return new Float64Array(buffer, byteOffset, count);
    case "float32":
      return new Float32Array(buffer, byteOffset, count);
    case "float16": {
      const out = new Float32Array(count);
      decodeFloat16(new Uint16Array(buffer, byteOffset, count), out);
      return out;
    }
    case "bfloat16": {
      const out = new Float32Array(count);
      decodeBfloat16(new Uint16Array(buffer, byteOffset, count), out);
      return out;
    }
    case "int64":
      return new BigInt64Array(buffer, byteOffset, count);
    case "int32":
      return new Int32Array(buffer, byteOffset, count);
    case "int16":
      return new Int16Array(buffer, byteOffset, count);
    case "int8":
      return new Int8Array(buffer, byteOffset, count);
    case "uint64":
      return new BigUint64Array(buffer, byteOffset, count);
    case "uint32":
      return new Uint32Array(buffer, byteOffset, count);
    case "uint16":
      return new Uint16Array(buffer, byteOffset, count);
    case "uint8":
      return raw;
    case "bool":
      return raw.map((byte) => (byte ? 1 : 0));
  }
}
