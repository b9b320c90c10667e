/**
 * Sparse autoencoders: read and write checkpoints of many libraries, encode embeddings, measure and train.
 */
export {
  type Checkpoint,
  type CheckpointName,
  loadSae,
  parseCheckpointName,
  readCheckpoint,
  saveSae,
} from "./checkpoint.js";
export { type EmbeddingSource, embeddingShape, streamEmbeddings } from "./embedding-source.js";
export {
  type EncodeOptions,
  type EncodedBlock,
  type EncodedFiles,
  encodeEmbeddings,
  encodeToFiles,
  streamCodes,
} from "./encode.js";
export { type EncodeShardsOptions, type EncodedShards, encodeToShards } from "./encode-shards.js";
export type { LoadOptions } from "./formats/format.js";
export { CHECKPOINT_FORMATS } from "./formats/registry.js";
export { type SaeLensMetadata, saveSaeLens } from "./formats/saelens-write.js";
export {
  type Baseline,
  type BaselineOptions,
  BASELINES,
  baselineCodes,
  trainRandomTwin,
} from "./measure/baselines.js";
export {
  type ReadingComparison,
  type ReadingOptions,
  type SaeReading,
  compareReadings,
} from "./measure/compare-readings.js";
export {
  type MagnitudeDecay,
  type MagnitudeOptions,
  dimensionMagnitudes,
  magnitudeDecay,
} from "./measure/magnitude-decay.js";
export {
  type DensityHistogram,
  type MetricsOptions,
  type SaeMetrics,
  computeMetrics,
} from "./measure/metrics.js";
export { type InputNormalisation, normaliseInputs, zScoreOf } from "./normalisation.js";
export { type Sae, type SaeParts, createSae, decodeCodes, encoderDecoderCosine } from "./sae.js";
export { saveCheckpoint, saveTorchSae } from "./save-checkpoint.js";
export { type InitialiseOptions, initialiseSae } from "./train/initialise.js";
export type { LearningRateDecay } from "./train/learning-rate.js";
export {
  type GridOptions,
  type GridResult,
  type GridRow,
  readGridTable,
  trainGrid,
  writeGridTable,
} from "./train/train-grid.js";
export type { TrainLogRow, TrainOptions } from "./train/train-options.js";
export { type TrainResult, trainSae } from "./train/train.js";
