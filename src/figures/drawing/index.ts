/** How figures are laid out: text, axes, panels, and labels that do not collide. */
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
export { placeLabels } from "./declutter.js";
export { layOutGraph } from "./graph-layout.js";
