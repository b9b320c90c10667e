/** Semantic search that latents and families steer, and why a document was found. */
export { type LatentDirections, documentDirections } from "./directions.js";
export type { SteeringEdit } from "./edits.js";
export { type DocumentFilter, readFilter } from "./filter.js";
export {
  type Explanation,
  type ExplanationBase,
  type RankChange,
  compareRankings,
  explainScore,
  sharedLatents,
} from "./explain.js";
export { type MeanDocument, meanDocument } from "./mean-document.js";
export type { SearchIndexOptions } from "./scan/scanner.js";
export { type SearchIndex, openSearchIndex } from "./scan/search-index.js";
export {
  type Hit,
  type SearchOptions,
  type SearchQuery,
  searchRows,
  searchRowsTogether,
} from "./scan/search-rows.js";
export { type LabelHit, searchLabels } from "./names/search-labels.js";
export {
  type SteeredQuery,
  type SteeringMethod,
  type SteeringModel,
  STEERING_METHODS,
  steerQueries,
  steerQuery,
  typicalActivations,
} from "./steer.js";
export { type SteeringSession, startSteering } from "./steering-session.js";
export {
  type EditOptimisation,
  type EditOptimisationOptions,
  optimiseEdits,
} from "./study/edit-optimisation.js";
export {
  type CurvePoint,
  type EqualCosine,
  type EqualCosineOptions,
  type PairedDifference,
  compareAtEqualCosine,
} from "./study/equal-cosine.js";
export {
  type EvaluationOptions,
  type SteeringCell,
  type SteeringEvaluation,
  evaluateSteering,
} from "./study/evaluate-steering.js";
export { type SteeringCase, drawCases, drawQueries } from "./study/evaluation-cases.js";
export type { SteeringTrial, TrialMeasures, TrialSource } from "./study/trials.js";
