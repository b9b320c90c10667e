/**
 * How good an SAE is: reconstruction, densities, redundancy, and whether its inputs are read as it was trained.
 */
export {
  type Baseline,
  type BaselineOptions,
  BASELINES,
  baselineCodes,
  trainRandomTwin,
} from "./baselines.js";
export {
  type ReadingComparison,
  type ReadingOptions,
  type SaeReading,
  compareReadings,
} from "./compare-readings.js";
export { maxDecoderCosines, maxSelfCosines } from "./decoder-cosine.js";
export { type KeptSweep, sweepKept } from "./kept-sweep.js";
export {
  type MagnitudeDecay,
  type MagnitudeOptions,
  dimensionMagnitudes,
  magnitudeDecay,
} from "./magnitude-decay.js";
export {
  type DensityHistogram,
  type MetricsOptions,
  type SaeMetrics,
  computeMetrics,
  densityHistogram,
} from "./metrics.js";
