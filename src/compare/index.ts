/**
 * SAEs and families compared with others: matched latents, splitting, and stability over documents and seeds.
 */
export { type FamilyComparison, type NamedMembers, compareFamilies } from "./compare-families.js";
export {
  type Contrast,
  type ContrastColumn,
  type ContrastFinding,
  type ContrastOptions,
  type ContrastTrend,
  classColumn,
  contrastDocuments,
  numberColumn,
} from "./contrast/index.js";
export {
  type FamilyStability,
  type FindFamilies,
  type Stability,
  type StabilityOptions,
  documentStability,
} from "./document-stability.js";
export { type FamilyPair, matchFamilies } from "./match-families.js";
export { type MatchNull, type NullOptions, matchNull } from "./match-null.js";
export { type SaeMatch, matchSaes } from "./match-saes.js";
export { permuteCodes } from "./permute-codes.js";
export { type ResampleScheme, drawResample } from "./resample.js";
export { type SampleStability, sampleStability } from "./sample-stability.js";
export {
  type FamilySeedStability,
  type LatentPartners,
  type SeedStability,
  matchPartners,
  seedStability,
} from "./seed-stability.js";
export {
  type SplittingTree,
  type TreeChoice,
  chooseSplittingTrees,
  splitLatents,
  splittingTrees,
} from "./splitting-trees.js";
export { type StabilityParts, type StabilityReport, reportStability } from "./stability-report.js";
export {
  type FamilyMatches,
  type UniversalPair,
  matchFamiliesBothWays,
  parseSplits,
  swapMatch,
  universalLatents,
} from "./universality.js";
