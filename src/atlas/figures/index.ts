/** What this folder gives to the rest. */
export { drawData } from "./entry.js";
export {
  ATLAS_FIGURES,
  FIGURES,
  MAIN_FIGURES,
  findFigures,
  listFigures,
  overlaidFigures,
} from "./registry.js";
export { trainSmallGrid } from "./small-grid.js";
export { figureSources } from "./sources.js";
export { drawFigures, renderFigures, writeFigures } from "./write-figures.js";
