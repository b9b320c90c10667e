import { type Codes, invertCodes } from "../../core/codes.js";
import { type Matrix, matrixRow } from "../../core/matrix.js";

/** What edges are tested on. */
export interface EdgeHelpInputs {
  codes: Codes;
  /** What was encoded, as the encoder takes it [N, d]. */
  embeddings: Matrix;
  /** Decoder directions [n, d]. */
  decoder: Matrix;
  /** Added after the decoder [d]. */
  bias: Float32Array;
}

/**
 * How much each child helps to reconstruct what its parent leaves, beyond what any active latent does [edges]: over the documents of
 * both, the share of the squared error of the parent's decode alone that the child's activation takes away, less the mean share that the
 * document's other latents do. Where it is 0 or less the two only co-occur. 0 without a document of both.
 */
export function edgeHelp(
  { from, to }: { from: ArrayLike<number>; to: ArrayLike<number> },
  { codes, embeddings, decoder, bias }: EdgeHelpInputs,
): Float32Array {
  const { offsets, rows, values } = invertCodes(codes, { skipZeros: true });
  const help = new Float32Array(from.length);
  const left = new Float64Array(embeddings.cols);
  for (let e = 0; e < help.length; e++) {
    let [error, taken] = [0, 0];
    let [a, b] = [offsets[from[e]], offsets[to[e]]];
    while (a < offsets[from[e] + 1] && b < offsets[to[e] + 1]) {
      if (rows[a] < rows[b]) a++;
      else if (rows[a] > rows[b]) b++;
      else {
        const parent = matrixRow(decoder, from[e]);
        const row = matrixRow(embeddings, rows[a]);
        for (let j = 0; j < left.length; j++) {
          left[j] = row[j] - bias[j] - values[a] * parent[j];
          error += left[j] * left[j];
        }
        const others = othersTake(left, codes, rows[a], decoder, [from[e], to[e]]);
        taken += takes(left, matrixRow(decoder, to[e]), values[b]) - others;
        a++;
        b++;
      }
    }
    help[e] = error === 0 ? 0 : taken / error;
  }
  return help;
}

/** What of the squared length of `left` an activation takes away. */
function takes(left: Float64Array, direction: Float32Array, value: number): number {
  let [along, length] = [0, 0];
  for (let j = 0; j < left.length; j++) {
    along += left[j] * direction[j];
    length += direction[j] * direction[j];
  }
  return 2 * value * along - value * value * length;
}

/** The mean of what a document's active latents but `except` take away; 0 where there are none. */
function othersTake(
  left: Float64Array,
  { k, indices, values }: Codes,
  document: number,
  decoder: Matrix,
  except: readonly number[],
): number {
  let [sum, count] = [0, 0];
  for (let s = document * k; s < (document + 1) * k; s++) {
    if (values[s] === 0 || except.includes(indices[s])) continue;
    sum += takes(left, matrixRow(decoder, indices[s]), values[s]);
    count++;
  }
  return count === 0 ? 0 : sum / count;
}
