/** Colours, sizes and type of all figures. */
export * from "./theme.js";
export * from "./colour.js";
export * from "./palette.js";
export * from "./any-background.js";
