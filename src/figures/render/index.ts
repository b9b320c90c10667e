/** Figures as files: a browser draws them. */
export { browserChoices } from "./browser.js";
export { plotlySource } from "./plotly.js";
export { figureMime } from "./fragment.js";
export { escapeHtml, scriptJson } from "./html.js";
