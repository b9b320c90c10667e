/**
 * How often latents are active together, and how similar: counted from codes, and looked up by pair.
 */
export * from "./coactivation-pairs.js";
export * from "./coactivation.js";
export * from "./coactive-partners.js";
export * from "./pair-sums.js";
