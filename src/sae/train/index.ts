/**
 * Training of SAEs: one run or a grid of them, resumable, and the power laws that a grid's errors follow.
 */
export * from "./initialise.js";
export * from "./learning-rate.js";
export * from "./scaling.js";
export * from "./train-grid.js";
export * from "./train-options.js";
export * from "./train.js";
