/**
 * How well steering works: measured over drawn queries, at equal distance from the query, and by a judge.
 */
export { type AskOptions, askAll } from "./ask-all.js";
export { type Bootstrap, type MeanInterval, createBootstrap } from "../../core/bootstrap.js";
export {
  type EditOptimisation,
  type EditOptimisationOptions,
  optimiseEdits,
} from "./edit-optimisation.js";
export {
  type CurvePoint,
  type EqualCosine,
  type EqualCosineOptions,
  type MeasureMeans,
  type PairedDifference,
  compareAtEqualCosine,
  measuresFrom,
} from "./equal-cosine.js";
export {
  type EvaluationOptions,
  type SteeringCell,
  type SteeringEvaluation,
  STEERING_GRID,
  evaluateSteering,
} from "./evaluate-steering.js";
export { type SteeringCase, drawCases, drawQueries } from "./evaluation-cases.js";
export {
  type JudgeQuestion,
  type JudgedCase,
  type JudgedSearches,
  type Verdict,
  countVerdicts,
  judgeQuestion,
  readVerdict,
} from "./judge-question.js";
export { type PaperStatistics, paperStatistics } from "./paper-statistics.js";
export { type LatentInResults, measureLatent, overlapOf } from "./result-measures.js";
export { rewriteQuestion } from "./rewrite-question.js";
export type { SteeringTrial, TrialMeasures, TrialSource } from "./trials.js";
