import { createKernelTrainer } from "../../engine/kernels/kernel-trainer.js";
import { type StepReport, type Trainer, initialState } from "../../engine/trainer.js";
import { type Matrix, createMatrix, matrixRows, takeRows } from "../../core/matrix.js";
import { initialiseSae } from "./initialise.js";
import { learningRate } from "./learning-rate.js";
import { normaliseInPlace } from "../normalisation.js";
import { type Sae, createSae } from "../sae.js";
import { type TrainRun, readTrainCheckpoint, writeTrainCheckpoint } from "./train-checkpoint.js";
import {
  type TrainLogRow,
  type TrainOptions,
  type TrainPlan,
  planTraining,
} from "./train-options.js";
import { epochOrder, squaredDeviations } from "./train-rows.js";
import {
  trainingAdvice,
  trainingProblem,
  warnAfter,
  warnBefore,
  warnOfMean,
} from "./training-problem.js";
import { isAtPlateau } from "./budget.js";
import { withBatchThreshold } from "./batch-threshold.js";
import { kmeansDirections } from "./kmeans-start.js";
import { interruptible } from "../../core/interrupt.js";

const NO_BEST = { step: 0, validation: Infinity };

/** What a training run gives. */
export interface TrainResult {
  sae: Sae;
  /** One row per step from the first, those before a resume included. */
  log: TrainLogRow[];
  /** Steps taken. */
  steps: number;
  /** The same in passes over the training rows. */
  epochs: number;
  /** Why it ended: all steps done, `plateau`, no better validation loss for `patience` epochs, or `signal`. */
  ended: "finished" | "plateau" | "early" | "aborted";
  /** The step whose weights these are, where `patience` chose the best epoch. */
  bestStep?: number;
  /** Zero rows that were left out. */
  skippedRows: number;
  /** Why the SAE is of no use, and what may help; see trainingProblem. Undefined where it is. */
  problem?: string;
}

/**
 * Trains a top-k SAE on embeddings [N, d] (arXiv 2408.00657): normalised squared error plus AuxK over dead latents,
 * the decoder's gradient projected off its directions, clipped gradients, Adam, decoder directions of unit length.
 * The same options, seed and machine give the same weights, resumed or not.
 * Throws TypeError and RangeError for bad options and embeddings, Error where the loss is no longer finite.
 */
export async function trainSae(embeddings: Matrix, options: TrainOptions): Promise<TrainResult> {
  const plan = planTraining(embeddings, options);
  const { checkpointPath, resume = false, createTrainer = createKernelTrainer } = options;
  const resumed =
    resume && checkpointPath !== undefined
      ? await readTrainCheckpoint(checkpointPath, plan, embeddings, options.init)
      : undefined;
  if (resumed && resumed.state.step > plan.steps) {
    throw new RangeError(
      `trainSae: ${checkpointPath} is already at step ${resumed.state.step}, past the requested ${plan.steps}`,
    );
  }
  warnBefore(plan, options.onWarning);
  const run = resumed ?? (await startRun(embeddings, plan, options));
  const trainer = await createTrainer(run.state, plan.settings);
  try {
    const ended = await runSteps(trainer, run, embeddings, plan, options);
    const problem = trainingProblem(run.log, plan, embeddings);
    if (problem === undefined) warnAfter(run.log, plan, ended, options.onWarning);
    const result = finish(run, plan, ended, problem);
    if (!plan.settings.batchTopK || ended === "aborted") return result;
    const { batch, rows } = plan;
    const sae = await withBatchThreshold(result.sae, embeddings, rows.train, batch);
    return { ...result, sae };
  } finally {
    await trainer.dispose();
  }
}

async function startRun(
  embeddings: Matrix,
  plan: TrainPlan,
  { init, onWarning }: TrainOptions,
): Promise<TrainRun> {
  const { rows, settings, n, seed, start } = plan;
  const first = preparedRows(embeddings, rows.train.subarray(0, 10_000), plan);
  const sae = init ?? initialiseSae(first, { k: settings.k, n, seed });
  warnOfMean(first, sae.preBias, plan, onWarning);
  if (start === "kmeans") {
    const all = preparedRows(embeddings, rows.train, plan);
    const directions = await kmeansDirections(all, sae.preBias, sae.decoder, seed);
    sae.decoder.data.set(directions.data);
    sae.encoder.data.set(directions.data);
  }
  return { state: initialState(sae), log: [], best: NO_BEST, stale: 0 };
}

