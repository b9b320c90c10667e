/** What this folder gives to the rest. */
export * from "./entry.js";
export * from "./registry.js";
export * from "./small-grid.js";
export * from "./sources.js";
export * from "./write-figures.js";
