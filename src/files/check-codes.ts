import { FormatError } from "../core/errors.js";

/** Throws FormatError, naming `path`, where an index is n or more or comes twice in a row of k. */
export function checkIndices(indices: Uint32Array, k: number, n: number, path: string): void {
  const lastRow = new Uint32Array(n);
  for (let i = 0; i < indices.length; i++) {
    const row = Math.floor(i / k);
    const latent = indices[i];
    if (latent >= n)
      throw new FormatError(path, `row ${row} names latent ${latent}, but n is ${n}`);
    if (lastRow[latent] === row + 1) {
      throw new FormatError(path, `row ${row} names latent ${latent} twice`);
    }
    lastRow[latent] = row + 1;
  }
}

/** Numbers that may be anything as indices. Throws FormatError as checkIndices does, and where one is no index. */
export function indicesOf(
  numbers: ArrayLike<number>,
  k: number,
  n: number,
  path: string,
): Uint32Array {
  const indices = Uint32Array.from(numbers);
  const at = indices.findIndex((latent, i) => latent !== numbers[i]);
  if (at >= 0) {
    throw new FormatError(
      path,
      `row ${Math.floor(at / k)} names latent ${numbers[at]}, but n is ${n}`,
    );
  }
  checkIndices(indices, k, n, path);
  return indices;
}

/** Throws FormatError, naming `path`, where a value is not finite. */
export function checkValues(values: Float32Array, k: number, path: string): void {
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) {
      throw new FormatError(path, `row ${Math.floor(i / k)} contains ${values[i]}`);
    }
  }
}
