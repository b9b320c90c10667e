import { type Matrix, createMatrix, matrixRow, normalizeRows } from "../core/matrix.js";
import { createRandom, drawNormal } from "../core/random.js";
import type { Engine, NearestOptions } from "../engine/engine.js";

/** Rows that make one random direction: enough for sums to be normal, few enough to be cheap. */
const ROWS_A_DRAW = 64;

/** What a match is compared with: directions that share nothing with the other SAE but its spectrum. */
export interface MatchNull {
  /** Largest cosine that random directions reach with a latent of the other SAE, ascending [draws]. */
  cosines: Float32Array;
  /** The quantile of those that counts as a match. */
  threshold: number;
}

/** How the null is drawn. */
export interface NullOptions extends NearestOptions {
  /** Random directions. Default 2,000. */
  draws?: number;
  /** Share of random directions that stay below the threshold. Default 0.99. */
  quantile?: number;
  /** Default 0. */
  seed?: number;
}

/**
 * Chance level of a match to `target` [n, d]: the largest cosine that random directions with the second moment of
 * `source`'s rows reach. A latent above the threshold is recurrent, one below it novel.
 */
export async function matchNull(
  source: Matrix,
  target: Matrix,
  engine: Pick<Engine, "nearest">,
  { draws = 2000, quantile = 0.99, seed = 0, ...options }: NullOptions = {},
): Promise<MatchNull> {
  if (!(draws >= 1 && quantile > 0 && quantile < 1)) {
    throw new RangeError(
      `match: expected draws from 1 and a quantile in (0, 1), got ${draws}, ${quantile}`,
    );
  }
  const directions = randomDirections(normalizeRows(source), draws, seed);
  const { scores } = await engine.nearest(directions, normalizeRows(target), 1, options);
  const cosines = scores.slice().sort();
  return { cosines, threshold: cosines[Math.min(draws - 1, Math.floor(quantile * draws))] };
}

/** Unit directions, each a sum of randomly weighted random rows: their expected second moment is that of the rows. */
function randomDirections(rows: Matrix, draws: number, seed: number): Matrix {
  const random = createRandom(seed);
  const out = createMatrix(draws, rows.cols);
  for (let i = 0; i < draws; i++) {
    const target = matrixRow(out, i);
    for (let j = 0; j < ROWS_A_DRAW; j++) {
      const row = matrixRow(rows, Math.floor(random() * rows.rows));
      const weight = drawNormal(random);
      for (let c = 0; c < row.length; c++) target[c] += weight * row[c];
    }
  }
  return normalizeRows(out);
}
