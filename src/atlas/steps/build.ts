import { withLock } from "../files/lock.js";
import type { AtlasOptions } from "../options.js";
import { checkBuildOptions } from "./check-options.js";
import type { BuildReport } from "./atlas-build.js";
import { CONTRAST_STEP, contrastStep } from "./contrast-step.js";
import { catalogStep } from "./catalog-step.js";
import { familiesStep, labelsStep } from "./family-steps.js";
import { DOCUMENT_STEP, documentMapStep, mapStep } from "./map-steps.js";
import { encodeStep, trainStep } from "./model-steps.js";
import { type Step, runSteps } from "./run-steps.js";
import { stabilityStep } from "./stability-step.js";
import { taxonomyStep } from "./taxonomy-step.js";

/** The steps of a build, in order, by the names that manifests have. */
export const BUILD_STEPS: Readonly<Record<string, Step>> = {
  train: trainStep,
  encode: encodeStep,
  labels: labelsStep,
  stability: stabilityStep,
  families: familiesStep,
  taxonomy: taxonomyStep,
  map: mapStep,
  [DOCUMENT_STEP]: documentMapStep,
  [CONTRAST_STEP]: contrastStep,
  catalog: catalogStep,
};

/** Builds the atlas in `options.dir` or brings it up to date, and reports which steps ran; see buildAtlas. */
export async function buildFolder(options: AtlasOptions): Promise<BuildReport> {
  checkBuildOptions(options);
  return withLock(options.dir, () => runSteps(options, Object.values(BUILD_STEPS)));
}
