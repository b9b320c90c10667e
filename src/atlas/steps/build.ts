import { withLock } from "../files/lock.js";
import type { AtlasOptions } from "../options.js";
import { checkBuildOptions } from "./check-options.js";
import type { BuildReport } from "./atlas-build.js";
import { catalogStep } from "./catalog-step.js";
import { familiesStep, labelsStep, taxonomyStep } from "./family-steps.js";
import { encodeStep, mapStep, trainStep } from "./model-steps.js";
import { runSteps } from "./run-steps.js";
import { stabilityStep } from "./stability-step.js";

const STEPS = [
  trainStep,
  encodeStep,
  labelsStep,
  stabilityStep,
  familiesStep,
  taxonomyStep,
  mapStep,
  catalogStep,
];

/** Builds the atlas in `options.dir` or brings it up to date, and reports which steps ran; see buildAtlas. */
export async function buildFolder(options: AtlasOptions): Promise<BuildReport> {
  checkBuildOptions(options);
  return withLock(options.dir, () => runSteps(options, STEPS));
}
