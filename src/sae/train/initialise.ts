import {
  type Matrix,
  createMatrix,
  matrixRows,
  normalizeRows,
  transpose,
} from "../../core/matrix.js";
import { createRandom } from "../../core/random.js";
import { type Sae, createSae } from "../sae.js";

const MEDIAN_ROWS = 10_000;

/** How an SAE starts. */
export interface InitialiseOptions {
  /** Latents kept per document. */
  k: number;
  /** Number of latents. */
  n: number;
  /** Seed of the decoder's directions. Default 0. */
  seed?: number;
}

/**
 * An untrained SAE for embeddings [N, d], as the paper's code starts one: pre-bias the coordinate-wise lower median of
 * the first 10,000 rows, decoder directions uniform (Xavier) and of unit length, encoder equal to the decoder,
 * latent bias 0.
 */
export function initialiseSae(embeddings: Matrix, { k, n, seed = 0 }: InitialiseOptions): Sae {
  const d = embeddings.cols;
  const random = createRandom(seed);
  const bound = Math.sqrt(6 / (n + d));
  const drawn = createMatrix(n, d);
  for (let i = 0; i < drawn.data.length; i++) drawn.data[i] = (2 * random() - 1) * bound;
  const decoder = normalizeRows(drawn);
  const encoder = createMatrix(n, d, decoder.data.slice());
  const preBias = lowerMedians(matrixRows(embeddings, 0, Math.min(MEDIAN_ROWS, embeddings.rows)));
  return createSae({ k, encoder, decoder, preBias, latentBias: new Float32Array(n) });
}

/** Median of every column, the lower of the middle two where the count is even, as torch.median takes it [cols]. */
function lowerMedians(matrix: Matrix): Float32Array {
  const columns = transpose(matrix);
  const medians = new Float32Array(matrix.cols);
  for (let j = 0; j < matrix.cols; j++) {
    const column = matrixRows(columns, j, j + 1).data.sort();
    medians[j] = column[(matrix.rows - 1) >> 1];
  }
  return medians;
}
