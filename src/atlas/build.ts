import type { AtlasBuild, BuildReport } from "./steps/atlas-build.js";
import path from "node:path";
import { FormatError } from "../core/errors.js";
import { embeddingShape } from "../sae/embedding-source.js";
import { catalogStep } from "./steps/catalog-step.js";
import { AtlasStore } from "./store.js";
import { familiesStep, labelsStep, taxonomyStep } from "./steps/family-steps.js";
import { withLock } from "./lock.js";
import { StepRunner } from "./manifest.js";
import { encodeStep, mapStep, trainStep } from "./steps/model-steps.js";
import { checkpointFiles } from "../sae/formats/raw.js";
import type { AtlasOptions } from "./options.js";
import { stabilityStep } from "./steps/stability-step.js";

const STEPS = [
  encodeStep,
  labelsStep,
  stabilityStep,
  familiesStep,
  taxonomyStep,
  mapStep,
  catalogStep,
];

/**
 * Builds or brings up to date the atlas in `options.dir`: trains an SAE where none is given, encodes, labels, finds
 * families, compares them with the corpus's classes, places the latents and writes the catalog. A step whose inputs,
 * options and outputs have not changed is not run again; an interrupted build goes on when called again.
 * One build at a time: a second one in the same folder is refused with an Error.
 * Throws FormatError where corpus and embeddings have another number of rows, and as each step does.
 */
export async function buildFolder(options: AtlasOptions): Promise<BuildReport> {
  return withLock(options.dir, () => runBuild(options));
}

async function runBuild(options: AtlasOptions): Promise<BuildReport> {
  const runner = await StepRunner.open(options.dir);
  const data = new AtlasStore(options);
  try {
    const build = await prepare(runner, options, data);
    if (options.sae === undefined) await trainStep(build);
    for (const step of STEPS) {
      options.signal?.throwIfAborted();
      await step(build);
    }
    await runner.save();
    return { dir: options.dir, ran: runner.ran, kept: runner.kept, dropped: runner.dropped };
  } finally {
    await data.close();
  }
}

async function prepare(
  runner: StepRunner,
  options: AtlasOptions,
  data: AtlasStore,
): Promise<AtlasBuild> {
  const hash = async (role: string, file: string | undefined): Promise<string> => {
    if (file !== undefined) return runner.hashInput(role, file);
    runner.forgetInput(role);
    return "";
  };
  // An SAE may be a file or a folder of weights and configuration.
  const hashSae = async (sae: string | undefined): Promise<string> => {
    const [weights, config] = sae === undefined ? [] : await checkpointFiles(sae);
    return (await hash("sae", weights)) + (await hash("saeConfig", config));
  };
  const hashes = {
    corpus: await hash("corpus", options.corpus),
    embeddings: await hash("embeddings", options.embeddings),
    sae: await hashSae(options.sae),
    classTree: await hash("classTree", options.classTree),
    analysis: await hash("analysis", options.analysis),
    codes: "",
  };
  const { N } = await embeddingShape(options.embeddings);
  const documents = (await data.documents()).length;
  if (documents !== N) {
    throw new FormatError(
      options.corpus,
      `holds ${documents} documents, but ${path.basename(options.embeddings)} has ${N} rows`,
    );
  }
  return { runner, options, data, hashes };
}
