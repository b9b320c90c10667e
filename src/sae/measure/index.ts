/**
 * How good an SAE is: reconstruction, densities, redundancy, and whether its inputs are read as it was trained.
 */
export * from "./baselines.js";
export * from "./compare-readings.js";
export * from "./decoder-cosine.js";
export * from "./kept-sweep.js";
export * from "./magnitude-decay.js";
export * from "./metrics.js";
