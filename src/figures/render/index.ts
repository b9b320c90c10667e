/** Figures as files: a browser draws them. */
export * from "./browser.js";
export * from "./plotly.js";
export * from "./fragment.js";
export * from "./html.js";
