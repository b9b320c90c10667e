import { rm, stat } from "node:fs/promises";
import { createAtomicFile } from "../../files/atomic-file.js";
import { writeJsonl } from "../../files/jsonl.js";
import { readNpyMatrix } from "../../files/numpy/npy.js";
import { loadSae } from "../../sae/checkpoint.js";
import { saveCheckpoint, tellsK } from "../../sae/save-checkpoint.js";
import { type TrainResult, trainSae } from "../../sae/train/train.js";
import type { TrainOptions } from "../../sae/train/train-options.js";
import { trainerOf } from "../../engine/open-engine.js";
import { engineChoice } from "../options.js";
import { runGrid } from "./train-grid.js";
import { type Command, UsageError, defineCommand } from "../command.js";

export const trainCommand: Command = defineCommand({
  name: "train",
  summary: "Train a top-k SAE on embeddings.",
  details:
    "Loss, AuxK, gradient projection, clipping and Adam as in arXiv 2408.00657. A stopped or killed run goes\n" +
    "on from its last checkpoint when the same command is given again, and ends in the same weights.\n" +
    "--grid trains every k with every n into the folder --out, with a table for `scaling`, such as:\n" +
    "  feature-families train --grid k=4,8:n=512,1024 --epochs 10 --embeddings FILE --out grid",
  example:
    "feature-families train --embeddings data/wordnet/embeddings.npy --k 8 --n 1024 --epochs 20 --lr 1e-3 --out sae.safetensors",
  options: {
    embeddings: { type: "string", value: "FILE", about: "embeddings [N, d], .npy", required: true },
    out: {
      type: "string",
      value: "FILE",
      about: "the SAE, .safetensors, or .pth for PyTorch; a folder with --grid",
      required: true,
    },
    grid: { type: "string", value: "k=…:n=…", about: "train every k with every n (and :auxk=…)" },
    k: { type: "integer", least: 1, about: "latents kept per document" },
    n: { type: "integer", least: 1, about: "number of latents" },
    auxk: { type: "integer", least: 1, about: "dead latents that explain the error (default 2k)" },
    batch: { type: "integer", least: 1, about: "documents a step (default 1024)" },
    "auxk-coef": { type: "number", about: "weight of that loss (default 1/32)" },
    "multik-coef": {
      type: "number",
      about: "weight of the loss of a decode with 4k latents, the multi-TopK loss (default 0)",
    },
    lr: { type: "number", about: "Adam's learning rate (default 1e-4)" },
    warmup: { type: "integer", least: 0, about: "steps of a rising learning rate (default 0)" },
    decay: {
      type: "string",
      choices: ["constant", "linear", "cosine"],
      about: "how the learning rate falls after that (default constant)",
    },
    normalise: {
      type: "string",
      choices: ["none", "z-score"],
      about: "train on raw embeddings or on their z-scores; kept in the SAE (default none)",
    },
    clip: { type: "number", about: "largest gradient norm (default 1)" },
    "dead-steps": {
      type: "integer",
      least: 1,
      about: "steps without firing after which a latent is dead",
    },
    steps: { type: "integer", least: 1, about: "steps in all" },
    epochs: {
      type: "integer",
      least: 1,
      about: "passes over the rows, instead of --steps (default 50)",
    },
    order: {
      type: "string",
      choices: ["file", "shuffle"],
      about: "order of the rows (default shuffle)",
    },
    seed: { type: "integer", about: "of initial weights and order (default 0)" },
    "own-seeds": {
      type: "boolean",
      about: "with --grid: a seed for each run, so that SAEs compare fairly latent by latent",
    },
    init: { type: "string", value: "FILE", about: "an SAE to start from" },
    holdout: { type: "number", about: "share of rows held out to validate on (default 0)" },
    patience: {
      type: "integer",
      least: 1,
      about: "epochs without a better validation loss before stopping",
    },
    "skip-zero-rows": {
      type: "boolean",
      about: "leave out rows of zeros instead of refusing them",
    },
    checkpoint: {
      type: "string",
      value: "FILE",
      about: "where the run's state is kept (default beside --out until the run is finished)",
    },
    "checkpoint-every": {
      type: "integer",
      least: 1,
      about: "steps between two checkpoints (default an epoch)",
    },
    log: { type: "string", value: "FILE", about: "a JSON line a step" },
    engine: {
      type: "string",
      choices: ["cpu", "tensorflow-webgpu", "tensorflow-cuda", "tensorflow-cpu"],
      about: "where to train (default cpu)",
    },
  },
  async run(values, _positionals, context) {
    if (values.steps !== undefined && values.epochs !== undefined) {
      throw new UsageError("train: --steps and --epochs exclude each other");
    }
    const { onProgress, signal } = context;
    const shared = { ...sharedOptions(values), onProgress, signal };
    if (values.grid !== undefined)
      return runGrid(values.grid, values, shared, (line) => context.note(line));
    for (const name of ["k", "n"] as const) {
      if (values[name] === undefined && values.init === undefined) {
        throw new UsageError(`train: --${name} is required without --init`);
      }
    }
    const embeddings = await readNpyMatrix(values.embeddings);
    for (const name of ["out", "log", "checkpoint"] as const) {
      await checkWritable(`--${name}`, values[name]);
    }
    if (!/\.(safetensors|pth|pt)$/i.test(values.out)) {
      throw new UsageError(`train: --out must end in .safetensors, .pth or .pt, got ${values.out}`);
    }
    if (values.normalise === "z-score" && !/\.safetensors$/i.test(values.out)) {
      throw new UsageError(
        "train: --normalise z-score needs an --out of .safetensors: a .pth has no place for it",
      );
    }
    const init =
      values.init === undefined ? undefined : await loadSae(values.init, { k: values.k });
    const checkpointPath =
      values.checkpoint ?? values.out.replace(/\.[a-z]+$/i, ".training.safetensors");
    const start = performance.now();
    const result = await trainSae(embeddings, {
      ...shared,
      k: values.k,
      n: values.n,
      auxk: values.auxk,
      init,
      checkpointPath,
      resume: true,
    });
    const seconds = (performance.now() - start) / 1000;
    if (values.log !== undefined) await writeJsonl(values.log, result.log);
    if (result.ended === "aborted") {
      throw new Error(
        `train: stopped after step ${result.steps}; run the same command to go on from ${checkpointPath}`,
      );
    }
    await saveCheckpoint(values.out, result.sae, { auxk: values.auxk ?? 2 * result.sae.k });
    if (values.checkpoint === undefined) await rm(checkpointPath, { force: true });
    return {
      json: summary(result, values.out, seconds),
      lines: summaryLines(result, values.out, seconds),
    };
  },
});

