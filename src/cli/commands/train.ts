import { rm, stat } from "node:fs/promises";
import { compact } from "../../core/collections.js";
import type { TrainResult } from "../../sae/train/train.js";
import type { TrainOptions } from "../../sae/train/train-options.js";
import * as option from "../option-kinds.js";
import { EMBEDDINGS } from "../options.js";
import { type Command, type OptionValues, UsageError, defineCommand } from "../command.js";
import { runGrid } from "../train-grid.js";

const options = {
  embeddings: option.input(EMBEDDINGS, { required: true }),
  out: option.path("file for the SAE, .safetensors, or .pth for PyTorch; with --grid a folder", {
    required: true,
  }),
  grid: option.text("train every k with every n, such as k=4,8:n=512,1024 (optionally :auxk=…)", {
    value: "GRID",
    excludes: ["k", "n", "auxk", "init", "checkpoint", "log"],
  }),
  k: option.count("latents kept per document"),
  n: option.count("number of latents"),
  auxk: option.count("dead latents that reconstruct the error (default: 2k)"),
  activation: option.text(
    "keep k latents per document, or k on average over a batch, recorded as a threshold (default topk)",
    { choices: ["topk", "batch-topk"], excludes: ["grid"] },
  ),
  prefixes: option.numbers(
    "Matryoshka training: ends of nested prefixes of the latents, such as 32,128,512, each with its own loss",
    { least: 1, excludes: ["grid"] },
  ),
  batch: option.count("documents per batch (default: 64 to 1024, depending on their number)"),
  "auxk-coef": option.number("weight of the AuxK loss (default 1/32)"),
  "multik-coef": option.number(
    "weight of the multi-TopK loss, which decodes with 4k latents (default 0)",
  ),
  lr: option.number("learning rate of Adam (default 0.002; the paper's is 1e-4)"),
  warmup: option.integer("warm-up steps of the learning rate (default 0)", { least: 0 }),
  decay: option.text("schedule of the learning rate after the warm-up (default constant)", {
    choices: ["constant", "linear", "cosine"],
  }),
  normalise: option.text(
    "train on raw embeddings, embeddings minus their mean, or z-scores, recorded in the SAE (default none)",
    { choices: ["none", "centre", "z-score"] },
  ),
  clip: option.number("largest gradient norm (default 1)"),
  "dead-steps": option.count(
    "steps without being active after which a latent is dead (default: the steps of one epoch)",
  ),
  steps: option.count("training steps"),
  epochs: option.count(
    "passes over the documents, instead of --steps (default: until the plateau, at most 60)",
    { excludes: ["steps"] },
  ),
  order: option.text("order of the rows (default shuffle)", { choices: ["file", "shuffle"] }),
  seed: option.integer("random seed (default 0)"),
  "own-seeds": option.flag(
    "with --grid: train each SAE from its own seed, for a fair comparison of their latents",
    { needs: ["grid"] },
  ),
  init: option.input("an SAE to start from"),
  start: option.text(
    "initial directions, drawn at random or by k-means of the rows (default random)",
    {
      choices: ["random", "kmeans"],
      excludes: ["init"],
    },
  ),
  holdout: option.number(
    "share of the rows held out for validation (default 0.1 with a plateau, else 0)",
  ),
  plateau: option.number(
    "stop once the held-out error falls by less than this share from one quarter of the steps to the next (default 0.005, unless --steps, --epochs or --patience is given)",
  ),
  patience: option.count("stop after this many epochs without a better validation loss", {
    needs: ["holdout"],
  }),
  "skip-zero-rows": option.flag("leave out rows of zeros instead of rejecting the file"),
  checkpoint: option.file(
    "file for the state of the run (default: beside --out, until the run is finished)",
  ),
  "checkpoint-every": option.count("steps between checkpoints (default: one epoch)"),
  log: option.file("file for the training log, a line per step, .jsonl"),
  engine: option.text("where to train (default cpu)", {
    choices: ["cpu", "tensorflow-webgpu", "tensorflow-cuda", "tensorflow-cpu"],
  }),
};

type Values = OptionValues<typeof options>;

