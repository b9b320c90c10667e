/**
 * Feature families: which latents are active together, the spanning forest of their strongest edges, and the groups
 * it falls into.
 */
export {
  type CoactivationRow,
  coactivationRow,
  denseCosines,
  denseCounts,
  pairCosine,
  pairCount,
  topPartners,
} from "./coactivation/coactivation-pairs.js";
export {
  type Coactivation,
  type CoactivationOptions,
  type PairOptions,
  computeCoactivation,
} from "./coactivation/coactivation.js";
export {
  type FamilyOptions,
  type FamilyResult,
  extractFamilies,
  groupForest,
} from "./extract/extract-families.js";
export {
  type FamilyDocuments,
  type FamilyDocumentsOptions,
  familyDocuments,
} from "./extract/family-documents.js";
export { type FamilyEdge, familyEdges } from "./extract/family-edges.js";
export {
  type ReferenceFamilies,
  type ReferenceNode,
  extractReferenceFamilies,
} from "./extract/reference-families.js";
export {
  type FamilyEntry,
  type FamilyRecord,
  fromFamiliesJson,
  toFamilies,
  toFamiliesJson,
} from "./files/families-json.js";
export { forestToGexf } from "./files/gexf.js";
export {
  type Graph,
  type GraphmlOptions,
  type NamedForest,
  forestFromGraph,
  forestToGraphml,
  parseGraphml,
} from "./files/graphml.js";
export {
  type EdgeWeight,
  type EdgeWeightName,
  type LatentPair,
  EDGE_WEIGHTS,
  edgeWeight,
} from "./edges/edge-weights.js";
export { type EdgeHelpInputs, edgeHelp } from "./edges/edge-help.js";
export { type Forest, type ForestOptions, buildForest } from "./forest/forest.js";
export { type Subtree, type SubtreeOptions, findSubtrees } from "./forest/subtrees.js";
export {
  type FamilyStatistics,
  type StatisticsOptions,
  familyStatistics,
} from "./statistics/family-statistics.js";
export {
  type Family,
  type FamilyMember,
  type FamilyOutline,
  familyLatents,
  familyName,
} from "../records/family.js";
export { type StatisticsRecord, statisticsRecord } from "./statistics/statistics-record.js";
