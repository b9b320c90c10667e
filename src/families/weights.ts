import { dot, matrixRow, rowNorms } from "../core/matrix.js";
import type { Matrix } from "../core/matrix.js";

/**
 * How strongly two latents belong together. Write C for the documents they share, f for the documents of one, N for
 * all, s = C / (smaller f), b = (larger f) / N, the share s has by chance, and D for the cosine of activations. All
 * are symmetric, and all but the decoder cosine need a shared document.
 *
 * - `reference-share`: C / (smaller f + 1), the larger of the reference's two directions
 * - `share`: s
 * - `wilson`: Wilson's lower bound of s, so that a few shared documents of a rare latent count for less
 * - `wilson-excess`: that bound minus b
 * - `wilson-lift`: that bound times log(s / b)
 * - `log-lift`: log(s / b), that is log(C N / (f_i f_j))
 * - `npmi`: log-lift divided by -log(C / N), from -1 (never together) to 1 (always)
 * - `npmi-lower`: the same with C lowered to what Wilson's bound allows
 * - `phi`: correlation of membership
 * - `membership-cosine`: C / sqrt(f_i f_j)
 * - `dice`: 2 C / (f_i + f_j)
 * - `jaccard`: C / (f_i + f_j - C)
 * - `activation-cosine`: D
 * - `wilson-cosine`, `excess-cosine`, `npmi-cosine`, `share-npmi`, `wilson-npmi`: geometric mean of the two named,
 *   0 where either is below 0
 * - `decoder-cosine`: cosine of the decoder directions; `npmi-decoder`: geometric mean with `npmi`
 */
export type EdgeWeight =
  | "reference-share"
  | "share"
  | "wilson"
  | "wilson-excess"
  | "wilson-lift"
  | "log-lift"
  | "npmi"
  | "npmi-lower"
  | "phi"
  | "membership-cosine"
  | "dice"
  | "jaccard"
  | "activation-cosine"
  | "wilson-cosine"
  | "excess-cosine"
  | "npmi-cosine"
  | "share-npmi"
  | "wilson-npmi"
  | "decoder-cosine"
  | "npmi-decoder";

/** What a weight may need beside the counts. */
export interface WeightOptions {
  /** Normal deviates of Wilson's bound. Default 1. */
  z?: number;
  /** Decoder directions [n, d], for the weights that name the decoder. */
  decoder?: Matrix;
}

/** Weight of latents i and j from C, their counts and D; the same for (j, i). */
export type PairWeight = (
  together: number,
  countI: number,
  countJ: number,
  cosine: number,
  i: number,
  j: number,
) => number;

/** Every weight by name, in the order of the documentation. */
export const EDGE_WEIGHTS: readonly EdgeWeight[] = [
  "reference-share",
  "share",
  "wilson",
  "wilson-excess",
  "wilson-lift",
  "log-lift",
  "npmi",
  "npmi-lower",
  "phi",
  "membership-cosine",
  "dice",
  "jaccard",
  "activation-cosine",
  "wilson-cosine",
  "excess-cosine",
  "npmi-cosine",
  "share-npmi",
  "wilson-npmi",
  "decoder-cosine",
  "npmi-decoder",
];

/**
 * The weight of that name over `documents` documents. Throws RangeError for an unknown name, TypeError where a
 * decoder weight has no decoder.
 */
export function createPairWeight(
  name: EdgeWeight,
  documents: number,
  { z = 1, decoder }: WeightOptions = {},
): PairWeight {
  const part = (of: EdgeWeight): PairWeight => createPairWeight(of, documents, { z, decoder });
  switch (name) {
    case "activation-cosine":
      return (_c, _fi, _fj, d) => d;
    case "wilson-cosine":
      return geometricMean(part("wilson"), part("activation-cosine"));
    case "excess-cosine":
      return geometricMean(part("wilson-excess"), part("activation-cosine"));
    case "npmi-cosine":
      return geometricMean(part("npmi"), part("activation-cosine"));
    case "share-npmi":
      return geometricMean(part("share"), part("npmi"));
    case "wilson-npmi":
      return geometricMean(part("wilson"), part("npmi"));
    case "decoder-cosine":
      return decoderCosine(decoder, name);
    case "npmi-decoder":
      return geometricMean(part("npmi"), decoderCosine(decoder, name));
  }
  const weight = countWeight(name, documents, z);
  if (weight !== undefined) return weight;
  throw new RangeError(
    `edge weight: expected one of ${EDGE_WEIGHTS.join(", ")}, got ${String(name)}`,
  );
}

/** The weights that counts alone give. */
function countWeight(name: EdgeWeight, N: number, z: number): PairWeight | undefined {
  switch (name) {
    case "reference-share":
      return (c, fi, fj) => c / (Math.min(fi, fj) + 1);
    case "share":
      return (c, fi, fj) => c / Math.min(fi, fj);
    case "wilson":
      return (c, fi, fj) => wilsonLower(c, Math.min(fi, fj), z);
    case "wilson-excess":
      return (c, fi, fj) => wilsonLower(c, Math.min(fi, fj), z) - Math.max(fi, fj) / N;
    case "wilson-lift":
      return (c, fi, fj) => wilsonLower(c, Math.min(fi, fj), z) * Math.log((c * N) / (fi * fj));
    case "log-lift":
      return (c, fi, fj) => Math.log((c * N) / (fi * fj));
    case "npmi":
      return (c, fi, fj) => normalizedPmi(c, fi, fj, N);
    case "npmi-lower":
      return (c, fi, fj) => {
        const fewer = Math.min(fi, fj);
        return normalizedPmi(wilsonLower(c, fewer, z) * fewer, fi, fj, N);
      };
    case "phi":
      return (c, fi, fj) => {
        const spread = Math.sqrt(fi * (N - fi) * fj * (N - fj));
        return spread > 0 ? (c * N - fi * fj) / spread : 0;
      };
    case "membership-cosine":
      return (c, fi, fj) => c / Math.sqrt(fi * fj);
    case "dice":
      return (c, fi, fj) => (2 * c) / (fi + fj);
    case "jaccard":
      return (c, fi, fj) => c / (fi + fj - c);
    default:
      return undefined;
  }
}

/** Lower end of Wilson's interval for `hits` of `total`, `z` deviates below; 0 for no draws. */
function wilsonLower(hits: number, total: number, z: number): number {
  if (total === 0) return 0;
  const share = hits / total;
  const z2 = z * z;
  const half = z * Math.sqrt((share * (1 - share) + z2 / (4 * total)) / total);
  return Math.max(0, (share + z2 / (2 * total) - half) / (1 + z2 / total));
}

function normalizedPmi(together: number, countI: number, countJ: number, N: number): number {
  if (together <= 0) return -1;
  if (together >= N) return 1;
  return Math.log((together * N) / (countI * countJ)) / Math.log(N / together);
}

/** Negative parts count as 0. */
function geometricMean(a: PairWeight, b: PairWeight): PairWeight {
  return (c, fi, fj, d, i, j) => {
    const first = a(c, fi, fj, d, i, j);
    if (!(first > 0)) return 0;
    return Math.sqrt(first * Math.max(0, b(c, fi, fj, d, i, j)));
  };
}

function decoderCosine(decoder: Matrix | undefined, name: string): PairWeight {
  if (decoder === undefined)
    throw new TypeError(`edge weight ${name}: expected a decoder, got none`);
  const norms = rowNorms(decoder);
  return (_c, _fi, _fj, _d, i, j) => {
    const length = norms[i] * norms[j];
    return length > 0 ? dot(matrixRow(decoder, i), matrixRow(decoder, j)) / length : 0;
  };
}
