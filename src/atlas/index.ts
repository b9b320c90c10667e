/** The atlas: from corpus to folder, and one object that reads, finds and does. */
export { type OpenOptions, Atlas } from "./atlas.js";
export { type AtlasAuditOptions, auditAtlas } from "./audit-atlas.js";
export { type LabelCorrection, correctLabel } from "./correct-label.js";
export {
  type DocumentHits,
  type DocumentSearch,
  type DocumentSearchOptions,
  type FindNamesOptions,
  type FoundName,
  type OpenSearchOptions,
  openDocumentSearch,
} from "./document-search.js";
export { type AtlasSteeringOptions, evaluateAtlasSteering } from "./evaluate-steering.js";
export { drawFigures, writeFigures } from "./figures.js";
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
export type { FindOptions, FoundNames } from "./find-names.js";
export { type ImportOptions, type ImportReport, importLabels } from "./import-labels.js";
export {
  type LabelAtlasOptions,
  type LabelAtlasReport,
  type LabelCounts,
  labelAtlas,
  rehearseLabels,
} from "./label-atlas.js";
export { buildAtlas, openAtlas } from "./open.js";
export type { AtlasOptions, AtlasStability, AtlasTraining } from "./options.js";
export { type PaperFiles, writePaperFiles } from "./paper-files.js";
export { refreshLabels, saveScores } from "./refresh.js";
export type { BuildReport } from "./steps/atlas-build.js";
export { type FoundFamilies, findFamilies } from "./steps/find-families.js";
export type { AtlasStore } from "./store.js";
export { openStore } from "./store.js";
export { buildFolder } from "./build.js";
export { readAtlasOptions } from "./atlas-options.js";
export { withLock } from "./lock.js";
export { StepRunner, readManifest } from "./manifest.js";
export { createNameVectors } from "./name-vectors.js";
export type { SteeringReport } from "./steering-report.js";
export { ATLAS_FILES } from "./files.js";
