import { FormatError } from "../../core/errors.js";
import type { Matrix } from "../../core/matrix.js";

/** The places, or a FormatError unless there are as many. */
export function checkPlaces(places: Matrix, rows: number, file: string): Matrix {
  if (places.rows === rows && places.cols === 2) return places;
  throw new FormatError(file, `expected (${rows}, 2), got (${places.rows}, ${places.cols})`);
}

/** The rows, or a FormatError unless they are those of latents 0 to n - 1, in order. */
export function checkComplete<T>(
  rows: T[],
  latentOf: (row: T) => number,
  n: number,
  file: string,
): T[] {
  const wrong = rows.findIndex((row, at) => latentOf(row) !== at);
  if (wrong >= 0) {
    throw new FormatError(file, `expected latent ${wrong}, got ${latentOf(rows[wrong])}`);
  }
  if (rows.length === n) return rows;
  throw new FormatError(file, `expected ${n} latents, got ${rows.length}`);
}
