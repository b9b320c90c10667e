import { type Matrix, wilsonInterval } from "../src/core/index.js";
import {
  type EdgeWeight,
  type EdgeWeightName,
  type LatentPair,
  edgeWeight,
} from "../src/families/index.js";

/**
 * Weights that were compared with the library's and are not part of it. With C the shared documents, f those of one
 * latent, N all, s = C / (smaller f), b = (larger f) / N, the share s has by chance, W Wilson's lower bound of s, and
 * D the cosine of activations:
 *
 * - `share`: s; `wilson`: W; `wilson-excess`: W - b; `wilson-lift`: W log(s / b)
 * - `log-lift`: log(s / b), that is log(C N / (f_i f_j))
 * - `npmi-lower`: `npmi` with C lowered to what Wilson's bound allows
 * - `phi`: correlation of membership; `membership-cosine`: C / sqrt(f_i f_j); `dice`: 2 C / (f_i + f_j)
 * - `excess-cosine`, `npmi-cosine`, `share-npmi`, `wilson-npmi`, `npmi-decoder`: geometric mean of the two named, 0
 *   where either is below 0
 */
export type TriedWeightName =
  | "share"
  | "wilson"
  | "wilson-excess"
  | "wilson-lift"
  | "log-lift"
  | "npmi-lower"
  | "phi"
  | "membership-cosine"
  | "dice"
  | "excess-cosine"
  | "npmi-cosine"
  | "share-npmi"
  | "wilson-npmi"
  | "npmi-decoder";

/** Every weight that is compared, in the order of docs/benchmarks.md. */
export const COMPARED_WEIGHTS: readonly (EdgeWeightName | TriedWeightName)[] = [
  ...(["paper-share", "share", "wilson", "wilson-excess", "wilson-lift", "log-lift"] as const),
  ...(["npmi", "npmi-lower", "phi", "membership-cosine", "dice", "jaccard"] as const),
  ...(["activation-cosine", "wilson-cosine", "excess-cosine", "npmi-cosine"] as const),
  ...(["share-npmi", "wilson-npmi", "decoder-cosine", "npmi-decoder"] as const),
];

/** What a compared weight may need besides the counts. */
export interface ComparedWeightOptions {
  /** Normal deviates of Wilson's bound. Default 1, as in the library. */
  z?: number;
  /** Decoder directions [n, d], for the weights that name the decoder. */
  decoder?: Matrix;
}

/** The weight of that name. Throws RangeError for an unknown name, TypeError where a decoder is missing. */
export function comparedWeight(
  name: EdgeWeightName | TriedWeightName,
  { z = 1, decoder }: ComparedWeightOptions = {},
): EdgeWeight {
  const wilson: EdgeWeight = ({ together, countI, countJ }) =>
    wilsonInterval(together, Math.min(countI, countJ), z)[0];
  const excess: EdgeWeight = (pair) =>
    wilson(pair) - Math.max(pair.countI, pair.countJ) / pair.documents;
  const npmi = edgeWeight("npmi");
  const cosine = edgeWeight("activation-cosine");
  switch (name) {
    case "share":
      return share;
    case "wilson":
      return wilson;
    case "wilson-excess":
      return excess;
    case "wilson-lift":
      return (pair) => wilson(pair) * logLift(pair);
    case "log-lift":
      return logLift;
    case "npmi-lower":
      return (pair) =>
        npmi({ ...pair, together: wilson(pair) * Math.min(pair.countI, pair.countJ) });
    case "phi":
      return phi;
    case "membership-cosine":
      return ({ together, countI, countJ }) => together / Math.sqrt(countI * countJ);
    case "dice":
      return ({ together, countI, countJ }) => (2 * together) / (countI + countJ);
    case "wilson-cosine":
      return geometricMean(wilson, cosine);
    case "excess-cosine":
      return geometricMean(excess, cosine);
    case "npmi-cosine":
      return geometricMean(npmi, cosine);
    case "share-npmi":
      return geometricMean(share, npmi);
    case "wilson-npmi":
      return geometricMean(wilson, npmi);
    case "npmi-decoder":
      return geometricMean(npmi, edgeWeight("decoder-cosine", { decoder }));
    default:
      return edgeWeight(name, { decoder });
  }
}

function share({ together, countI, countJ }: LatentPair): number {
  return together / Math.min(countI, countJ);
}

function logLift({ together, countI, countJ, documents }: LatentPair): number {
  return Math.log((together * documents) / (countI * countJ));
}

function phi({ together, countI, countJ, documents }: LatentPair): number {
  const spread = Math.sqrt(countI * (documents - countI) * countJ * (documents - countJ));
  return spread > 0 ? (together * documents - countI * countJ) / spread : 0;
}

/** Negative parts count as 0. */
function geometricMean(a: EdgeWeight, b: EdgeWeight): EdgeWeight {
  return (pair) => {
    const first = a(pair);
    return first > 0 ? Math.sqrt(first * Math.max(0, b(pair))) : 0;
  };
}
