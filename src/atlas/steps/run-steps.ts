import { ownValue } from "../../core/collections.js";
import path from "node:path";
import { FormatError } from "../../core/errors.js";
import { embeddingShape } from "../../sae/embedding-source.js";
import { checkpointFiles } from "../../sae/formats/raw.js";
import { ATLAS_FILES } from "../files/files.js";
import { StepRunner } from "../files/manifest.js";
import { type AtlasOptions, embeddingsOf } from "../options.js";
import { codesHash } from "./model-steps.js";
import { AtlasStore } from "../store.js";
import { checkBuild } from "./check-sizes.js";
import type { AtlasBuild, BuildReport } from "./atlas-build.js";
import { interruptible } from "../../core/interrupt.js";

/** One step of a build. */
export type Step = (build: AtlasBuild) => Promise<void>;

/**
 * Runs steps on the atlas in `options.dir`, whose lock the caller holds. With `isFinished` the atlas's SAE and codes are
 * there and stay: an input that has changed since its build is then a FormatError. So are a corpus and embeddings that
 * differ in rows.
 */
export async function runSteps(
  options: AtlasOptions,
  steps: readonly Step[],
  { isFinished = false }: { isFinished?: boolean } = {},
): Promise<BuildReport> {
  const { dir } = options;
  const signal = interruptible(options.signal);
  const runner = await StepRunner.open(dir);
  const data = new AtlasStore(options);
  try {
    const hashes = await hashInputs(runner, options, isFinished);
    if (isFinished) {
      hashes.codes = codesHash(runner);
      hashes.sae ||= runner.outputHash(ATLAS_FILES.sae);
    } else {
      await checkInputs(options, data);
    }
    for (const step of steps) {
      signal?.throwIfAborted();
      await step({ runner, options, data, hashes });
    }
    await runner.save();
    return { dir, ran: runner.ran, kept: runner.kept, dropped: runner.dropped };
  } finally {
    await data.close();
  }
}

async function hashInputs(
  runner: StepRunner,
  { corpus, columns, embeddings, embeddingColumn, sae, classTree, analysis }: AtlasOptions,
  isFinished: boolean,
): Promise<AtlasBuild["hashes"]> {
  const hash = async (role: string, file: string | undefined): Promise<string> => {
    if (file === undefined) {
      runner.forgetInput(role);
      return "";
    }
    const before = ownValue(runner.manifest.inputs, role)?.sha256;
    const now = await runner.hashInput(role, file);
    if (isFinished && now !== before) {
      throw new FormatError(
        file,
        `has changed since ${runner.dir} was built: build the atlas again`,
      );
    }
    return now;
  };
  runner.manifest.columns = columns;
  runner.manifest.embeddingColumn = embeddingColumn;
  // An SAE may be a file or a folder of weights and configuration.
  const files = sae === undefined ? [] : await checkpointFiles(sae);
  const hashes: string[] = [];
  for (let i = 0; i < Math.max(2, files.length); i++) {
    hashes.push(await hash(["sae", "saeConfig"][i] ?? `saeFile${i}`, files[i]));
  }
  return {
    corpus: (await hash("corpus", corpus)) + (columns ? JSON.stringify(columns) : ""),
    embeddings: (await hash("embeddings", embeddings)) + (embeddingColumn ?? ""),
    sae: hashes.join(""),
    classTree: await hash("classTree", classTree),
    analysis: await hash("analysis", analysis),
    codes: "",
  };
}

/** Throws FormatError and ArgumentError for a build that cannot end; see checkBuild. */
async function checkInputs(options: AtlasOptions, data: AtlasStore): Promise<void> {
  const { corpus, embeddings } = options;
  const { N, d } = await embeddingShape(embeddingsOf(options));
  const documents = await data.documents();
  if (documents.length !== N) {
    throw new FormatError(
      corpus,
      `holds ${documents.length} documents, but ${path.basename(embeddings)} has ${N} rows`,
    );
  }
  const sae = options.sae === undefined ? undefined : await data.sae();
  await checkBuild(options, { documents, embeddings, d, sae, isEmbedded: false });
}
