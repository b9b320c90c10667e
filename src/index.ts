export {
  type Codes,
  type CountOptions,
  type Postings,
  createCodes,
  invertCodes,
  latentCounts,
  latentDensities,
  topDocuments,
} from "./core/codes.js";
export { ApiError, ArgumentError, FormatError } from "./core/errors.js";
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
} from "./core/matrix.js";
export type { OnProgress, Progress } from "./core/progress.js";
export { type Random, createRandom, sampleIndices, shuffleInPlace } from "./core/random.js";
export { VERSION } from "./core/version.js";

export { cleanText } from "./corpus/clean-text.js";
export { type CodesPaths, type ReadCodesOptions, readCodes } from "./files/codes.js";
export {
  type ClassTree,
  type CorpusColumns,
  type CorpusOptions,
  type Document,
  readClassTree,
  readCorpus,
  streamCorpus,
} from "./corpus/corpus.js";
export { type CsvOptions, type CsvTable, type CsvValue, formatCsv, parseCsv } from "./files/csv.js";
export {
  type EmbedCorpusOptions,
  type EmbeddedCorpus,
  embedCorpus,
} from "./corpus/embed-corpus.js";
export { type EmbedOptions, type Embedder, createOfflineEmbedder } from "./corpus/embedder.js";
export { sha256File, writeFileAtomic } from "./files/atomic-file.js";
export {
  type FetchOptions,
  type Hub,
  type HubOptions,
  type HubSnapshot,
  openHub,
} from "./corpus/hub/hub.js";
export type { HubFile, HubRepo, HubRepoKind } from "./corpus/hub/listing.js";
export {
  type ReleasedCorpus,
  type ReleasedFiles,
  type ReleasedPart,
  type ReleasedSae,
  ATLAS_PARTS,
  RELEASED_CORPORA,
  RELEASED_PARTS,
  pullReleased,
} from "./corpus/hub/released.js";
export { parseJson, readJson, stringifyJson, writeJson } from "./files/json.js";
export { type JsonlRow, readJsonl, writeJsonl } from "./files/jsonl.js";
export { type NpyHeader, readNpyHeader } from "./files/numpy/npy-header.js";
export {
  type NpyContent,
  type NpyWriter,
  createNpyWriter,
  encodeNpy,
  writeNpy,
} from "./files/numpy/npy-write.js";
export {
  type IndexMatrix,
  type NpyArray,
  type RowBlock,
  type RowBlockOptions,
  readNpy,
  readNpyIndices,
  readNpyMatrix,
  streamNpyRows,
} from "./files/numpy/npy.js";
export { readNpz } from "./files/numpy/npz.js";
export {
  type ParquetOptions,
  type ParquetRow,
  readParquetMatrix,
  streamParquetRows,
} from "./files/parquet/parquet.js";
export {
  type TensorContent,
  encodeSafetensors,
  readSafetensors,
  writeSafetensors,
} from "./files/safetensors.js";
export { type ByteSource, bytesSource, openSource } from "./files/bytes/source.js";
export { type Tensor, tensorToFloat32 } from "./files/bytes/tensor.js";
export { type TorchContent, writeTorchState } from "./files/torch/torch-write.js";
export { readTorch, readTorchState } from "./files/torch/torch.js";

export type { Activation } from "./engine/activation.js";
export { type EngineName, ENGINE_NAMES, openEngine, trainerOf } from "./engine/open-engine.js";
export type { Device, Encoder, EncoderWeights, Engine, Neighbours } from "./engine/engine.js";
export { probeTensorflow } from "./engine/tensorflow/probe-tensorflow.js";
export { type DeviceReport, type ProbeOptions, probeDevices } from "./engine/probe-devices.js";
export type { CreateTrainer, Trainer, TrainerSettings, TrainerState } from "./engine/trainer.js";

