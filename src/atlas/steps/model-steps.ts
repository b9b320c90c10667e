import { ownValue } from "../../core/collections.js";
import { readdir, rm, stat } from "node:fs/promises";
import path from "node:path";
import { writeJson } from "../../files/json.js";
import { writeJsonl } from "../../files/jsonl.js";
import { hasCodesPlan } from "../../files/codes-plan.js";
import { codesShardName } from "../../files/codes-shards.js";
import { matrixShards, readMatrix } from "../../files/matrix.js";
import { embeddingShape, requireRows } from "../../sae/embedding-source.js";
import { saveSae } from "../../sae/checkpoint.js";
import { encodeToShards } from "../../sae/encode-shards.js";
import { encodeToFiles } from "../../sae/encode.js";
import { computeMetrics } from "../../sae/measure/metrics.js";
import { compareReadings } from "../../sae/measure/compare-readings.js";
import { trainSae } from "../../sae/train/train.js";
import { SHARD_DOCUMENTS, TASK_FOLDERS } from "../../tasks/task-folders.js";
import type { AtlasBuild } from "./atlas-build.js";
import {
  ATLAS_FILES,
  CODES_FOLDER,
  TASKS_FOLDER,
  codesFiles,
  isCodesFile,
  trainStateFile,
} from "../files/files.js";
import type { StepRunner } from "../files/manifest.js";
import { type AtlasTraining, embeddingsOf } from "../options.js";
import { interruptible } from "../../core/interrupt.js";

/** Trains the atlas's SAE unless one is given; an interrupted run continues from its last checkpoint. */
export async function trainStep(build: AtlasBuild): Promise<void> {
  const { sae, training, seed = 0 } = build.options;
  if (sae !== undefined) return;
  if (training === undefined)
    throw new TypeError("atlas: expected an SAE, or options to train one");
  const files = { sae: ATLAS_FILES.sae, log: ATLAS_FILES.trainLog };
  await runTraining(build, "train", { ...training, seed }, files);
  build.hashes.sae = build.runner.outputHash(ATLAS_FILES.sae);
}

/** Trains an SAE as the step `name`, unless it is there, into `files` of the atlas. */
export async function runTraining(
  { runner, options, hashes }: AtlasBuild,
  name: string,
  training: AtlasTraining & { seed: number },
  files: { sae: string; log?: string },
): Promise<void> {
  const { onProgress } = options;
  const signal = interruptible(options.signal);
  await runner.step(
    {
      name,
      version: 1,
      inputs: { embeddings: hashes.embeddings },
      options: training,
      outputs: [files.sae, ...(files.log === undefined ? [] : [files.log])],
    },
    async (key) => {
      await requireRows(embeddingsOf(options), signal);
      await removeTrainStates(options.dir, trainStateFile(key));
      const state = path.join(options.dir, trainStateFile(key));
      const result = await trainSae(await readMatrix(embeddingsOf(options)), {
        ...training,
        checkpointPath: state,
        checkpointEvery: 200,
        resume: true,
        onProgress,
        onWarning: options.onWarning,
        signal,
      });
      signal?.throwIfAborted();
      if (result.problem !== undefined) throw new Error(`train: ${result.problem}`);
      await saveSae(path.join(options.dir, files.sae), result.sae, {
        auxk: 2 * training.k,
        epochs: result.ended === "plateau" ? Math.round(result.epochs) : training.epochs,
        lr: training.lr,
        seed: training.seed,
      });
      if (files.log !== undefined) {
        await writeJsonl(path.join(options.dir, files.log), result.log);
      }
      await rm(state, { force: true });
    },
  );
}

/** States of trainings with other options or embeddings, which nothing will continue from. */
async function removeTrainStates(dir: string, kept: string): Promise<void> {
  for (const name of await readdir(dir)) {
    if (!/^train-state.*\.safetensors$/.test(name) || name === kept) continue;
    await rm(path.join(dir, name), { force: true });
  }
}

/** Encodes the corpus and measures the SAE on it. */
export async function encodeStep({ runner, options, hashes, data }: AtlasBuild): Promise<void> {
  const { dir, onProgress, onWarning, signal } = options;
  const embeddings = embeddingsOf(options);
  const sae = await data.sae();
  runner.manifest.k = sae.k;
  const shards = await shardNames(options);
  const pair = codesFiles(sae.k, sae.n);
  const files = shards.length > 0 ? shards : [pair.indices, pair.values];
  await runner.step(
    {
      name: "encode",
      version: 1,
      inputs: { embeddings: hashes.embeddings, sae: hashes.sae },
      options: { k: sae.k },
      outputs: [...files, ATLAS_FILES.metrics],
    },
    async () => {
      const engine = await data.engine();
      runner.manifest.engine = engine.description;
      if (options.sae !== undefined && onWarning) {
        const { warning } = await compareReadings(sae, embeddings, { engine, quick: true });
        if (warning !== undefined) onWarning(warning);
      }
      const folder = path.join(dir, CODES_FOLDER);
      const { schedule, sae: given, k, device, workers, threads } = options;
      if (schedule === undefined) {
        await rm(path.join(dir, TASKS_FOLDER), { recursive: true, force: true });
      }
      if (schedule !== undefined) {
        const { encodeByTasks } = await import("./encode-tasks.js");
        await encodeByTasks(sae, schedule, options);
      } else if (shards.length > 0) {
        await encodeToShards(given ?? data.file("sae"), embeddings, folder, {
          ...{ load: { k }, device, workers, threads, onProgress, signal },
        });
      } else {
        await encodeToFiles(sae, embeddings, dir, { engine, onProgress, signal });
      }
      if ((schedule !== undefined || shards.length === 0) && hasCodesPlan(folder)) {
        await rm(folder, { recursive: true });
      }
      const codes = await data.codes();
      const metrics = await computeMetrics(sae, embeddings, { codes, engine, onProgress, signal });
      if (metrics.normalized_mse >= 1) {
        const error = metrics.normalized_mse.toPrecision(3);
        onWarning?.(
          `the SAE reconstructs worse than the mean row (normalised MSE ${error}): was it trained on embeddings like these?`,
        );
      }
      await writeJson(path.join(dir, ATLAS_FILES.metrics), metrics);
    },
  );
  hashes.codes = codesHash(runner);
}

/** The shards in which the codes of tasks, or of a folder of embeddings, will lie; none of one file. */
async function shardNames(options: AtlasBuild["options"]): Promise<string[]> {
  const embeddings = embeddingsOf(options);
  if (options.schedule !== undefined) {
    const { N } = await embeddingShape(embeddings);
    const folder = `${TASKS_FOLDER}/${TASK_FOLDERS.codes}`;
    const count = Math.ceil(N / SHARD_DOCUMENTS);
    return Array.from({ length: count }, (_, shard) => `${folder}/${codesShardName(shard)}`);
  }
  const isFolder = (await stat(options.embeddings)).isDirectory();
  const shards = isFolder ? await matrixShards(embeddings) : [];
  return shards.map((_, shard) => `${CODES_FOLDER}/${codesShardName(shard)}`);
}

/** What stands for the codes among the inputs of steps: the hashes of their files. */
export function codesHash(runner: StepRunner): string {
  const outputs = ownValue(runner.manifest.steps, "encode")?.outputs ?? {};
  const hashes = Object.entries(outputs).flatMap(([file, hash]) => (isCodesFile(file) ? hash : []));
  if (hashes.length === 0) throw new Error("atlas: no step has written codes");
  return hashes.join(" ");
}
