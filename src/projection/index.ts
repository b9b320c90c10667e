/** Maps: nearest neighbours, places in the plane, and how well these keep the neighbours. */
export { coactivationProfiles, profileNeighbours } from "./coactivation-profiles.js";
export { type MapQuality, measureMap, neighboursKept, trustworthiness } from "./map-quality.js";
export { NO_NEIGHBOUR, cosineNeighbours, hasNeighbours, neighboursOf } from "./neighbours.js";
export {
  type FoundNeighbours,
  type NearNeighboursOptions,
  nearNeighbours,
} from "./near-neighbours.js";
export {
  type PrincipalComponents,
  type PrincipalOptions,
  principalComponents,
} from "./principal-components.js";
export { type UmapOptions, placeOnMap, projectUmap } from "./umap.js";
