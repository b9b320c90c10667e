import { checkPrefixes } from "../../core/arguments.js";
import { layoutBytes } from "../../engine/kernels/memory-layout.js";
import { type CreateTrainer, type TrainerSettings, roomOf } from "../../engine/trainer.js";
import { type Matrix, takeRows } from "../../core/matrix.js";
import type { OnProgress } from "../../core/progress.js";
import type { LearningRateDecay } from "./learning-rate.js";
import { type InputNormalisation, zScoreOf } from "../normalisation.js";
import { type Sae, isPlainTopK } from "../sae.js";
import { LEARNING_RATE, PLATEAU, batchFor, heldOutShare, mostEpochs } from "./budget.js";
import { type TrainRows, batchesPerEpoch, splitRows } from "./train-rows.js";

/** One training step as the log records it. Losses are normalised squared errors of the batch, before the update. */
export interface TrainLogRow {
  /** Steps taken, this one included. */
  step: number;
  loss: number;
  reconstruction: number;
  aux: number;
  /** Norm of the whole gradient before clipping. */
  grad_norm: number;
  /** Latents counted as dead in this step. */
  dead: number;
  /** Loss of the decode with 4k latents, where `multikCoef` is not 0. */
  multik?: number;
  /** Normalised squared error of the held-out rows after this step: at the end of an epoch and of the run. */
  validation?: number;
}

/** How to train. Only `k` and `n` are needed, and neither of them where `init` is given. */
export interface TrainOptions {
  /** Latents kept per document, 1 to n. Default: that of `init`. */
  k?: number;
  /** Number of latents. Default: that of `init`. */
  n?: number;
  /** Dead latents that may explain each document's error. Default 2k. */
  auxk?: number;
  /** Weight of that loss. Default 1/32. */
  auxkCoef?: number;
  /** Weight of the loss of a decode with 4k latents (n at most). Default 0: left out, as in the paper's code. */
  multikCoef?: number;
  /**
   * "batch-topk" keeps the largest k times B activations of a batch of B documents, 4k of a document at most (arXiv 2412.06410), so
   * that documents may differ in how many latents they have. The SAE then is a JumpReLU of one threshold. Default "topk".
   */
  activation?: "topk" | "batch-topk";
  /**
   * Matryoshka training (arXiv 2503.17547): ends of nested prefixes of the latents, such as [32, 128, 512]; n is added where it is not
   * the last. The reconstruction loss is then the mean over the decodes with the latents below each, so that early latents learn what is
   * general. Default: those of `init`, else none.
   */
  prefixes?: readonly number[];
  /** Documents in a step, 2 to N. Default by the training rows: 64 for 2,500, 128 for 5,000 … 1,024 from 29,000 on. */
  batch?: number;
  /** Adam's learning rate; the highest one with `warmup` or `decay`. Default 2e-3; the paper's is 1e-4. */
  lr?: number;
  /** Steps over which the learning rate rises evenly to `lr`. Default 0. */
  warmup?: number;
  /** How the learning rate falls after that, to 0 at the end of the run, or not. Default "constant", as in the paper. */
  decay?: LearningRateDecay;
  /**
   * What is done to the embeddings, by the training rows' dimensions: nothing, "centre" (their mean subtracted), or "z-score"
   * (divided by their deviation, too). The SAE then does it to all that it encodes and undoes it on what it decodes.
   * Default "none", as in the paper's code.
   */
  normalise?: NormaliseName;
  /** Largest gradient norm. Default 1. */
  clip?: number;
  /**
   * A latent is dead when it has not been among any document's top k for more than this many steps.
   * Default: the steps of one epoch (the paper's 266 is that of 271,494 documents).
   */
  deadSteps?: number;
  /** Passes over the training rows. Default: until the plateau, 60 passes or 3,000 steps at most. Not together with `steps`. */
  epochs?: number;
  /** Steps in all, over as many epochs as that takes. */
  steps?: number;
  /**
   * Stop after 1,000 steps or more once the held-out error falls by less than this share from the third quarter of the steps so far to
   * the last. Default 0.005 where neither `epochs`, `steps` nor `patience` is given, else 0: never.
   */
  plateau?: number;
  /** Rows in file order in every epoch, or shuffled anew for each. Default "shuffle". */
  order?: "file" | "shuffle";
  /** Seed of the initial weights, the held-out rows and the order. Default 0. */
  seed?: number;
  /** Weights to start from, such as another run's. Default: see `start`. */
  init?: Sae;
  /**
   * The directions to start from: "random", as initialiseSae draws them, or "kmeans", by spherical k-means of the training rows around
   * the pre-bias. Default "random".
   */
  start?: "random" | "kmeans";
  /**
   * Share of the rows held out at random to validate on, from 0 to below 1. Default 0.1, at most 5,000 rows, with `plateau`, else 0.
   */
  holdout?: number;
  /**
   * Stop after this many epochs without a better validation loss, and give the weights of the best epoch.
   * Needs `holdout`. Default: never.
   */
  patience?: number;
  /** What to do with rows that are all zeros (failed embedding calls). Default "error": an error names the first. */
  zeroRows?: "error" | "skip";
  /** Where to keep the state of the run (.safetensors; also readable as an SAE). Default: nowhere. */
  checkpointPath?: string;
  /** Steps between two checkpoints. Default: one epoch. One is also written at the end and on `signal`. */
  checkpointEvery?: number;
  /** Continue from `checkpointPath` where that file exists; else start anew. Default false. */
  resume?: boolean;
  /** Stops the run after the present step. */
  signal?: AbortSignal;
  onProgress?: OnProgress;
  /** Receives what is worth a look: a corpus too small for n, a mean far from the pre-bias, dead latents, an end too early. */
  onWarning?: (warning: string) => void;
  /** Receives every log row as soon as it is written; on resuming only the new ones. */
  onLog?: (row: TrainLogRow) => void;
  /** The backend. Default: ONNX Runtime on the CPU. */
  createTrainer?: CreateTrainer;
}

