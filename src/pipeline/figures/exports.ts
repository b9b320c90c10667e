export { type FigureListing, ATLAS_FIGURES, FIGURES, listFigures } from "./registry.js";
export { trainSmallGrid } from "./small-grid.js";
export { type FigureSources, figureSources } from "./sources.js";