export { type EmbeddingSource, embeddingShape, streamEmbeddings } from "./sae/embedding-source.js";
export {
  type Checkpoint,
  type CheckpointName,
  loadSae,
  parseCheckpointName,
  readCheckpoint,
  saveSae,
} from "./sae/checkpoint.js";
export {
  type EncodeOptions,
  type EncodedBlock,
  type EncodedFiles,
  encodeEmbeddings,
  encodeToFiles,
  streamCodes,
} from "./sae/encode.js";
export type { LoadOptions } from "./sae/formats/format.js";
export { CHECKPOINT_FORMATS } from "./sae/formats/registry.js";
export { type SaeLensMetadata, saveSaeLens } from "./sae/formats/saelens-write.js";
export { type InitialiseOptions, initialiseSae } from "./sae/train/initialise.js";
export type { LearningRateDecay } from "./sae/train/learning-rate.js";
export {
  type MagnitudeDecay,
  dimensionMagnitudes,
  magnitudeDecay,
} from "./sae/measure/magnitude-decay.js";
export { type MetricsOptions, type SaeMetrics, computeMetrics } from "./sae/measure/metrics.js";
export { type InputNormalisation, zScoreOf } from "./sae/normalisation.js";
export {
  type ReadingComparison,
  type SaeReading,
  compareReadings,
} from "./sae/measure/compare-readings.js";
export {
  type Sae,
  type SaeParts,
  createSae,
  decodeCodes,
  encoderDecoderCosine,
} from "./sae/sae.js";
export { saveCheckpoint, saveTorchSae } from "./sae/save-checkpoint.js";
export {
  type PowerLaw,
  type ScalingFit,
  type ScalingFits,
  type ScalingRun,
  evaluatePowerLaw,
  fitPowerLaw,
  fitScaling,
  trainingFlops,
} from "./sae/train/scaling.js";
export {
  type GridOptions,
  type GridResult,
  type GridRow,
  readGridTable,
  trainGrid,
  writeGridTable,
} from "./sae/train/train-grid.js";
export type { TrainLogRow, TrainOptions } from "./sae/train/train-options.js";
export { type TrainResult, trainSae } from "./sae/train/train.js";

export {
  type EdgeAgreement,
  type FamilyAgreement,
  type FamilyMatch,
  type LatentAgreement,
  edgeAgreement,
  familyAgreement,
  latentAgreement,
} from "./taxonomy/agreement.js";
export {
  type ClassIndex,
  type ClassIndexOptions,
  buildClassIndex,
} from "./taxonomy/class-index.js";
export {
  type CoactivationRow,
  coactivationRow,
  denseCosines,
  denseCounts,
  pairCosine,
  pairCount,
  topPartners,
} from "./families/coactivation/coactivation-pairs.js";
export {
  type Coactivation,
  type CoactivationOptions,
  computeCoactivation,
} from "./families/coactivation/coactivation.js";
export { type FamilyComparison, compareFamilies } from "./compare/compare-families.js";
export {
  type ReferenceFamilies,
  extractReferenceFamilies,
} from "./families/extract/reference-families.js";
export {
  type FamilyEntry,
  type FamilyRecord,
  fromFamiliesJson,
  toFamilies,
  toFamiliesJson,
} from "./families/files/families-json.js";
export {
  type FamilyOptions,
  type FamilyResult,
  extractFamilies,
  groupForest,
} from "./families/extract/extract-families.js";
export { type FamilyAnalysis, parseFamilyAnalysis } from "./labels/paper/family-analysis.js";
export { type FamilyDocuments, familyDocuments } from "./families/extract/family-documents.js";
export { type FamilyEdge, familyEdges } from "./families/extract/family-edges.js";
export { type Forest, type ForestOptions, buildForest } from "./families/forest/forest.js";
export { forestToGexf } from "./families/files/gexf.js";
export { forestFromGraph, forestToGraphml, parseGraphml } from "./families/files/graphml.js";
export { matchHeldOut } from "./taxonomy/held-out.js";
export { type FamilyPair, matchFamilies } from "./compare/match-families.js";
export { type MatchNull, type NullOptions, matchNull } from "./compare/match-null.js";
export { type SaeMatch, matchSaes } from "./compare/match-saes.js";
export {
  type SplittingTree,
  type TreeChoice,
  chooseSplittingTrees,
  splitLatents,
  splittingTrees,
} from "./compare/splitting-trees.js";
export { type MemberCoherence, memberCoherence } from "./taxonomy/member-coherence.js";
export { permuteCodes } from "./compare/permute-codes.js";
export {
  type AnalysisRow,
  type CleanLatent,
  type CleanOptions,
  cleanLabel,
  parseAnalysis,
  selectCleanLatents,
} from "./labels/paper/clean-labels.js";
export { type ResampleScheme, drawResample } from "./compare/resample.js";
export { type LatentPartners, matchPartners, seedStability } from "./compare/seed-stability.js";
export { type StabilityReport, reportStability } from "./compare/stability-report.js";
export {
  type Stability,
  type StabilityOptions,
  documentStability,
} from "./compare/document-stability.js";
export {
  type FamilyStatistics,
  type StatisticsOptions,
  familyStatistics,
} from "./families/statistics/family-statistics.js";
export {
  type StatisticsRecord,
  statisticsRecord,
} from "./families/statistics/statistics-record.js";
export { type Subtree, type SubtreeOptions, findSubtrees } from "./families/forest/subtrees.js";
export {
  type TaxonomyParts,
  type TaxonomyReport,
  reportTaxonomy,
} from "./taxonomy/taxonomy-report.js";
export { type LatentMatch, type MatchOptions, matchLatents } from "./taxonomy/best-class.js";
export {
  type FamilyMatches,
  type UniversalPair,
  matchFamiliesBothWays,
  parseSplits,
  swapMatch,
  universalLatents,
} from "./compare/universality.js";
export {
  type EdgeWeight,
  type EdgeWeightName,
  type LatentPair,
  EDGE_WEIGHTS,
  edgeWeight,
} from "./families/forest/edge-weights.js";

