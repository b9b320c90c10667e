/** The atlas as one object that reads, finds and does, with the types of its members. */
export { Atlas } from "./atlas.js";
export { type BaselineRow, type MeasureBaselinesOptions, measureBaselines } from "./baselines.js";
export type { OpenOptions } from "./open-options.js";
export type { ExplorerOptions, ExplorerView } from "./explorer/view.js";
export { buildAtlas, openAtlas } from "./open.js";
export { type AtlasStore, openStore } from "./store.js";
export type {
  AtlasOptions,
  AtlasStability,
  AtlasTraining,
  BuildOptions,
  BuildPlan,
} from "./options.js";
export type { CompareOptions, ComparedSae, MatchDirection, SaeComparison } from "./compare.js";
export type { ContrastReport, NamedFinding } from "./contrast/contrast-report.js";
export type { ContrastStoreOptions } from "./contrast/contrast-store.js";
export type { DocumentSet } from "./contrast/document-set.js";
export type { ExportOptions } from "./export.js";
export { EXPORT_TARGETS, type ExportTarget } from "../exports/targets.js";
export type { AtlasFigureOptions } from "./figures/entry.js";
export type { FigureInputs } from "./figures/inputs.js";
export type { FigureListing } from "./figures/registry.js";
export type { FigureSources } from "./figures/sources.js";
export type { WriteFiguresOptions } from "./figures/write-figures.js";
export type { AtlasAuditOptions } from "./labels/audit-atlas.js";
export type { LabelCorrection } from "./labels/correct-label.js";
export type { AtlasSteeringOptions } from "./search/evaluate-steering.js";
export type { FindOptions, FoundNames } from "./search/find-names.js";
export type { ImportOptions, ImportReport } from "./labels/import-labels.js";
export type { LabelAtlasOptions, LabelAtlasReport, LabelCounts } from "./labels/label-atlas.js";
export type { PaperFiles } from "./labels/paper-files.js";
export type { BuildReport } from "./steps/atlas-build.js";
export type { FoundFamilies } from "./steps/find-families.js";
export type { SteeringReport } from "./search/steering-report.js";
export type { LabelEstimate, LabelOptions, LabelReport } from "./labels/label.js";
export type { ScoreOptions, ScoreReport, ScoreSummary } from "./labels/score.js";
export type {
  ExplainOptions,
  LabelledExplanation,
  Query,
  SearchHit,
  SearchOptions,
  SearchResults,
  SteeringOptions,
  Terms,
} from "./search/search.js";
export type { SteeringRun, SteeringRunOptions } from "./search/steering-run.js";
export type { DocumentView, FamilyView, LatentView } from "./views.js";
export type { NamedEdit, Term } from "../search/names/names.js";
