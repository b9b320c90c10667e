import type { Postings } from "../core/codes.js";
import { type Matrix, dot, matrixRow } from "../core/matrix.js";
import type { Sae } from "../sae/sae.js";
import { postingsOf } from "../core/postings.js";

/** Directions by latent [d]. */
export type LatentDirections = (latent: number) => ArrayLike<number>;

/**
 * Directions half of the decoder and half of the documents: the sum of a latent's decoder direction and of that from
 * the mean document to the documents in which it is active, weighted by their activations, both at unit length; scaled
 * to the decoder direction's length. Where a latent is active in none it is the decoder direction. Documents, at unit
 * length, are `embeddings` [N, d] in the order of the postings; `accept` leaves some out. Each is computed once, when it
 * is requested. Throws RangeError where numbers of documents differ.
 */
export function documentDirections(
  { decoder }: Sae,
  embeddings: Matrix,
  postings: Postings,
  { accept = () => true }: { accept?: (row: number) => boolean } = {},
): LatentDirections {
  if (embeddings.rows !== postings.documents) {
    throw new RangeError(
      `documentDirections: ${embeddings.rows} embeddings, but codes of ${postings.documents} documents`,
    );
  }
  const rows = Uint32Array.from({ length: embeddings.rows }, (_, row) => row).filter(accept);
  const middle = weightedMean(embeddings, rows, new Float32Array(rows.length).fill(1));
  const known = new Map<number, Float64Array>();
  const find = (latent: number): Float64Array => {
    const own = matrixRow(decoder, latent);
    const { rows: active, values } = postingsOf(postings, latent);
    const mean = weightedMean(
      embeddings,
      active.filter(accept),
      values.filter((_, at) => accept(active[at])),
    );
    if (!mean || !middle) return Float64Array.from(own);
    const towards = unit(mean.map((value, j) => value - middle[j]));
    const sum = unit(unit(own).map((value, j) => value + towards[j]));
    const length = Math.sqrt(dot(own, own));
    return sum.map((value) => value * length);
  };
  return (latent) => {
    let direction = known.get(latent);
    if (!direction) known.set(latent, (direction = find(latent)));
    return direction;
  };
}

/** Mean of the rows at unit length; undefined where nothing has weight. */
function weightedMean(
  embeddings: Matrix,
  rows: ArrayLike<number>,
  weights: ArrayLike<number>,
): Float64Array | undefined {
  const out = new Float64Array(embeddings.cols);
  let total = 0;
  for (let i = 0; i < rows.length; i++) {
    const row = matrixRow(embeddings, rows[i]);
    const length = Math.sqrt(dot(row, row));
    if (!(length > 0 && length < Infinity)) continue;
    total += weights[i];
    for (let j = 0; j < out.length; j++) out[j] += (weights[i] * row[j]) / length;
  }
  return total > 0 ? out.map((value) => value / total) : undefined;
}

function unit(vector: ArrayLike<number>): Float64Array {
  const length = Math.sqrt(dot(vector, vector));
  return Float64Array.from(vector, (value) => (length > 0 ? value / length : 0));
}