/** What `normalise` may be. */
export type NormaliseName = "none" | "centre" | "z-score";

/** All of them. */
export const NORMALISE_NAMES: readonly NormaliseName[] = ["none", "centre", "z-score"];

/** Options with every default filled in. */
export interface TrainPlan {
  d: number;
  n: number;
  settings: TrainerSettings;
  batch: number;
  lr: number;
  warmup: number;
  decay: LearningRateDecay;
  normalisation: InputNormalisation;
  order: "file" | "shuffle";
  seed: number;
  start: "random" | "kmeans";
  holdout: number;
  patience: number;
  plateau: number;
  rows: TrainRows;
  stepsPerEpoch: number;
  steps: number;
  checkpointEvery: number;
}

/** Checks the options against the embeddings [N, d]. Throws RangeError or TypeError naming the option. */
export function planTraining(embeddings: Matrix, options: TrainOptions): TrainPlan {
  const { order = "shuffle", zeroRows = "error", seed = 0 } = options;
  const { decay = "constant", warmup = 0, normalise = "none", start = "random" } = options;
  checkChoice("normalise", normalise, NORMALISE_NAMES);
  checkChoice("start", start, ["random", "kmeans"]);
  const { activation = "topk" } = options;
  checkChoice("activation", activation, ["topk", "batch-topk"]);
  checkChoice("order", order, ["file", "shuffle"]);
  checkChoice("decay", decay, ["constant", "linear", "cosine"]);
  checkChoice("zeroRows", zeroRows, ["error", "skip"]);
  if (!Number.isSafeInteger(seed)) {
    throw new RangeError(`trainSae: seed must be a whole number, got ${seed}`);
  }
  const { plateau, holdout } = choosePlateau(options, embeddings.rows);
  if (options.resume && options.checkpointPath === undefined) {
    throw new TypeError("trainSae: resume needs checkpointPath");
  }
  const { k, n } = checkSizes(embeddings, options);
  const settings = checkSettings(options, k, n);
  const ends = options.prefixes ?? options.init?.prefixes;
  const prefixes = ends && (ends.at(-1) === n ? ends : [...ends, n]);
  if (prefixes !== undefined) checkPrefixes("trainSae", prefixes, n);
  const patience = checkPatience(options.patience, holdout);
  const rows = splitRows(embeddings, { holdout, zeroRows, seed });
  const count = rows.train.length;
  if (holdout > 0 && rows.heldOut.length < 2) {
    throw new RangeError(
      `trainSae: holdout ${holdout} gives ${rows.heldOut.length} rows, expected at least 2`,
    );
  }
  const batch = wholeNumber("batch", options.batch ?? Math.min(batchFor(count), count), 2, count);
  if (options.createTrainer === undefined) {
    const { auxk } = settings;
    const room = roomOf({ k, batchTopK: activation === "batch-topk" }, n);
    requireTrainable({ n, d: embeddings.cols, batch, k: room, auxk, prefixes: prefixes?.length });
  }
  const stepsPerEpoch = batchesPerEpoch(count, batch);
  const deadSteps = wholeNumber("deadSteps", options.deadSteps ?? stepsPerEpoch, 1);
  return {
    d: embeddings.cols,
    n,
    settings: {
      ...settings,
      deadSteps,
      ...(prefixes && { prefixes }),
      ...(activation === "batch-topk" && { batchTopK: true }),
    },
    batch,
    lr: positive("lr", options.lr ?? LEARNING_RATE),
    warmup: wholeNumber("warmup", warmup, 0),
    decay,
    normalisation: normalisationOf(normalise, () => takeRows(embeddings, rows.train)),
    order,
    seed,
    start,
    holdout,
    patience,
    plateau,
    rows,
    stepsPerEpoch,
    steps: countSteps(options, stepsPerEpoch),
    checkpointEvery: wholeNumber("checkpointEvery", options.checkpointEvery ?? stepsPerEpoch, 1),
  };
}

