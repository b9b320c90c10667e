/**
 * The spanning forest of the strongest edges, and its subtrees.
 */
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
export { type Subtree, type SubtreeOptions, findSubtrees } from "./subtrees.js";
export type { FamilyMember } from "../../records/family.js";