async function runSteps(
  trainer: Trainer,
  run: TrainRun,
  embeddings: Matrix,
  plan: TrainPlan,
  { checkpointPath, init, signal: given, onProgress, onLog }: TrainOptions,
): Promise<TrainResult["ended"]> {
  const signal = interruptible(given);
  const validate = createValidation(embeddings, plan.rows.heldOut, plan);
  const batches = createBatches(embeddings, plan);
  let step = run.state.step;
  let batch = batches(step);
  const save = async (): Promise<void> => {
    run.state = await trainer.readState();
    if (checkpointPath !== undefined) {
      await writeTrainCheckpoint(checkpointPath, run, plan, embeddings, init);
    }
  };
  let isFlat = isAtPlateau(run.log, plan.plateau);
  while (step < plan.steps && run.stale < plan.patience && !isFlat && !signal?.aborted) {
    const running = trainer.step(batch, learningRate(step, plan));
    step++;
    if (step < plan.steps) {
      batch = batches(step);
      trainer.prepare?.(batch);
    }
    const report = await running;
    const row = logRow(report, step, plan, embeddings);
    if (validate && (step % plan.stepsPerEpoch === 0 || step === plan.steps)) {
      row.validation = await validate(trainer);
      await noteValidation(run, row.validation, trainer, plan);
    }
    run.log.push(row);
    if (row.validation !== undefined) isFlat = isAtPlateau(run.log, plan.plateau);
    onLog?.(row);
    const note = `loss ${row.loss.toFixed(4)}, dead ${row.dead}`;
    onProgress?.({ step: "train", done: step, total: plan.steps, note });
    if (checkpointPath !== undefined && step % plan.checkpointEvery === 0) await save();
  }
  if (run.state.step !== step) await save();
  if (step >= plan.steps) return "finished";
  if (isFlat) return "plateau";
  return run.stale >= plan.patience ? "early" : "aborted";
}

function finish(
  run: TrainRun,
  plan: TrainPlan,
  ended: TrainResult["ended"],
  problem: string | undefined,
): TrainResult {
  const { best, state, log } = run;
  const { encoder, decoder, preBias, latentBias } = best.parameters ?? state.parameters;
  const { settings, rows, normalisation } = plan;
  return {
    sae: createSae({
      ...{ k: settings.k, prefixes: settings.prefixes, normalisation },
      ...{ encoder, decoder, preBias, latentBias },
    }),
    log,
    steps: state.step,
    epochs: state.step / plan.stepsPerEpoch,
    ended,
    ...(best.parameters ? { bestStep: best.step } : {}),
    skippedRows: rows.skipped,
    ...(problem !== undefined && { problem }),
  };
}

/** Rows of the embeddings as the trainer takes them. */
function preparedRows(embeddings: Matrix, rows: Uint32Array, { normalisation }: TrainPlan): Matrix {
  return normaliseInPlace(normalisation, takeRows(embeddings, rows));
}

/** Gives the batch of any step, counted from 0; it is overwritten two steps later. */
function createBatches(embeddings: Matrix, plan: TrainPlan): (step: number) => Matrix {
  let epoch = -1;
  let order = plan.rows.train;
  const buffers = [0, 1].map(() => createMatrix(plan.batch, embeddings.cols));
  return (step) => {
    const wanted = Math.floor(step / plan.stepsPerEpoch);
    if (wanted !== epoch) order = epochOrder(plan.rows.train, wanted, plan);
    epoch = wanted;
    const start = (step % plan.stepsPerEpoch) * plan.batch;
    const rows = order.subarray(start, start + plan.batch);
    const batch = matrixRows(buffers[step % 2], 0, rows.length);
    return normaliseInPlace(plan.normalisation, takeRows(embeddings, rows, batch));
  };
}

/** Gives the normalised squared error of the held-out rows; undefined where none are. */
function createValidation(
  embeddings: Matrix,
  rows: Uint32Array,
  plan: TrainPlan,
): ((trainer: Trainer) => Promise<number>) | undefined {
  if (rows.length === 0) return undefined;
  const { batch } = plan;
  const heldOut = preparedRows(embeddings, rows, plan);
  const variance = squaredDeviations(heldOut);
  return async (trainer) => {
    let error = 0;
    for (let start = 0; start < rows.length; start += batch) {
      const end = Math.min(rows.length, start + batch);
      error += await trainer.squaredError(matrixRows(heldOut, start, end));
    }
    return error / variance;
  };
}

async function noteValidation(
  run: TrainRun,
  validation: number,
  trainer: Trainer,
  plan: TrainPlan,
): Promise<void> {
  if (plan.patience === Infinity) return;
  if (validation < run.best.validation) {
    const { step, parameters } = await trainer.readState();
    run.best = { step, validation, parameters };
    run.stale = 0;
  } else run.stale++;
}

function logRow(
  report: StepReport,
  step: number,
  plan: TrainPlan,
  embeddings: Matrix,
): TrainLogRow {
  const { loss, reconstruction, aux, gradNorm, dead, multik } = report;
  if (!Number.isFinite(loss) || !Number.isFinite(gradNorm)) {
    throw new Error(
      `trainSae: loss ${loss}, gradient norm ${gradNorm} at step ${step}: ${trainingAdvice(plan, embeddings, "a lower")}, ` +
        "and check the embeddings for batches of equal rows",
    );
  }
  const row: TrainLogRow = { step, loss, reconstruction, aux, grad_norm: gradNorm, dead };
  if (plan.settings.multikCoef !== 0) row.multik = multik;
  return row;
}
