/** The steps of a build. */
export { sampleOptions } from "../sample-options.js";
export { refreshLabels, refreshMap } from "./refresh.js";
export { saveScores } from "./refresh.js";
export { findFamilies } from "./find-families.js";
export { BUILD_STEPS, buildFolder } from "./build.js";
export { chooseTraining } from "./choose-training.js";
export type { AtlasBuild } from "./atlas-build.js";
export { catalogStep } from "./catalog-step.js";
export { type Step, runSteps } from "./run-steps.js";
export { type BuildSize, type SizeLimits, planSizes, sizeProblem } from "./check-sizes.js";