export const trainCommand: Command = defineCommand({
  name: "train",
  group: "steps",
  summary: "Train a top-k SAE on embeddings.",
  details:
    "Loss, AuxK, gradient projection, clipping and Adam follow arXiv 2408.00657. A stopped run continues from its last " +
    "checkpoint when the same command is given again, and ends with the same weights. --grid trains every k with every " +
    "n into the folder --out and writes a table for scaling, such as:\n" +
    "feature-families train --grid k=4,8:n=512,1024 --epochs 10 --embeddings FILE --out grid",
  example:
    "feature-families train --embeddings data/wordnet/embeddings.npy --k 8 --n 1024 --epochs 20 --lr 1e-3 --out sae.safetensors",
  options,
  async run(values, _positionals, context) {
    const { onProgress, onWarning, signal } = context;
    const shared = { ...(await sharedOptions(values)), onProgress, onWarning, signal };
    if (values.grid !== undefined)
      return runGrid(values.grid, values, shared, (line) => context.note(line));
    for (const name of ["k", "n"] as const) {
      if (values[name] === undefined && values.init === undefined) {
        throw new UsageError(`train: --${name} is required without --init`);
      }
    }
    for (const name of ["out", "log", "checkpoint"] as const) {
      await checkWritable(`--${name}`, values[name]);
    }
    if (!/\.(safetensors|pth|pt)$/i.test(values.out)) {
      throw new UsageError(`train: --out must end in .safetensors, .pth or .pt, got ${values.out}`);
    }
    for (const name of ["normalise", "prefixes", "activation"] as const) {
      if (
        ["none", "topk"].includes(String(values[name] ?? "none")) ||
        /\.safetensors$/i.test(values.out)
      )
        continue;
      throw new UsageError(
        `train: --${name} ${String(values[name])} needs an --out that ends in .safetensors, as a .pth cannot record it`,
      );
    }
    const { readMatrix } = await import("../../files/matrix.js");
    const { writeJsonl } = await import("../../files/jsonl.js");
    const { loadSae } = await import("../../sae/checkpoint.js");
    const { saveCheckpoint, tellsK } = await import("../../sae/save-checkpoint.js");
    const { trainSae } = await import("../../sae/train/train.js");
    const embeddings = await readMatrix(values.embeddings);
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
      prefixes: values.prefixes,
      activation: values.activation,
      init,
      checkpointPath,
      resume: true,
    });
    const seconds = (performance.now() - start) / 1000;
    if (values.log !== undefined) await writeJsonl(values.log, result.log);
    if (result.ended === "aborted") {
      throw new Error(
        `train: stopped after step ${result.steps}; run the same command to continue from ${checkpointPath}`,
      );
    }
    await saveCheckpoint(values.out, result.sae, { auxk: values.auxk ?? 2 * result.sae.k });
    if (values.checkpoint === undefined) await rm(checkpointPath, { force: true });
    return {
      json: summary(result, values.out, seconds),
      failed: result.problem !== undefined,
      lines: compact([
        ...summaryLines(result, values.out, seconds),
        !tellsK(values.out) &&
          `the file name ${values.out} does not declare k: pass --k ${result.sae.k} to read the file`,
        result.problem !== undefined && `failed: ${result.problem}`,
      ]),
    };
  },
});

async function sharedOptions(
  values: Values,
): Promise<Omit<Partial<TrainOptions>, "k" | "n" | "auxk">> {
  const { auxkCoef, multikCoef, batch, lr, warmup, decay, normalise, clip, deadSteps } = values;
  const { steps, epochs, order, seed, start, holdout, plateau, patience } = values;
  const { skipZeroRows, checkpointEvery } = values;
  const { trainerOf } = await import("../../engine/open-engine.js");
  return {
    createTrainer: trainerOf(values.engine ?? "auto"),
    ...{ auxkCoef, multikCoef, batch, lr, warmup, decay, normalise, clip, deadSteps },
    ...{ steps, epochs, order, seed, start, holdout, plateau, patience, checkpointEvery },
    zeroRows: skipZeroRows ? "skip" : "error",
  };
}

/**
 * Opens and drops a file beside each that will be written: a name that cannot be written is reported before the training,
 * not after it.
 */
async function checkWritable(option: string, file: string | undefined): Promise<void> {
  if (file === undefined) return;
  const found = await stat(file).catch(() => undefined);
  if (found?.isDirectory())
    throw new UsageError(`train: ${option} must name a file, ${file} is a folder`);
  const { createAtomicFile } = await import("../../files/atomic-file.js");
  try {
    await (await createAtomicFile(file)).abort();
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`train: ${option} cannot be written: ${problem}`, { cause });
  }
}

function summary(result: TrainResult, out: string, seconds: number): Record<string, unknown> {
  const { sae, steps, ended, bestStep, skippedRows, problem, log } = result;
  const { k, n, d } = sae;
  return { out, k, n, d, steps, ended, bestStep, skippedRows, problem, seconds, last: log.at(-1) };
}

function summaryLines(result: TrainResult, out: string, seconds: number): string[] {
  const { steps, ended, bestStep, log } = result;
  const last = log.at(-1);
  return compact([
    `trained ${steps} steps in ${seconds.toFixed(1)} s${describeEnd(ended, bestStep)}`,
    last &&
      `last batch: normalised MSE ${last.reconstruction.toFixed(4)}, ${last.dead} dead latents`,
    `wrote ${out}`,
  ]);
}

function describeEnd(ended: TrainResult["ended"], bestStep?: number): string {
  if (ended === "plateau") return ", until the held-out error no longer fell";
  return ended === "early" ? `, best at step ${bestStep}` : "";
}
