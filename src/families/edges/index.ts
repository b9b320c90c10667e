/** Edges between latents that are active together: their weights, and those over a threshold. */
export {
  type EdgeWeight,
  type EdgeWeightName,
  type LatentPair,
  EDGE_WEIGHTS,
  edgeWeight,
} from "./edge-weights.js";
export { type EdgeHelpInputs, edgeHelp } from "./edge-help.js";
export { type EdgeOptions, type Edges, filterEdges, selectEdges } from "./select-edges.js";
