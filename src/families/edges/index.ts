/** Edges between latents that are active together: their weights, and those over a threshold. */
export * from "./edge-weights.js";
export * from "./edge-help.js";
export * from "./select-edges.js";
