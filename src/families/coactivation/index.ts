/**
 * How often latents are active together, and how similar: counted from codes, and looked up by pair.
 */
export {
  type CoactivationRow,
  coactivationFromDense,
  coactivationRow,
  denseCosines,
  denseCounts,
  pairCosine,
  pairCount,
  topPartners,
} from "./coactivation-pairs.js";
export {
  type Coactivation,
  type CoactivationOptions,
  computeCoactivation,
} from "./coactivation.js";
export { type CoactivePartner, coactivePartners } from "./coactive-partners.js";
export {
  type PairBatch,
  type PairTriangle,
  coactivationFromPairs,
  createTriangle,
  mergePairs,
  sumPairs,
} from "./pair-sums.js";
