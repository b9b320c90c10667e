/** The explorer on an atlas. */
export { exploreAtlas } from "./explore.js";
export { atlasFiles } from "./inputs.js";
export { atlasColumns } from "./inputs.js";