// The kernels' memory has 32-bit addresses.
const KERNEL_BYTES = 2 ** 32;

/** Throws RangeError where the CPU's training of such an SAE does not fit into its memory. */
export function requireTrainable(size: {
  n: number;
  d: number;
  batch: number;
  /** Latents that a document keeps, and dead ones that may explain its error. */
  k: number;
  auxk: number;
  /** Nested prefixes, where it has any. */
  prefixes?: number;
}): void {
  const { n, d, batch } = size;
  const bytes = layoutBytes({ ...size, rows: batch, entries: size.k + size.auxk });
  if (bytes <= KERNEL_BYTES) return;
  const ofBatch = layoutBytes({ ...size, n: 0, rows: batch, entries: size.k + size.auxk });
  const most = Math.floor((n * (KERNEL_BYTES - ofBatch)) / (bytes - ofBatch));
  throw new RangeError(
    most < 1
      ? `trainSae: batch must be lower than ${batch} (--batch), as training on the CPU is limited to 4 GiB`
      : `trainSae: n must be at most ${most} for embeddings of width ${d}, as training on the CPU is limited to 4 GiB, got ${n}: lower n (--n), or train on a TensorFlow.js engine, which has no such limit`,
  );
}

function checkSizes(
  { rows, cols }: Matrix,
  { k, n, init, start }: TrainOptions,
): { k: number; n: number } {
  if (rows < 2 || cols < 1) {
    throw new RangeError(`trainSae: embeddings must have 2 rows or more, got ${rows} x ${cols}`);
  }
  const latents = wholeNumber("n", n ?? init?.n, 1);
  if (init && (init.n !== latents || init.d !== cols)) {
    throw new RangeError(
      `trainSae: init must have ${latents} latents of width ${cols}, got ${init.n} of ${init.d}`,
    );
  }
  if (init && start !== undefined) {
    throw new TypeError("trainSae: expected init or start, not both");
  }
  if (init && !isPlainTopK(init)) {
    throw new RangeError(
      `trainSae: init must be a top-k SAE of raw embeddings with one bias, got ${init.activation.kind} with normalisation ${init.normalisation.kind}`,
    );
  }
  return { n: latents, k: wholeNumber("k", k ?? init?.k, 1, latents) };
}

