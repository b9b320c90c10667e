/** The explorer on an atlas. */
export { exploreAtlas } from "./explore.js";
export { atlasColumns, atlasFiles } from "./inputs.js";
