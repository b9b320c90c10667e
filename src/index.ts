export {
  type Codes,
  type CountOptions,
  type Postings,
  createCodes,
  invertCodes,
  latentCounts,
  latentDensities,
  topDocuments,
} from "./codes.js";
export { ApiError, FormatError } from "./errors.js";
export {
  type Matrix,
  createMatrix,
  dot,
  matrixRow,
  matrixRows,
  normalizeRows,
  rowNorms,
  takeRows,
  transpose,
} from "./matrix.js";
export type { OnProgress, Progress } from "./progress.js";
export { type Random, createRandom, sampleIndices, shuffleInPlace } from "./random.js";
export { VERSION } from "./version.js";

export { type CodesPaths, type ReadCodesOptions, readCodes } from "./data/codes.js";
export {
  type ClassTree,
  type CorpusColumns,
  type CorpusOptions,
  type Document,
  readClassTree,
  readCorpus,
  streamCorpus,
} from "./data/corpus.js";
export { type CsvOptions, type CsvTable, type CsvValue, formatCsv, parseCsv } from "./data/csv.js";
export { cleanText } from "./data/clean.js";
export { type EmbedCorpusOptions, type EmbeddedCorpus, embedCorpus } from "./data/embed-corpus.js";
export { type EmbedOptions, type Embedder, createOfflineEmbedder } from "./data/embedder.js";
export { sha256File, writeFileAtomic } from "./data/files.js";
export {
  type FetchOptions,
  type Hub,
  type HubOptions,
  type HubSnapshot,
  openHub,
} from "./data/hub/hub.js";
export type { HubFile, HubRepo, HubRepoKind } from "./data/hub/listing.js";
export {
  ATLAS_PARTS,
  RELEASED_CORPORA,
  RELEASED_PARTS,
  type ReleasedCorpus,
  type ReleasedFiles,
  type ReleasedPart,
  type ReleasedSae,
  pullReleased,
} from "./data/hub/released.js";
export { parseJson, readJson, stringifyJson, writeJson } from "./data/json.js";
export { type JsonlRow, readJsonl, writeJsonl } from "./data/jsonl.js";
export { type NpyHeader, readNpyHeader } from "./data/npy-header.js";
export {
  type NpyContent,
  type NpyWriter,
  createNpyWriter,
  encodeNpy,
  writeNpy,
} from "./data/npy-write.js";
export {
  type IndexMatrix,
  type NpyArray,
  type RowBlock,
  type RowBlockOptions,
  readNpy,
  readNpyIndices,
  readNpyMatrix,
  streamNpyRows,
} from "./data/npy.js";
export {
  type ParquetOptions,
  type ParquetRow,
  readParquetMatrix,
  streamParquetRows,
} from "./data/parquet.js";
export { readNpz } from "./data/npz.js";
export {
  type TensorContent,
  encodeSafetensors,
  readSafetensors,
  writeSafetensors,
} from "./data/safetensors.js";
export { type ByteSource, bytesSource, openSource } from "./data/source.js";
export { type Tensor, tensorToFloat32 } from "./data/tensor.js";
export { readTorch, readTorchState } from "./data/torch.js";
export { type TorchContent, writeTorchState } from "./data/torch-write.js";

export { ENGINE_NAMES, type EngineName, openEngine, trainerOf } from "./engine/auto.js";
export type { Activation } from "./engine/activation.js";
export type { Device, Encoder, EncoderWeights, Engine, Neighbours } from "./engine/engine.js";
export { type DeviceReport, type ProbeOptions, probeDevices } from "./engine/probe.js";
export { probeTensorflow } from "./engine/probe-tensorflow.js";
export type { CreateTrainer, Trainer, TrainerSettings, TrainerState } from "./engine/trainer.js";

export { type EmbeddingSource, embeddingShape, streamEmbeddings } from "./sae/blocks.js";
export {
  type Checkpoint,
  type CheckpointName,
  loadSae,
  parseCheckpointName,
  readCheckpoint,
  saveSae,
} from "./sae/checkpoint.js";
export type { LoadOptions } from "./sae/formats/format.js";
export { CHECKPOINT_FORMATS } from "./sae/formats/registry.js";
export { type SaeLensMetadata, saveSaeLens } from "./sae/formats/saelens-write.js";
export type { InputNormalisation } from "./sae/normalise.js";
export { type ReadingComparison, type SaeReading, compareReadings } from "./sae/readings.js";
export { zScoreOf } from "./sae/normalise.js";
export {
  type EncodeOptions,
  type EncodedBlock,
  type EncodedFiles,
  encodeEmbeddings,
  encodeToFiles,
  streamCodes,
} from "./sae/encode.js";
export { type InitialiseOptions, initialiseSae } from "./sae/initialise.js";
export { type MetricsOptions, type SaeMetrics, computeMetrics } from "./sae/metrics.js";
export {
  type Sae,
  type SaeParts,
  createSae,
  decodeCodes,
  encoderDecoderCosine,
} from "./sae/sae.js";
export { saveCheckpoint, saveTorchSae } from "./sae/save.js";
export {
  type PowerLaw,
  type ScalingFit,
  type ScalingFits,
  type ScalingRun,
  evaluatePowerLaw,
  fitPowerLaw,
  fitScaling,
  trainingFlops,
} from "./sae/scaling.js";
export {
  type GridOptions,
  type GridResult,
  type GridRow,
  readGridTable,
  trainGrid,
  writeGridTable,
} from "./sae/train-grid.js";
export type { LearningRateDecay } from "./sae/learning-rate.js";
export { type TrainResult, trainSae } from "./sae/train.js";
export { type MagnitudeDecay, dimensionMagnitudes, magnitudeDecay } from "./sae/magnitudes.js";
export type { TrainLogRow, TrainOptions } from "./sae/train-options.js";