function countSteps({ steps, epochs }: TrainOptions, stepsPerEpoch: number): number {
  if (steps === undefined) {
    return wholeNumber("epochs", epochs ?? mostEpochs(stepsPerEpoch), 1) * stepsPerEpoch;
  }
  if (epochs !== undefined) throw new TypeError("trainSae: expected epochs or steps, not both");
  return wholeNumber("steps", steps, 1);
}

function choosePlateau(options: TrainOptions, rows: number): { plateau: number; holdout: number } {
  const { steps, epochs, patience } = options;
  const share = options.holdout ?? heldOutShare(rows);
  const isOpen = steps === undefined && epochs === undefined && patience === undefined;
  const plateau = options.plateau ?? (isOpen && share > 0 ? PLATEAU : 0);
  if (!(plateau >= 0 && plateau < 1)) {
    throw new RangeError(`trainSae: plateau must be from 0 to below 1, got ${plateau}`);
  }
  const holdout = options.holdout ?? (plateau > 0 ? share : 0);
  if (!(holdout >= 0 && holdout < 1)) {
    throw new RangeError(`trainSae: holdout must be from 0 to below 1, got ${holdout}`);
  }
  if (plateau > 0 && holdout === 0) {
    throw new RangeError(`trainSae: plateau needs a holdout above 0`);
  }
  return { plateau, holdout };
}

function normalisationOf(name: NormaliseName, rows: () => Matrix): InputNormalisation {
  if (name === "none") return { kind: "none" };
  const scores = zScoreOf(rows());
  // Centring is the z-score of deviation 1, which every reader of an SAE knows.
  return name === "centre"
    ? { ...scores, std: new Float32Array(scores.mean.length).fill(1) }
    : scores;
}

function checkPatience(patience: number | undefined, holdout: number): number {
  if (patience === undefined) return Infinity;
  if (holdout === 0) throw new RangeError("trainSae: patience needs a holdout above 0");
  return wholeNumber("patience", patience, 1);
}

function checkSettings(
  { auxk, auxkCoef = 1 / 32, multikCoef = 0, clip = 1 }: TrainOptions,
  k: number,
  n: number,
): Omit<TrainerSettings, "deadSteps"> {
  return {
    k,
    auxk: auxk === undefined ? Math.min(2 * k, n) : wholeNumber("auxk", auxk, 1, n),
    auxkCoef: notNegative("auxkCoef", auxkCoef),
    multikCoef: notNegative("multikCoef", multikCoef),
    clip: positive("clip", clip),
  };
}

function wholeNumber(name: string, value: number | undefined, low: number, high?: number): number {
  if (value === undefined) throw new TypeError(`trainSae: ${name} is missing`);
  if (!(Number.isInteger(value) && value >= low && value <= (high ?? Infinity))) {
    const range = high === undefined ? `of at least ${low}` : `from ${low} to ${high}`;
    throw new RangeError(`trainSae: ${name} must be a whole number ${range}, got ${value}`);
  }
  return value;
}

function positive(name: string, value: number): number {
  if (!(value > 0 && Number.isFinite(value))) {
    throw new RangeError(`trainSae: ${name} must be above 0 and finite, got ${value}`);
  }
  return value;
}

function notNegative(name: string, value: number): number {
  if (!(value >= 0 && Number.isFinite(value))) {
    throw new RangeError(`trainSae: ${name} must be 0 or more and finite, got ${value}`);
  }
  return value;
}

function checkChoice(name: string, value: string, choices: readonly string[]): void {
  if (!choices.includes(value)) {
    throw new RangeError(`trainSae: ${name} must be ${choices.join(" or ")}, got ${value}`);
  }
}
