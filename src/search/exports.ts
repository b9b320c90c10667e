export {
  type Explanation,
  type RankChange,
  compareRankings,
  explainScore,
  sharedLatents,
} from "./explain.js";
export { type LatentDirections, documentDirections } from "./directions.js";
export type { SteeringEdit } from "./edits.js";
export {
  type EditOptimisation,
  type EditOptimisationOptions,
  optimiseEdits,
} from "./edit-optimisation.js";
export {
  type CurvePoint,
  type EqualCosine,
  type EqualCosineOptions,
  type PairedDifference,
  compareAtEqualCosine,
} from "./equal-cosine.js";
export {
  type EvaluationOptions,
  STEERING_GRID,
  type SteeringCell,
  type SteeringEvaluation,
  evaluateSteering,
} from "./evaluate.js";
export { type SteeringCase, drawCases, drawQueries } from "./evaluation-cases.js";
export { type PaperStatistics, paperStatistics } from "./paper-statistics.js";
export type { SteeringTrial, TrialMeasures, TrialSource } from "./trials.js";
export { type LabelHit, searchLabels } from "./labels.js";
export {
  type Hit,
  type SearchOptions,
  type SearchQuery,
  searchRows,
  searchRowsTogether,
} from "./nearest.js";
export { type SearchIndex, type SearchIndexOptions, openSearchIndex } from "./search-index.js";
export { type SteeringSession, startSteering } from "./session.js";
export {
  STEERING_METHODS,
  type SteeredQuery,
  type SteeringMethod,
  type SteeringModel,
  steerQueries,
  steerQuery,
  typicalActivations,
} from "./steer.js";