export { NO_NEIGHBOUR, cosineNeighbours, neighboursOf } from "./projection/neighbours.js";
export {
  type PrincipalComponents,
  principalComponents,
} from "./projection/principal-components.js";
export { coactivationProfiles } from "./projection/coactivation-profiles.js";
export { neighboursKept, trustworthiness } from "./projection/map-quality.js";
export { type UmapOptions, projectUmap } from "./projection/umap.js";

export { type LatentDirections, documentDirections } from "./search/directions.js";
export {
  type EditOptimisation,
  type EditOptimisationOptions,
  optimiseEdits,
} from "./search/study/edit-optimisation.js";
export type { SteeringEdit } from "./search/edits.js";
export {
  type CurvePoint,
  type EqualCosine,
  type EqualCosineOptions,
  type PairedDifference,
  compareAtEqualCosine,
} from "./search/study/equal-cosine.js";
export {
  type EvaluationOptions,
  type SteeringCell,
  type SteeringEvaluation,
  STEERING_GRID,
  evaluateSteering,
} from "./search/study/evaluate-steering.js";
export { type SteeringCase, drawCases, drawQueries } from "./search/study/evaluation-cases.js";
export {
  type Explanation,
  type RankChange,
  compareRankings,
  explainScore,
  sharedLatents,
} from "./search/explain.js";
export { type LabelHit, searchLabels } from "./search/search-labels.js";
export {
  type Hit,
  type SearchOptions,
  type SearchQuery,
  searchRows,
  searchRowsTogether,
} from "./search/scan/search-rows.js";
export { type PaperStatistics, paperStatistics } from "./search/study/paper-statistics.js";
export {
  type SearchIndex,
  type SearchIndexOptions,
  openSearchIndex,
} from "./search/scan/search-index.js";
export { type SteeringSession, startSteering } from "./search/steering-session.js";
export {
  type SteeredQuery,
  type SteeringMethod,
  type SteeringModel,
  STEERING_METHODS,
  steerQueries,
  steerQuery,
  typicalActivations,
} from "./search/steer.js";
export type { SteeringTrial, TrialMeasures, TrialSource } from "./search/study/trials.js";

