import { type Tensor, tensorToFloat32 } from "../../files/bytes/tensor.js";
import { FormatError } from "../../core/errors.js";
import { listed } from "../../core/shown.js";
import { type Matrix, createMatrix, transpose } from "../../core/matrix.js";
import type { RawCheckpoint, TensorSummary } from "./raw.js";

/** The tensors of a checkpoint; what is taken is checked, what is left over can be listed. */
export interface TensorBag {
  readonly path: string;
  has(name: string): boolean;
  /** A vector of this length, or of any where none is given. */
  vector(name: string, length?: number): Float32Array;
  /** A matrix as it is stored [rows, cols]; sizes that are not given may be any. */
  matrix(name: string, rows?: number, cols?: number): Matrix;
  /** The transpose of a matrix that is stored [cols, rows]. */
  transposed(name: string, rows?: number, cols?: number): Matrix;
  /** A tensor of one value. */
  scalar(name: string): number;
  /** Leaves tensors out on purpose; they count as ignored. */
  ignore(...names: string[]): void;
  /** Tensors that were taken by nothing. */
  unused(): TensorSummary[];
}

export function createBag({ path, tensors }: RawCheckpoint): TensorBag {
  const taken = new Set<string>();
  const take = (name: string): Tensor => {
    const tensor = tensors.get(name);
    if (tensor === undefined) {
      throw new FormatError(path, `expected the tensor ${name}, found ${listed(tensors.keys())}`);
    }
    taken.add(name);
    return tensor;
  };
  const values = (name: string, tensor: Tensor): Float32Array => {
    const data = tensorToFloat32(tensor);
    for (let i = 0; i < data.length; i++) {
      if (!Number.isFinite(data[i]))
        throw new FormatError(path, `${name} contains NaN or Infinity`);
    }
    return data;
  };
  const matrix = (name: string, rows?: number, cols?: number): Matrix => {
    const tensor = take(name);
    const [r, c] = tensor.shape;
    const fits = tensor.shape.length === 2 && r === (rows ?? r) && c === (cols ?? c) && r * c > 0;
    if (!fits) throw wrongShape(path, name, tensor, [rows, cols]);
    return createMatrix(r, c, values(name, tensor));
  };
  return {
    path,
    has: (name) => tensors.has(name),
    vector(name, length) {
      const tensor = take(name);
      const fits = tensor.shape.length === 1 && tensor.shape[0] === (length ?? tensor.shape[0]);
      if (!fits) throw wrongShape(path, name, tensor, [length]);
      return values(name, tensor);
    },
    matrix,
    transposed: (name, rows, cols) => transpose(matrix(name, cols, rows)),
    scalar(name) {
      const tensor = take(name);
      if (tensor.data.length !== 1) throw wrongShape(path, name, tensor, []);
      return Number(tensor.data[0]);
    },
    ignore: (...names) => names.forEach((name) => taken.add(name)),
    unused: () =>
      [...tensors]
        .filter(([name]) => !taken.has(name))
        .map(([name, { shape, dtype }]) => ({ name, shape, dtype })),
  };
}

function wrongShape(
  path: string,
  name: string,
  { shape }: Tensor,
  expected: readonly (number | undefined)[],
): FormatError {
  const wanted = expected.map((size) => size ?? "any").join(", ");
  return new FormatError(path, `${name} has shape (${shape.join(", ")}), expected (${wanted})`);
}
