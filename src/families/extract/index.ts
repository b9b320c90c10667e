/**
 * From a forest to families: over several passes, as the paper's code does it, and how far two families overlap.
 */
export {
  type FamilyOptions,
  type FamilyResult,
  dropOverlapping,
  extractFamilies,
  groupForest,
} from "./extract-families.js";
export {
  type FamilyDocuments,
  type FamilyDocumentsOptions,
  familyDocuments,
} from "./family-documents.js";
export { type FamilyEdge, familyEdges } from "./family-edges.js";
export { type BestFamily, type FamilyIndex, bestFamily, indexFamilies } from "./family-overlap.js";
export {
  type ReferenceFamilies,
  type ReferenceNode,
  buildReferenceForest,
  extractReferenceFamilies,
} from "./reference-families.js";
export { type Family, familyLatents } from "../../records/family.js";
