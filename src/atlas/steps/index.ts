/** The steps of a build. */
export { sampleOptions } from "../sample-options.js";
export * from "./refresh.js";
export * from "./find-families.js";
export * from "./build.js";
export * from "./choose-training.js";
export * from "./atlas-build.js";
export * from "./catalog-step.js";
export * from "./run-steps.js";
export * from "./check-sizes.js";
export * from "./count-codes.js";
