import path from "node:path";
import { z } from "zod";
import { FormatError } from "../../core/errors.js";
import type { Fields } from "../../core/schema.js";
import { checkJson } from "../../files/check-json.js";
import { NORMALISE_NAMES } from "../../sae/train/train-options.js";
import { type Manifest, readManifest } from "./manifest.js";
import type { AtlasOptions, AtlasTraining } from "../options.js";

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
  const input = (role: "sae" | "classTree" | "analysis"): string | undefined =>
    inputs[role] && path.join(dir, inputs[role].file);
  const file = path.join(dir, "manifest.json");
  const { compat, threshold, leading, sample } =
    stepOptions(manifest, "families", familiesOptions, file) ?? {};
  const { mapFrom, seed } = stepOptions(manifest, "map", mapOptions, file) ?? {};
  return {
    dir,
    corpus: path.join(dir, inputs.corpus.file),
    ...(manifest.columns && { columns: manifest.columns }),
    embeddings: path.join(dir, inputs.embeddings.file),
    ...(manifest.embeddingColumn && { embeddingColumn: manifest.embeddingColumn }),
    sae: input("sae"),
    k,
    training: inputs.sae ? undefined : stepOptions(manifest, "train", training, file),
    classTree: input("classTree"),
    analysis: input("analysis"),
    compat,
    threshold,
    ...(leading !== undefined && { leading }),
    ...(sample !== undefined && { sample }),
    mapFrom,
    documentMap: Object.hasOwn(steps, "document-map"),
    seed,
  };
}

/** How the atlas's own SAE was trained; undefined where it has none, or no manifest. */
export async function readAtlasTraining(dir: string): Promise<AtlasTraining | undefined> {
  const manifest = await readManifest(dir);
  return manifest && stepOptions(manifest, "train", training, path.join(dir, "manifest.json"));
}

// In the order of the step's options, which its key is made of.
const trainingFields: Fields<AtlasTraining> = {
  k: z.int(),
  n: z.int(),
  epochs: z.number(),
  lr: z.number(),
  batch: z.int().optional(),
  normalise: z.enum(NORMALISE_NAMES).optional(),
  plateau: z.number().optional(),
  start: z.enum(["random", "kmeans"]).optional(),
  prefixes: z.array(z.int()).optional(),
  activation: z.enum(["topk", "batch-topk"]).optional(),
};
const training: z.ZodType<AtlasTraining> = z.object(trainingFields);
const familiesOptions: z.ZodType<
  Pick<AtlasOptions, "compat" | "threshold" | "leading" | "sample">
> = z.object({
  compat: z.boolean().optional(),
  threshold: z.number().optional(),
  leading: z.boolean().optional(),
  sample: z.int().positive().optional(),
});
const mapOptions: z.ZodType<Pick<AtlasOptions, "mapFrom" | "seed">> = z.object({
  mapFrom: z.enum(["decoder", "coactivation"]).optional(),
  seed: z.number().optional(),
});

function stepOptions<T>(
  { steps }: Manifest,
  name: string,
  schema: z.ZodType<T>,
  file: string,
): T | undefined {
  const step = Object.hasOwn(steps, name) ? steps[name] : undefined;
  return step && checkJson(step.options, schema, file, `steps.${name}.options`);
}
