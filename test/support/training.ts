import { type Matrix, createMatrix, createRandom, normalizeRows } from "../../src/core/index.js";

/** Embeddings [rows, d] that are sparse sums of `directions` hidden directions, so that an SAE has something to find. */
export function sparseEmbeddings(rows: number, d: number, directions = 24, seed = 11): Matrix {
  const random = createRandom(seed);
  const hidden = createMatrix(directions, d);
  for (let i = 0; i < hidden.data.length; i++) hidden.data[i] = random() - 0.5;
  const units = normalizeRows(hidden);
  const out = createMatrix(rows, d);
  for (let i = 0; i < rows; i++) {
    for (let part = 0; part < 3; part++) {
      const direction = Math.floor(random() * directions) * d;
      const weight = 0.5 + random();
      for (let j = 0; j < d; j++) out.data[i * d + j] += weight * units.data[direction + j];
    }
  }
  return normalizeRows(out);
}
