import { type Matrix, createMatrix, createRandom, dot, matrixRow } from "../../src/core/index.js";
import type { Engine, Neighbours } from "../../src/engine/index.js";

/** Exact nearest rows in plain loops, ties by lower row: the part of an engine that maps need. */
export const plainEngine: Pick<Engine, "nearest"> = {
  nearest(queries: Matrix, base: Matrix, count: number): Promise<Neighbours> {
    const indices = new Uint32Array(queries.rows * count);
    const scores = new Float32Array(queries.rows * count);
    for (let q = 0; q < queries.rows; q++) {
      const all = Float32Array.from({ length: base.rows }, (_, i) =>
        dot(matrixRow(queries, q), matrixRow(base, i)),
      );
      const best = Array.from(all.keys()).sort((a, b) => all[b] - all[a] || a - b);
      for (let s = 0; s < count; s++) {
        indices[q * count + s] = best[s];
        scores[q * count + s] = all[best[s]];
      }
    }
    return Promise.resolve({ rows: queries.rows, count, indices, scores });
  },
};

/** Points around `clusters` seeded centres, row i in cluster i % clusters [rows, cols]. */
export function clusteredPoints(
  rows: number,
  cols: number,
  clusters: number,
  { spread = 0.5, seed = 1 }: { spread?: number; seed?: number } = {},
): Matrix {
  const random = createRandom(seed);
  const normal = (): number =>
    Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const centres = Array.from({ length: clusters * cols }, normal);
  const points = createMatrix(rows, cols);
  for (let at = 0; at < points.data.length; at++) {
    const cluster = Math.floor(at / cols) % clusters;
    points.data[at] = centres[cluster * cols + (at % cols)] + spread * normal();
  }
  return points;
}
