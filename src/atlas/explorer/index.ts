/** The explorer on an atlas. */
export * from "./explore.js";
export * from "./inputs.js";
export { indexEvidence } from "./evidence-index.js";
export { openLatentTable } from "./latent-table.js";
