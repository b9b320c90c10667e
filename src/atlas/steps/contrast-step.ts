import path from "node:path";
import { sha256Json } from "../../files/atomic-file.js";
import { writeJson } from "../../files/json.js";
import { type SavedContrast, savedContrasts } from "../contrast/saved-contrasts.js";
import { readAtlasOptions } from "../files/atlas-options.js";
import { ATLAS_FILES } from "../files/files.js";
import { withLock } from "../files/lock.js";
import type { AtlasOptions } from "../options.js";
import type { AtlasBuild, BuildReport } from "./atlas-build.js";
import { catalogStep } from "./catalog-step.js";
import { runSteps } from "./run-steps.js";
import { familyBasis } from "./stability-step.js";

/** Name of the step in manifests. */
export const CONTRAST_STEP = "contrasts";

/** Keeps saved contrasts as long as they are about the documents, codes and families that the build has. */
export async function contrastStep(build: AtlasBuild): Promise<void> {
  const basis = await basisOf(build);
  await build.runner.keepOrDrop(
    CONTRAST_STEP,
    ({ options }) => (options as { basis?: string }).basis === basis,
  );
}

/** Keeps a contrast in a finished atlas, in place of an earlier one of the same question, and brings its catalog up to date. */
export async function saveContrast(
  dir: string,
  contrast: SavedContrast,
  given: Pick<AtlasOptions, "onProgress" | "signal"> = {},
): Promise<BuildReport> {
  const save = async (build: AtlasBuild): Promise<void> => {
    const { runner, data } = build;
    await contrastStep(build);
    const earlier = await savedContrasts(data);
    const contrasts = [
      ...earlier.filter(({ question }) => question !== contrast.question),
      contrast,
    ];
    await runner.step(
      {
        name: CONTRAST_STEP,
        version: 1,
        inputs: { contrasts: sha256Json(contrasts) },
        options: { basis: await basisOf(build) },
        outputs: [ATLAS_FILES.contrasts],
      },
      () => writeJson(path.join(dir, ATLAS_FILES.contrasts), contrasts),
    );
  };
  return withLock(dir, async () => {
    const options = { ...(await readAtlasOptions(dir)), ...given };
    return runSteps(options, [save, catalogStep], { isFinished: true });
  });
}

async function basisOf(build: AtlasBuild): Promise<string> {
  const families = familyBasis(build, await build.data.sae());
  return sha256Json([families, build.hashes.corpus, build.hashes.classTree]);
}