function sharedOptions(
  values: Record<string, unknown>,
): Omit<Partial<TrainOptions>, "k" | "n" | "auxk"> {
  return {
    createTrainer: trainerOf(engineChoice(values.engine as string | undefined)),
    auxkCoef: values["auxk-coef"] as number | undefined,
    multikCoef: values["multik-coef"] as number | undefined,
    batch: values.batch as number | undefined,
    lr: values.lr as number | undefined,
    warmup: values.warmup as number | undefined,
    decay: values.decay as TrainOptions["decay"],
    normalise: values.normalise as TrainOptions["normalise"],
    clip: values.clip as number | undefined,
    deadSteps: values["dead-steps"] as number | undefined,
    steps: values.steps as number | undefined,
    epochs: values.epochs as number | undefined,
    order: values.order as TrainOptions["order"],
    seed: values.seed as number | undefined,
    holdout: values.holdout as number | undefined,
    patience: values.patience as number | undefined,
    zeroRows: values["skip-zero-rows"] === true ? "skip" : "error",
    checkpointEvery: values["checkpoint-every"] as number | undefined,
  };
}

/**
 * Opens and drops a file beside each that will be written: a name that cannot be written is told before the training,
 * not after it.
 */
async function checkWritable(option: string, file: string | undefined): Promise<void> {
  if (file === undefined) return;
  const isFolder = await stat(file).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
  if (isFolder) throw new UsageError(`train: ${option} must name a file, ${file} is a folder`);
  try {
    await (await createAtomicFile(file)).abort();
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`train: ${option} cannot be written: ${problem}`, { cause });
  }
}

function summary(result: TrainResult, out: string, seconds: number): Record<string, unknown> {
  const { sae, steps, ended, bestStep, skippedRows, log } = result;
  const { k, n, d } = sae;
  return { out, k, n, d, steps, ended, bestStep, skippedRows, seconds, last: log.at(-1) };
}

function summaryLines(result: TrainResult, out: string, seconds: number): string[] {
  const { steps, ended, bestStep, log } = result;
  const last = log.at(-1);
  return [
    `trained ${steps} steps in ${seconds.toFixed(1)} s${ended === "early" ? `, best at step ${bestStep}` : ""}`,
    ...(last
      ? [`last batch: normalised MSE ${last.reconstruction.toFixed(4)}, ${last.dead} dead latents`]
      : []),
    `wrote ${out}`,
    ...(tellsK(out) ? [] : [`${out} does not tell k: give --k ${result.sae.k} to read it`]),
  ];
}
