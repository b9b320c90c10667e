/** Work on more documents than fit in memory or on one machine: groups of documents, files of sums, tasks. */
export { type BlockCoactivationOptions, coactivationFromBlocks } from "./block-coactivation.js";
export { type CodesStore, openCodes } from "./code-files.js";
export {
  RUN_RATES,
  type RunEstimate,
  type RunRates,
  type RunSize,
  type StageEstimate,
  estimateRun,
  readRates,
} from "./estimate-run.js";
export {
  type LabelDocuments,
  type LabelDocumentsOptions,
  readLabelDocuments,
} from "./label-documents.js";
export { readPairs, writePairs } from "./pair-files.js";
export {
  type PlanOptions,
  type TaskPlan,
  TASK_KINDS,
  type TaskKind,
  makePlan,
  readPlan,
} from "./plan.js";
export { SCHEDULER_PROGRAMS, type ScheduleOptions, findProgram, runPlan } from "./run-plan.js";
export type { SchedulerName } from "./scheduler-names.js";
export { type StoreOptions, type StoreRun, runOnStore } from "./run-store.js";
export { type TaskOptions, readPlannedLabels, readTotals, runTask } from "./run-task.js";
export { type CodesSource, sampleCodes } from "./some-codes.js";
export { streamEncode, streamPairs, streamTotal } from "./stream-tasks.js";
