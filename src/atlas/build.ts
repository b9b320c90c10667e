import { withLock } from "./lock.js";
import type { AtlasOptions } from "./options.js";
import type { BuildReport } from "./steps/atlas-build.js";
import { catalogStep } from "./steps/catalog-step.js";
import { familiesStep, labelsStep, taxonomyStep } from "./steps/family-steps.js";
import { encodeStep, mapStep, trainStep } from "./steps/model-steps.js";
import { runSteps } from "./steps/run-steps.js";
import { stabilityStep } from "./steps/stability-step.js";

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
  return withLock(options.dir, () => runSteps(options, STEPS));
}
