import type { SaeParameters, TrainerState } from "../engine/trainer.js";
import type { Matrix } from "../matrix.js";
import type { TrainLogRow, TrainPlan } from "./train-options.js";

/** A run between two steps: all that a checkpoint keeps. */
export interface TrainRun {
  state: TrainerState;
  log: TrainLogRow[];
  /** The lowest validation loss so far and its weights (with `patience` alone); step 0 before the first. */
  best: { step: number; validation: number; parameters?: SaeParameters };
  /** Validations since then. */
  stale: number;
}

/** Not there yet: refuses. */
export function writeTrainCheckpoint(
  path: string,
  _run: TrainRun,
  _plan: TrainPlan,
  _embeddings: Matrix,
): Promise<void> {
  return Promise.reject(new Error(`${path}: training checkpoints cannot be written yet`));
}

/** Not there yet: refuses. */
export function readTrainCheckpoint(
  path: string,
  _plan: TrainPlan,
  _embeddings: Matrix,
): Promise<TrainRun | undefined> {
  return Promise.reject(new Error(`${path}: training checkpoints cannot be read yet`));
}
