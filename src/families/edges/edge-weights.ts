import { wilsonInterval } from "../../core/statistics.js";
import { dot, matrixRow, rowNorms } from "../../core/matrix.js";
import type { Matrix } from "../../core/matrix.js";

/** Two latents with what an edge weight may depend on. */
export interface LatentPair {
  i: number;
  j: number;
  /** Documents in which latent i is active. */
  countI: number;
  /** Documents in which latent j is active. */
  countJ: number;
  /** Documents in which both are active, from 1. */
  together: number;
  /** Cosine of the two latents' activations. */
  cosine: number;
  /** All documents. */
  documents: number;
}

/**
 * How strongly two latents belong together; a higher weight is a stronger edge. It must be the same for (j, i) as for
 * (i, j). The same object is reused for every pair, so that nothing may keep it.
 */
export type EdgeWeight = (pair: LatentPair) => number;

/**
 * An edge weight by name. With C the documents that the two latents share, f the documents of one, N all documents,
 * and D the cosine of activations:
 *
 * - `wilson-cosine`: geometric mean of D and of Wilson's lower bound of C / (smaller f), so that a few shared documents
 *   of a rare latent count for less; from 0 to 1
 * - `paper-share`: C / (smaller f + 1), the larger of the two directions of the paper's code; from 0 to 1
 * - `npmi`: log(C N / (f_i f_j)) / -log(C / N), from -1 (never together) to 1 (always)
 * - `jaccard`: C / (f_i + f_j - C), from 0 to 1
 * - `activation-cosine`: D
 * - `decoder-cosine`: cosine of the two decoder directions, from -1 to 1; needs `decoder`
 */
export type EdgeWeightName = (typeof EDGE_WEIGHTS)[number];

/** The names of edge weights, the default first. */
export const EDGE_WEIGHTS = [
  "wilson-cosine",
  "paper-share",
  "npmi",
  "jaccard",
  "activation-cosine",
  "decoder-cosine",
] as const;

/**
 * The weight of that name; a function is returned as it is. Throws RangeError for an unknown name, TypeError for
 * `decoder-cosine` without a decoder.
 */
export function edgeWeight(
  weight: EdgeWeightName | EdgeWeight,
  { decoder }: { decoder?: Matrix } = {},
): EdgeWeight {
  if (typeof weight === "function") return weight;
  switch (weight) {
    case "wilson-cosine":
      return wilsonCosine;
    case "paper-share":
      return ({ together, countI, countJ }) => together / (Math.min(countI, countJ) + 1);
    case "npmi":
      return normalizedPmi;
    case "jaccard":
      return ({ together, countI, countJ }) => together / (countI + countJ - together);
    case "activation-cosine":
      return ({ cosine }) => cosine;
    case "decoder-cosine":
      return decoderCosine(decoder);
  }
  throw new RangeError(
    `edge weight: expected one of ${EDGE_WEIGHTS.join(", ")} or a function, got ${String(weight)}`,
  );
}

function wilsonCosine({ together, countI, countJ, cosine }: LatentPair): number {
  const [bound] = wilsonInterval(together, Math.min(countI, countJ), 1);
  return bound > 0 ? Math.sqrt(bound * Math.max(0, cosine)) : 0;
}

function normalizedPmi({ together, countI, countJ, documents }: LatentPair): number {
  if (together <= 0) return -1;
  if (together >= documents) return 1;
  return Math.log((together * documents) / (countI * countJ)) / Math.log(documents / together);
}

function decoderCosine(decoder: Matrix | undefined): EdgeWeight {
  if (decoder === undefined) {
    throw new TypeError("edge weight decoder-cosine: expected a decoder, got none");
  }
  const norms = rowNorms(decoder);
  return ({ i, j }) => {
    const length = norms[i] * norms[j];
    return length > 0 ? dot(matrixRow(decoder, i), matrixRow(decoder, j)) / length : 0;
  };
}