export { type Budget, type Reservation, createBudget } from "./llm/budget.js";
export {
  type ChatModelOptions,
  type PricedChatModel,
  createCallLimiter,
  createChatModel,
} from "./llm/chat.js";
export {
  type EmbeddingModel,
  type EmbeddingModelOptions,
  createEmbeddingModel,
} from "./llm/embeddings.js";
export type { Estimate } from "./llm/estimate.js";
export { type Ledger, type LedgerEntry, openLedger } from "./llm/ledger.js";
export type { Limiter } from "./llm/limiter.js";
export {
  type Price,
  type PriceTable,
  PRICES,
  costOf,
  findPrice,
  readPrices,
} from "./llm/prices.js";
export { type Rehearsal, type RehearsalEstimate, createRehearsal } from "./llm/rehearsal.js";
export { type Role, type RoleSettings, readRoleSettings } from "./llm/settings.js";
export { countTokens } from "./llm/tokens.js";
export {
  type Answer,
  type ChatModel,
  type Prompt,
  type Question,
  type TokenLogprob,
  type Usage,
  BudgetError,
} from "./llm/types.js";

export { analysisOfLabels, analysisToJson } from "./labels/paper/analysis.js";
export {
  type Audit,
  type AuditDocument,
  type AuditEntry,
  type AuditSubject,
  collectAudit,
} from "./labels/evidence/audit.js";
export { type CatalogChange, type DiffOptions, diffCatalogs } from "./catalog/diff.js";
export { catalogToCsv, catalogToJsonl, catalogToParquet, writeCatalog } from "./catalog/write.js";
export { readCatalog } from "./catalog/read.js";
export {
  type CatalogInputs,
  type CatalogOptions,
  type CatalogRow,
  buildCatalog,
} from "./catalog/catalog.js";
export {
  type EmbeddingScore,
  type EmbeddingScoreOptions,
  EMBEDDING_SCORE,
  scoreByEmbedding,
} from "./labels/embedding-score.js";
export { type StoredEvidence, readEvidence } from "./labels/evidence/evidence-read.js";
export type {
  ExplanationRecord,
  LabelEvidence,
  ShownExample,
  Verdict,
} from "./labels/evidence/evidence.js";
export {
  type Example,
  type ExampleOptions,
  type ExampleSets,
  type ExampleSource,
  type SkippedLatent,
} from "./labels/examples/example.js";
export { COMPAT_EXAMPLES, drawExamples } from "./labels/examples/draw-examples.js";
export { type DelphiOptions, exportDelphi } from "./exports/delphi.js";
export { catalogToFlatParquet } from "./exports/flat-parquet.js";
export type { ExportInputs } from "./exports/inputs.js";
export {
  type NeuronpediaOptions,
  documentTokens,
  exportNeuronpedia,
} from "./exports/neuronpedia.js";
export { namesFromFamilyAnalysis } from "./labels/paper/family-analysis-names.js";
export {
  type FamilyAnalysisEntry,
  familyAnalysisEntry,
} from "./labels/paper/family-analysis-entry.js";
export { nameFamiliesByKeywords } from "./labels/family-names.js";
export { type LabelImport, readLabelImport } from "./catalog/import-file.js";
export { labelsFromAnalysis } from "./labels/paper/labels-from-analysis.js";
export { type KeywordOptions, labelByKeywords } from "./labels/keywords.js";
export {
  type FamilyLabelOptions,
  type LabelledFamily,
  labelFamilies,
} from "./labels/label-families.js";
export {
  type LabelledLatent,
  type ModelLabelOptions,
  labelLatents,
} from "./labels/label-latents.js";
export {
  type FamilyMemberScore,
  type Label,
  type LabelSource,
  type Score,
  displayLabel,
  mergeLabels,
  withScore,
} from "./records/label.js";
export {
  type Family,
  type FamilyMember,
  type FamilyOutline,
  familyLatents,
  familyName,
} from "./records/family.js";
export { type LabelLine, readLabels, toLine, writeLabels } from "./records/label-lines.js";
export {
  type MeasuredVerdict,
  type VerdictMeasures,
  measureVerdicts,
  weightedF1,
} from "./labels/measures.js";
export type { SavedScore } from "./records/model-labels.js";
export { readOverrides } from "./records/overrides.js";
export { type LabelProtocol, type ProtocolName, PROTOCOLS } from "./labels/protocol.js";
export { type TokenOverlap, tokenOverlap } from "./labels/examples/token-overlap.js";
export { type WordIndex, type WordOptions, indexWords } from "./words/word-index.js";

