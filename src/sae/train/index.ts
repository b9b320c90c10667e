/**
 * Training of SAEs: one run or a grid of them, resumable, and the power laws that a grid's errors follow.
 */
export { type InitialiseOptions, initialiseSae } from "./initialise.js";
export {
  type LearningRateDecay,
  type LearningRateSchedule,
  learningRate,
} from "./learning-rate.js";
export {
  type PowerLaw,
  type ScalingFit,
  type ScalingFits,
  type ScalingRun,
  evaluatePowerLaw,
  fitPowerLaw,
  fitScaling,
  trainingFlops,
} from "./scaling.js";
export {
  type GridOptions,
  type GridResult,
  type GridRow,
  readGridTable,
  trainGrid,
  writeGridTable,
} from "./train-grid.js";
export type { TrainLogRow, TrainOptions } from "./train-options.js";
export { type TrainResult, trainSae } from "./train.js";
