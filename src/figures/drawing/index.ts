/** How figures are laid out: text, colours, axes, panels, and labels that do not collide. */
export {
  formatNumber,
  cleanText,
  fitText,
  plotlyLines,
  plotlyText,
  textWidth,
  truncateText,
  wrapText,
} from "./text.js";
export { spreadColours, textColour, transparent } from "./colour.js";
export { placeLabels } from "./declutter.js";
export { layOutGraph } from "./graph-layout.js";