export { drawActivationHistogram } from "./figures/latents.js";
export { type AuditPageOptions, auditPage } from "./figures/pages/audit-page.js";
export { type CatalogPageOptions, catalogPage } from "./figures/pages/catalog-page.js";
export { drawCooccurrenceGrid } from "./figures/family-matrices.js";
export { drawCosineScatter } from "./figures/latents.js";
export { drawDensityHistogram } from "./figures/latents.js";
export { drawDensityMap } from "./figures/latent-map.js";
export { drawEncoderDecoderCosine } from "./figures/latents.js";
export { drawExplanationBars } from "./figures/search.js";
export { type FamilyComponentsInput, drawFamilyComponents } from "./figures/family-components.js";
export { type FamilyDocumentsInput, drawFamilyDocuments } from "./figures/family-matrices.js";
export { type FamilyGraphInput, drawFamilyGraph } from "./figures/family.js";
export { drawFamilyHeatmap } from "./figures/family-matrices.js";
export { type StablePoint, drawFamilyStability } from "./figures/family-stability.js";
export { drawFamilyTree } from "./figures/family.js";
export type { Figure, FigureOptions } from "./figures/figure.js";
export { drawFiringRatio } from "./figures/families.js";
export { shareOfRarer } from "./figures/family-matrices.js";
export { type BarsOptions, bars } from "./figures/charts/bars.js";
export { type ColumnTreeOptions, columnTree } from "./figures/charts/column-tree.js";
export { type ContourOptions, contour } from "./figures/charts/contour.js";
export { type HeatmapOptions, heatmap } from "./figures/charts/heatmap.js";
export { type HistogramOptions, histogram } from "./figures/charts/histogram.js";
export {
  type HistogramPanelsOptions,
  type PanelHistogram,
  histogramPanels,
} from "./figures/charts/histogram-panels.js";
export { type Line, type LinesOptions, lines } from "./figures/charts/lines.js";
export { type MapOptions, pointMap } from "./figures/charts/map.js";
export { type NetworkOptions, network } from "./figures/charts/network.js";
export { type ScatterOptions, scatter } from "./figures/charts/scatter.js";
export { type SlopesOptions, slopes } from "./figures/charts/slopes.js";
export { type TreeOptions, tree } from "./figures/charts/tree.js";
export { type ViolinsOptions, violins } from "./figures/charts/violins.js";
export { type WaterfallOptions, waterfall } from "./figures/charts/waterfall.js";
export { standaloneHtml } from "./figures/render/html.js";
export { type OptimisationSeries, drawIterativeOptimisation } from "./figures/search.js";
export { type KeptLatents, drawKeptLatents } from "./figures/latents.js";
export { drawLatentMap } from "./figures/latent-map.js";
export { drawLossCurve } from "./figures/training.js";
export { type MatchSeries, drawMatchHistogram } from "./figures/saes.js";
export { type TableOptions, table } from "./figures/charts/table.js";
export { type OverlapInput, drawOverlapViolins } from "./figures/labels.js";
export {
  type PaperCosine,
  type PaperDomain,
  type PaperPowerLaw,
  type PaperSae,
  PAPER_COLOURS,
  PAPER_COMPUTE,
  PAPER_COMPUTE_SIZES,
  PAPER_COSINES_BY_K,
  PAPER_COSINES_BY_N,
  PAPER_COSINES_HEADLINE,
  PAPER_DENSITIES,
  PAPER_FAMILIES,
  PAPER_FINAL_ERRORS,
  PAPER_GEOMETRY,
  PAPER_GRID_SIZES,
  PAPER_HEADLINE_SIZES,
  PAPER_ITERATIVE,
  PAPER_K_SWEEP,
  PAPER_METRICS,
  PAPER_PEARSON,
  PAPER_RADAR,
  PAPER_STEERING,
  PAPER_STEPS,
  PAPER_SUBTREES_PER_PASS,
  PAPER_TOKEN_OVERLAP,
} from "./figures/paper-numbers.js";
export { type RadarChoice, chooseRadarFamilies, drawRadarCharts } from "./figures/families.js";
export { type RadarGroup, type RadarOptions, radar } from "./figures/charts/radar.js";
export { type RankSeries, drawDimensionMagnitudes, drawMagnitudeDecay } from "./figures/latents.js";
export { type Renderer, type RendererOptions, openRenderer } from "./figures/render/render.js";
export { type FrontierRun, drawComputeFrontier, drawScalingLaw } from "./figures/training.js";
export { type ScorePanel, type ScoreSeries, drawScoreHistogram } from "./figures/labels.js";
export { type SplitNode, type SplitRoot, drawSplittingTree } from "./figures/saes.js";
export { type BeforeAfterInput, drawSteeringBeforeAfter } from "./figures/search.js";
export { drawSteeringContour } from "./figures/search.js";
export { drawSteeringTradeoff } from "./figures/search.js";
export { type PassSeries, countByPass, drawSubtreesPerPass } from "./figures/families.js";
export { drawTaxonomyAgreement } from "./figures/families.js";
export type { ValueSeries } from "./figures/families.js";

