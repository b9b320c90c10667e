import { FormatError } from "../../core/errors.js";
import { countValues, decodeTensorData, tensorItemSizes } from "../bytes/tensor.js";
import type { TensorData, TensorDtype } from "../bytes/tensor.js";

/** Values of a tile's side: two tiles of float32 stay in a core's cache. */
const tile = 64;

/** A tensor's place in its storage, in values. */
export interface StridedLayout {
  dtype: TensorDtype;
  offset: number;
  shape: number[];
  strides: number[];
}

/** Bytes that tensors may still take beyond their storages. A view with strides of 0 can claim any amount. */
export interface CopyBudget {
  bytes: number;
}

type Words = Uint8Array | Uint16Array | Uint32Array | BigUint64Array;

/**
 * The values of a tensor, row-major, from its storage's bytes: a view of them where they lie in that order and need no
 * conversion, else a copy. `raw` must start a buffer. Throws FormatError, naming `path`, if the tensor leaves its
 * storage or the copy exceeds the budget.
 */
export function readStrided(
  raw: Uint8Array,
  layout: StridedLayout,
  budget: CopyBudget,
  path: string,
): TensorData {
  const { dtype, offset, shape, strides } = layout;
  const itemSize = tensorItemSizes[dtype];
  const count = countValues(shape, path);
  if (count === 0) return decodeTensorData(new Uint8Array(0), dtype);
  const held = Math.floor(raw.length / itemSize);
  const last = shape.reduce((sum, size, i) => sum + (size - 1) * strides[i], offset);
  if (!(last < held)) {
    throw new FormatError(
      path,
      `a tensor of shape (${shape.join(", ")}) and strides (${strides.join(", ")}) from value ${offset} on leaves its storage of ${held} values`,
    );
  }
  const isOrdered = isRowMajor(shape, strides);
  const isConverted = dtype === "float16" || dtype === "bfloat16" || dtype === "bool";
  if (!isOrdered || isConverted) budget.bytes -= count * Math.max(4, itemSize);
  if (budget.bytes < 0) {
    throw new FormatError(
      path,
      `its tensors take far more memory than the file, the last with shape (${shape.join(", ")}) and strides (${strides.join(", ")})`,
    );
  }
  const values = isOrdered
    ? raw.subarray(offset * itemSize, (offset + count) * itemSize)
    : gather(raw, layout, count);
  return decodeTensorData(values, dtype);
}

function isRowMajor(shape: number[], strides: number[]): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] === 1) continue;
    if (strides[axis] !== expected) return false;
    expected *= shape[axis];
  }
  return true;
}

function gather(raw: Uint8Array, layout: StridedLayout, count: number): Uint8Array {
  const itemSize = tensorItemSizes[layout.dtype];
  const out = new Uint8Array(count * itemSize);
  const from = wordsOf(raw, itemSize);
  const to = wordsOf(out, itemSize);
  const shape = [1, ...layout.shape];
  const strides = [0, ...layout.strides];
  const [rows, cols] = shape.slice(-2);
  const steps = strides.slice(-2);
  const place = new Array<number>(shape.length).fill(0);
  let source = layout.offset;
  for (let target = 0; target < count; target += rows * cols) {
    copyPlane(from, source, to, target, rows, cols, steps);
    for (let axis = shape.length - 3; axis >= 0; axis--) {
      source += strides[axis];
      if (++place[axis] < shape[axis]) break;
      source -= strides[axis] * shape[axis];
      place[axis] = 0;
    }
  }
  return out;
}

/** Copies in tiles, since one of the two sides is read or written across its rows; tile below tile, each column by column. */
function copyPlane(
  from: Words,
  source: number,
  to: Words,
  target: number,
  rows: number,
  cols: number,
  [down, across]: number[],
): void {
  for (let j0 = 0; j0 < cols; j0 += tile) {
    const j1 = Math.min(cols, j0 + tile);
    for (let i0 = 0; i0 < rows; i0 += tile) {
      const end = Math.min(rows, i0 + tile) * cols;
      for (let j = j0; j < j1; j++) {
        let at = source + i0 * down + j * across;
        for (let i = i0 * cols; i < end; i += cols, at += down) to[target + i + j] = from[at];
      }
    }
  }
}

function wordsOf(raw: Uint8Array, itemSize: number): Words {
  const { buffer, byteOffset } = raw;
  const count = Math.floor(raw.length / itemSize);
  if (itemSize === 1) return raw;
  if (itemSize === 2) return new Uint16Array(buffer, byteOffset, count);
  if (itemSize === 4) return new Uint32Array(buffer, byteOffset, count);
  return new BigUint64Array(buffer, byteOffset, count);
}
