import path from "node:path";
import { FormatError } from "../core/errors.js";
import { type Manifest, readManifest } from "./manifest.js";
import type { AtlasOptions, AtlasTraining } from "./options.js";

/**
 * The options that built the finished atlas in `dir`, from its manifest, so that it can be brought up to date as it is.
 * Throws FormatError where there is none, or one that no build has finished.
 */
export async function readAtlasOptions(dir: string): Promise<AtlasOptions> {
  const manifest = await readManifest(dir);
  if (!manifest) {
    throw new FormatError(
      dir,
      "no atlas here: expected a manifest.json; build one with `feature-families build`, or the sample's with `feature-families demo`",
    );
  }
  const { inputs, steps, k } = manifest;
  if (!inputs.corpus || !inputs.embeddings || !steps.catalog) {
    throw new FormatError(
      dir,
      "this atlas is unfinished: run `feature-families build` with the same options again to continue",
    );
  }
  const input = (role: string): string | undefined =>
    inputs[role] && path.join(dir, inputs[role].file);
  const { compat, threshold } = stepOptions<AtlasOptions>(manifest, "families");
  const { mapFrom, seed } = stepOptions<AtlasOptions>(manifest, "map");
  return {
    dir,
    corpus: path.join(dir, inputs.corpus.file),
    embeddings: path.join(dir, inputs.embeddings.file),
    sae: input("sae"),
    k,
    training: inputs.sae ? undefined : trainingOf(manifest),
    classTree: input("classTree"),
    analysis: input("analysis"),
    compat,
    threshold,
    mapFrom,
    seed,
  };
}

function trainingOf(manifest: Manifest): AtlasTraining {
  const { k, n, epochs, lr, batch } = stepOptions<AtlasTraining>(manifest, "train");
  // In the order of the step's options, which its key is made of.
  return { k, n, epochs, lr, batch } as AtlasTraining;
}

function stepOptions<T>({ steps }: Manifest, name: string): Partial<T> {
  return steps[name]?.options ?? {};
}
