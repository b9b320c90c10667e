/** The atlas: from corpus to folder, and one object that reads, finds and does. */
export { type OpenOptions, Atlas } from "./atlas.js";
export { type AtlasAuditOptions, auditAtlas } from "./labels/audit-atlas.js";
export { type LabelCorrection, correctLabel } from "./labels/correct-label.js";
export {
  type DocumentHits,
  type DocumentSearch,
  type DocumentSearchOptions,
  type FindNamesOptions,
  type FoundName,
  type OpenSearchOptions,
  openDocumentSearch,
} from "./search/document-search.js";
export { type AtlasSteeringOptions, evaluateAtlasSteering } from "./search/evaluate-steering.js";
export { drawFigures, writeFigures } from "./figures/write-figures.js";
export type { FigureInputs } from "./figures/inputs.js";
export {
  type FigureListing,
  ATLAS_FIGURES,
  FIGURES,
  MAIN_FIGURES,
  listFigures,
} from "./figures/registry.js";
export { trainSmallGrid } from "./figures/small-grid.js";
export { type FigureSources, figureSources } from "./figures/sources.js";
export type { FindOptions, FoundNames } from "./search/find-names.js";
export { type ImportOptions, type ImportReport, importLabels } from "./labels/import-labels.js";
export {
  type LabelAtlasOptions,
  type LabelAtlasReport,
  type LabelCounts,
  labelAtlas,
  rehearseLabels,
} from "./labels/label-atlas.js";
export { buildAtlas, openAtlas } from "./open.js";
export type { AtlasOptions, AtlasStability, AtlasTraining } from "./options.js";
export { type PaperFiles, writePaperFiles } from "./labels/paper-files.js";
export { refreshLabels, saveScores } from "./steps/refresh.js";
export type { BuildReport } from "./steps/atlas-build.js";
export { type FoundFamilies, findFamilies } from "./steps/find-families.js";
export type { AtlasStore } from "./store.js";
export { openStore } from "./store.js";
export { buildFolder } from "./steps/build.js";
export { readAtlasOptions } from "./files/atlas-options.js";
export { withLock } from "./files/lock.js";
export { StepRunner, readManifest } from "./files/manifest.js";
export { createNameVectors } from "./search/name-vectors.js";
export type { SteeringReport } from "./search/steering-report.js";
export { ATLAS_FILES } from "./files/files.js";
