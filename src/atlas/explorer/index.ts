/** The explorer on an atlas. */
export * from "./explore.js";
export * from "./inputs.js";