export {
  type EdgeAgreement,
  type FamilyAgreement,
  type FamilyMatch,
  type LatentAgreement,
  edgeAgreement,
  familyAgreement,
  latentAgreement,
} from "./families/agreement.js";
export { type ClassIndex, type ClassIndexOptions, buildClassIndex } from "./families/classes.js";
export {
  type CoactivationRow,
  coactivationRow,
  denseCosines,
  denseCounts,
  pairCosine,
  pairCount,
  topPartners,
} from "./families/coactivation-pairs.js";
export {
  type Coactivation,
  type CoactivationOptions,
  computeCoactivation,
} from "./families/coactivation.js";
export { type FamilyComparison, compareFamilies } from "./families/compare.js";
export { type ReferenceFamilies, extractReferenceFamilies } from "./families/compat.js";
export {
  type FamilyEntry,
  type FamilyRecord,
  fromFamiliesJson,
  toFamilies,
  toFamiliesJson,
} from "./families/export.js";
export {
  type Family,
  type FamilyOptions,
  type FamilyResult,
  extractFamilies,
  groupForest,
} from "./families/extract.js";
export { type Forest, type ForestOptions, buildForest } from "./families/forest.js";
export * from "./families/exports.js";
export { forestToGexf } from "./families/gexf.js";
export { forestFromGraph, forestToGraphml, parseGraphml } from "./families/graphml.js";
export { matchHeldOut } from "./families/held-out.js";
export { type MemberCoherence, memberCoherence } from "./families/member-coherence.js";
export { permuteCodes } from "./families/permute-codes.js";
export {
  type AnalysisRow,
  type CleanLatent,
  type CleanOptions,
  cleanLabel,
  parseAnalysis,
  selectCleanLatents,
} from "./families/quality.js";
export { type ResampleScheme, drawResample } from "./families/resample.js";
export { type LatentPartners, matchPartners, seedStability } from "./families/seed-stability.js";
export { type Stability, type StabilityOptions, documentStability } from "./families/stability.js";
export { type StabilityReport, reportStability } from "./families/stability-report.js";
export {
  type FamilyStatistics,
  type StatisticsOptions,
  familyStatistics,
  statisticsRecord,
} from "./families/stats.js";
export {
  type FamilyMember,
  type Subtree,
  type SubtreeOptions,
  findSubtrees,
} from "./families/subtrees.js";
export { type LatentMatch, type MatchOptions, matchLatents } from "./families/taxonomy.js";
export {
  type TaxonomyParts,
  type TaxonomyReport,
  reportTaxonomy,
} from "./families/taxonomy-report.js";
export { EDGE_WEIGHTS, type EdgeWeight, createPairWeight } from "./families/weights.js";

export { NO_NEIGHBOUR, cosineNeighbours, neighboursOf } from "./projection/neighbours.js";
export { coactivationProfiles } from "./projection/profiles.js";
export { neighboursKept, trustworthiness } from "./projection/quality.js";
export { type UmapOptions, projectUmap } from "./projection/umap.js";

export * from "./search/exports.js";

export { type Budget, type Reservation, createBudget } from "./llm/budget.js";
export {
  type ChatModelOptions,
  type PricedChatModel,
  createCallLimiter,
  createChatModel,
} from "./llm/chat.js";
export type { Limiter } from "./llm/limiter.js";
export type { Estimate } from "./llm/estimate.js";
export { type Ledger, type LedgerEntry, openLedger } from "./llm/ledger.js";
export {
  PRICES,
  type Price,
  type PriceTable,
  costOf,
  findPrice,
  readPrices,
} from "./llm/prices.js";
export { type Rehearsal, type RehearsalEstimate, createRehearsal } from "./llm/rehearsal.js";
export { type Role, type RoleSettings, readRoleSettings } from "./llm/settings.js";
export { countTokens } from "./llm/tokens.js";
export {
  type EmbeddingModel,
  type EmbeddingModelOptions,
  createEmbeddingModel,
} from "./llm/embeddings.js";
export {
  type Answer,
  BudgetError,
  type ChatModel,
  type Prompt,
  type Question,
  type TokenLogprob,
  type Usage,
} from "./llm/types.js";

