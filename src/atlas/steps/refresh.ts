import path from "node:path";
import { type SavedScore, savedScoreSchema } from "../../records/model-labels.js";
import { readAtlasOptions } from "../files/atlas-options.js";
import { ATLAS_FILES } from "../files/files.js";
import { withLock } from "../files/lock.js";
import { openMergedLines } from "../files/merged-lines.js";
import type { AtlasOptions } from "../options.js";
import type { BuildReport } from "./atlas-build.js";
import { catalogStep } from "./catalog-step.js";
import { familiesStep, labelsStep } from "./family-steps.js";
import { documentMapStep, mapStep } from "./map-steps.js";
import { runSteps } from "./run-steps.js";
import { taxonomyStep } from "./taxonomy-step.js";

const STEPS = [labelsStep, familiesStep, taxonomyStep, catalogStep];

/**
 * Brings labels, families and catalog of a finished atlas up to date after its label files have changed, with the
 * options that it was built with. Trains, encodes and places nothing. The caller holds the atlas's lock. Throws
 * FormatError where an input has changed since the build.
 */
export async function refreshLabels(
  dir: string,
  given: Pick<AtlasOptions, "device" | "onProgress" | "signal"> = {},
): Promise<BuildReport> {
  const options = { ...(await readAtlasOptions(dir)), ...given };
  return runSteps(options, STEPS, { isFinished: true });
}

/**
 * Lays out the map of a finished atlas's latents or documents, unless it is up to date, and brings its catalog up to date.
 * Throws FormatError where an input has changed since the build.
 */
export async function refreshMap(
  dir: string,
  of: "latents" | "documents",
  given: Pick<AtlasOptions, "device" | "onProgress" | "signal"> = {},
): Promise<BuildReport> {
  return withLock(dir, async () => {
    const options = { ...(await readAtlasOptions(dir)), ...given, documentMap: true };
    const steps = of === "latents" ? [mapStep, catalogStep] : [documentMapStep];
    return runSteps(options, steps, { isFinished: true });
  });
}

/**
 * Keeps scores of labels in an atlas, in place of earlier ones of the same name and latent, and brings its catalog up to
 * date. A score stays beside a label only as long as that is the label it was measured on.
 */
export async function saveScores(
  dir: string,
  scores: readonly SavedScore[],
  given: Pick<AtlasOptions, "device" | "onProgress" | "signal"> = {},
): Promise<BuildReport> {
  return withLock(dir, async () => {
    const file = path.join(dir, ATLAS_FILES.labelScores);
    const lines = await openMergedLines(
      file,
      savedScoreSchema,
      ({ name, latent }) => `${name} ${latent}`,
    );
    for (const score of scores) await lines.add(score);
    await lines.commit();
    return refreshLabels(dir, given);
  });
}
