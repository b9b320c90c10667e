/** What this folder gives to the rest. */
export { findFigures, overlaidFigures } from "./registry.js";
export { drawFigures } from "./write-figures.js";
export { writeFigures } from "./write-figures.js";
export { ATLAS_FIGURES } from "./registry.js";
export { FIGURES } from "./registry.js";
export { MAIN_FIGURES } from "./registry.js";
export { listFigures } from "./registry.js";
export { trainSmallGrid } from "./small-grid.js";
export { figureSources } from "./sources.js";