export { type CellProgressOptions, cellProgress } from "./notebook/cell-progress.js";
export { type LiveLoss, type LiveLossOptions, liveLoss } from "./notebook/live-loss.js";
export { type ShowOptions, type Showable, show } from "./notebook/show.js";
export { type Table, tableFromRecords } from "./notebook/table.js";

export { type AtlasAuditOptions, auditAtlas } from "./atlas/audit-atlas.js";
export { Atlas, type OpenOptions } from "./atlas/atlas.js";
export type { FigureInputs } from "./atlas/figures/inputs.js";
export type { FindOptions, FoundNames } from "./atlas/find-names.js";
export { buildAtlas, openAtlas } from "./atlas/open.js";
export type { BuildReport } from "./atlas/steps/atlas-build.js";
export type { AtlasStore } from "./atlas/store.js";
export { type LabelCorrection, correctLabel } from "./atlas/correct-label.js";
export { type AtlasSteeringOptions, evaluateAtlasSteering } from "./atlas/evaluate-steering.js";
export { drawFigures, writeFigures } from "./atlas/figures.js";
export {
  type FigureListing,
  ATLAS_FIGURES,
  FIGURES,
  MAIN_FIGURES,
  listFigures,
} from "./atlas/figures/registry.js";
export { trainSmallGrid } from "./atlas/figures/small-grid.js";
export { type FigureSources, figureSources } from "./atlas/figures/sources.js";
export { type FoundFamilies, findFamilies } from "./atlas/steps/find-families.js";
export { type ImportOptions, type ImportReport, importLabels } from "./atlas/import-labels.js";
export {
  type LabelAtlasOptions,
  type LabelAtlasReport,
  type LabelCounts,
  labelAtlas,
  rehearseLabels,
} from "./atlas/label-atlas.js";
export type { AtlasOptions, AtlasStability, AtlasTraining } from "./atlas/options.js";
export { type PaperFiles, writePaperFiles } from "./atlas/paper-files.js";
export { refreshLabels, saveScores } from "./atlas/refresh.js";
export {
  type DocumentHits,
  type DocumentSearch,
  type DocumentSearchOptions,
  type FindNamesOptions,
  type FoundName,
  type OpenSearchOptions,
  openDocumentSearch,
} from "./atlas/document-search.js";
