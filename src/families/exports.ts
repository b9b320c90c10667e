export { type FamilyAnalysis, parseFamilyAnalysis } from "./family-analysis.js";
export { type FamilyDocuments, familyDocuments } from "./family-documents.js";
export { type FamilyEdge, familyEdges } from "./family-edges.js";
export {
  type FamilyPair,
  type MatchNull,
  type NullOptions,
  type SaeMatch,
  type SplittingTree,
  type TreeChoice,
  chooseSplittingTrees,
  matchFamilies,
  matchSaes,
  matchNull,
  splitLatents,
  splittingTrees,
} from "./match.js";
export { type MemberCoherence, memberCoherence } from "./member-coherence.js";
export {
  type FamilyMatches,
  type UniversalPair,
  matchFamiliesBothWays,
  parseSplits,
  swapMatch,
  universalLatents,
} from "./universality.js";
