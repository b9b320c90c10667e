import path from "node:path";
import { FormatError } from "../core/errors.js";
import { readAtlasOptions } from "./atlas-options.js";
import type { AtlasBuild, BuildReport } from "./steps/atlas-build.js";
import { catalogStep } from "./steps/catalog-step.js";
import { AtlasStore } from "./store.js";
import { familiesStep, labelsStep, taxonomyStep } from "./steps/family-steps.js";
import type { SavedScore } from "../records/model-labels.js";
import { ATLAS_FILES, codesFiles } from "./files.js";
import { withLock } from "./lock.js";
import { StepRunner } from "./manifest.js";
import { openMergedLines } from "./merged-lines.js";
import type { AtlasOptions } from "./options.js";

/**
 * Brings labels, families and catalog of a finished atlas up to date after its label files have changed, with the
 * options that it was built with. Trains, encodes and places nothing. The caller holds the atlas's lock. Throws
 * FormatError where an input has changed since the build.
 */
export async function refreshLabels(
  dir: string,
  given: Pick<AtlasOptions, "device" | "onProgress" | "signal"> = {},
): Promise<BuildReport> {
  const runner = await StepRunner.open(dir);
  const options = { ...(await readAtlasOptions(dir)), ...given };
  const data = new AtlasStore(options);
  try {
    const { k = 0, inputs } = runner.manifest;
    const names = codesFiles(k, (await data.sae()).n);
    const config = inputs.saeConfig?.sha256 ?? "";
    const build: AtlasBuild = {
      runner,
      options,
      data,
      hashes: {
        corpus: await unchanged(runner, "corpus", options.corpus),
        embeddings: await unchanged(runner, "embeddings", options.embeddings),
        sae:
          options.sae === undefined
            ? runner.outputHash(ATLAS_FILES.sae)
            : (await unchanged(runner, "sae", options.sae)) + config,
        classTree: await unchanged(runner, "classTree", options.classTree),
        analysis: await unchanged(runner, "analysis", options.analysis),
        codes: `${runner.outputHash(names.indices)} ${runner.outputHash(names.values)}`,
      },
    };
    for (const step of [labelsStep, familiesStep, taxonomyStep, catalogStep]) {
      options.signal?.throwIfAborted();
      await step(build);
    }
    await runner.save();
    return { dir, ran: runner.ran, kept: runner.kept, dropped: runner.dropped };
  } finally {
    await data.close();
  }
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
    const lines = await openMergedLines<SavedScore>(
      file,
      ({ name, latent }) => `${name} ${latent}`,
    );
    for (const score of scores) await lines.add(score);
    await lines.commit();
    return refreshLabels(dir, given);
  });
}

async function unchanged(
  runner: StepRunner,
  role: string,
  file: string | undefined,
): Promise<string> {
  if (file === undefined) return "";
  const before = runner.manifest.inputs[role].sha256;
  const now = await runner.hashInput(role, file);
  if (now === before) return now;
  throw new FormatError(file, `has changed since ${runner.dir} was built: build it again`);
}
