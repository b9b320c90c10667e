import { type Matrix, createMatrix, createRandom, matrixRow } from "../../src/core/index.js";

/**
 * Seeded rows that make a search hard [rows, d]: a shared offset as real embeddings have, lengths from 1e-20 to 1e20,
 * twins, near-twins a rounding apart, rows of zeros, rows with one large number, and rows that are not finite.
 */
export function hardRows(rows: number, d: number, seed: number): Matrix {
  const random = createRandom(seed);
  const out = createMatrix(rows, d);
  const offset = Float64Array.from({ length: d }, () => random() - 0.5);
  for (let i = 0; i < rows; i++) {
    const row = matrixRow(out, i);
    const length = 10 ** (random() < 0.2 ? 40 * random() - 20 : 0);
    for (let j = 0; j < d; j++) row[j] = length * (offset[j] + random() - 0.5);
    const kind = Math.floor(16 * random());
    const other = matrixRow(out, Math.floor(i * random()));
    if (kind < 2) row.set(other);
    else if (kind < 5)
      for (let j = 0; j < d; j++) row[j] = other[j] * (1 + 1e-7 * (random() - 0.5));
    else if (kind === 5) row.fill(0);
    else if (kind === 6) row[Math.floor(d * random())] = 30 * length;
    else if (kind === 7 && random() < 0.5)
      row[Math.floor(d * random())] = [NaN, Infinity, -Infinity][i % 3];
  }
  return out;
}
