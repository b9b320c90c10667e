/** The explorer on an atlas. */
export * from "./explore.js";
export * from "./inputs.js";
export * from "./evidence-index.js";
export * from "./latent-table.js";
