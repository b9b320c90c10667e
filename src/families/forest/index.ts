/**
 * From co-activation to a forest: edge weights, the edges over a threshold, and the strongest ones that span.
 */
export {
  type EdgeWeight,
  type EdgeWeightName,
  type LatentPair,
  EDGE_WEIGHTS,
  edgeWeight,
} from "./edge-weights.js";
export {
  type Forest,
  type ForestOptions,
  buildForest,
  forestPairs,
  keepSpanning,
  selectForestEdges,
  selectNodes,
  spanForest,
} from "./forest.js";
export { type EdgeOptions, type Edges, filterEdges, selectEdges } from "./select-edges.js";
export { type Subtree, type SubtreeOptions, findSubtrees } from "./subtrees.js";
export type { FamilyMember } from "../../records/family.js";
