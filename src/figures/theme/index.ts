/** Colours, sizes and type of all figures. */
export {
  CATEGORIES,
  composeFigure,
  figureSize,
  MANY_CATEGORIES,
  SEQUENTIAL,
  SIZES,
} from "./theme.js";
export { spreadColours, textColour, transparent } from "./colour.js";
export { onAnyBackground } from "./any-background.js";
