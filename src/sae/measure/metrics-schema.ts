import { z } from "zod";
import { type Fields, count, measured } from "../../core/schema.js";
import type { DensityHistogram, SaeMetrics } from "./metrics.js";

const histogram: Fields<DensityHistogram> = {
  bin_width: measured,
  first_edge: measured,
  counts: z.array(count),
  dead: count,
};
const fields: Fields<SaeMetrics> = {
  normalized_mse: measured,
  explained_variance: measured,
  mean_log10_density_live: measured,
  mean_nonzero_activation: measured,
  live: count,
  dead: count,
  zero_valued_slots: count,
  encoder_decoder_cosine_mean: measured,
  k: count,
  n: count,
  d: count,
  N: count,
  density_histogram: z.object(histogram),
};

/** The content of `metrics.json`. */
export const metricsSchema: z.ZodType<SaeMetrics> = z.object(fields);