export { type CatalogChange, type DiffOptions, diffCatalogs } from "./labels/catalog-diff.js";
export {
  catalogToCsv,
  catalogToJsonl,
  catalogToParquet,
  writeCatalog,
} from "./labels/catalog-export.js";
export { type DelphiOptions, exportDelphi } from "./labels/exports/delphi.js";
export { catalogToFlatParquet } from "./labels/exports/flat-parquet.js";
export type { ExportInputs } from "./labels/exports/inputs.js";
export {
  type NeuronpediaOptions,
  documentTokens,
  exportNeuronpedia,
} from "./labels/exports/neuronpedia.js";
export { readCatalog } from "./labels/catalog-read.js";
export {
  type CatalogInputs,
  type CatalogOptions,
  type CatalogRow,
  buildCatalog,
} from "./labels/catalog.js";
export { nameFamiliesByKeywords } from "./labels/family-names.js";
export { namesFromFamilyAnalysis } from "./labels/family-analysis-names.js";
export { labelsFromAnalysis } from "./labels/import.js";
export { type LabelImport, readLabelImport } from "./labels/import-file.js";
export {
  type Audit,
  type AuditDocument,
  type AuditEntry,
  type AuditSubject,
  collectAudit,
} from "./labels/audit.js";
export { type StoredEvidence, readEvidence } from "./labels/evidence-read.js";
export { type KeywordOptions, labelByKeywords } from "./labels/keywords.js";
export { type WordIndex, type WordOptions, indexWords } from "./labels/words.js";
export {
  type LabelRecord,
  type LabelScore,
  type LabelSource,
  displayLabel,
  mergeLabels,
} from "./labels/label.js";

export {
  type EmbeddingScore,
  type EmbeddingScoreOptions,
  EMBEDDING_SCORE,
  scoreByEmbedding,
  withScore,
} from "./labels/embedding-score.js";
export {
  COMPAT_EXAMPLES,
  type Example,
  type ExampleOptions,
  type ExampleSets,
  type ExampleSource,
  type SkippedLatent,
  drawExamples,
} from "./labels/examples.js";
export { type TokenOverlap, tokenOverlap } from "./labels/token-overlap.js";
export { readOverrides } from "./labels/overrides.js";
export { type FamilyAnalysisEntry, familyAnalysisEntry } from "./labels/family-analysis.js";
export {
  type FamilyLabelOptions,
  type FamilyMemberScore,
  type FamilyNameRecord,
  type LabelledFamily,
  labelFamilies,
} from "./labels/label-families.js";
export type { SavedScore } from "./labels/model-labels.js";
export { analysisOfLabels, analysisToJson } from "./labels/analysis.js";
export type { ExplanationRecord, LabelEvidence, ShownExample, Verdict } from "./labels/evidence.js";
export {
  type LabelledLatent,
  type ModelLabelOptions,
  labelLatents,
} from "./labels/label-latents.js";
export {
  type MeasuredVerdict,
  type VerdictMeasures,
  measureVerdicts,
  weightedF1,
} from "./labels/measures.js";
export { type LabelProtocol, PROTOCOLS, type ProtocolName } from "./labels/protocol.js";
export {
  type PrincipalComponents,
  principalComponents,
} from "./projection/principal-components.js";
export * from "./figures/exports.js";

export { type LiveLoss, type LiveLossOptions, liveLoss } from "./notebook/live-loss.js";
export { type CellProgressOptions, cellProgress } from "./notebook/cell-progress.js";
export { type ShowOptions, type Showable, show } from "./notebook/show.js";
export { type Table, tableFromRecords } from "./notebook/table.js";

export { readAtlasOptions } from "./pipeline/atlas-options.js";
export { type AtlasReport, buildAtlas } from "./pipeline/build.js";
export { type AtlasData, type AtlasFamily, openAtlas } from "./pipeline/context.js";
export { drawFigures, writeFigures } from "./pipeline/figures.js";
export * from "./pipeline/figures/exports.js";
export {
  type AtlasSteeringOptions,
  type SteeringReport,
  evaluateAtlasSteering,
} from "./pipeline/evaluate-steering.js";
export {
  type LabelAtlasOptions,
  type LabelAtlasReport,
  type LabelCounts,
  labelAtlas,
  rehearseLabels,
} from "./pipeline/label-atlas.js";
export { type PaperFiles, writePaperFiles } from "./pipeline/paper-files.js";
export { refreshLabels, saveScores } from "./pipeline/refresh.js";
export { type AtlasAuditOptions, auditAtlas } from "./pipeline/audit-atlas.js";
export { type LabelCorrection, correctLabel } from "./pipeline/correct-label.js";
export { type ImportOptions, type ImportReport, importLabels } from "./pipeline/import-labels.js";
export { type FoundFamilies, findFamilies } from "./pipeline/find-families.js";
export {
  type AtlasResults,
  type AtlasSearch,
  type AtlasSearchOptions,
  type FindNamesOptions,
  type FoundName,
  type OpenSearchOptions,
  openAtlasSearch,
} from "./pipeline/search-atlas.js";
export type { AtlasOptions, AtlasStability, AtlasTraining } from "./pipeline/options.js";
