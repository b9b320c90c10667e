import { z } from "zod";
import { type Fields, count } from "../../core/schema.js";
import type { Spread } from "../../core/statistics.js";
import type { FamilyStatistics, NullStatistics } from "./family-statistics.js";

/** Mean and standard deviation over the seeds of a null; null where they are not finite. */
export interface NullSpread {
  mean: number | null;
  sd: number | null;
}

/** What a null says of the numbers of the same names. */
export interface NullRecord {
  mean_parent_child_ratio: NullSpread;
  block_ratio_cooc: NullSpread;
  block_ratio_actsim: NullSpread;
  block_fraction_cooc: NullSpread;
  block_fraction_actsim: NullSpread;
}

/** The content of `family-statistics.json`: the names of the reference's metrics, then ours. */
export interface StatisticsRecord {
  count: number;
  mean_size: number | null;
  mean_parent_child_ratio: number | null;
  block_ratio_cooc: number | null;
  block_ratio_actsim: number | null;
  /** Latents considered. */
  clean: number;
  max_size: number;
  membership: number | null;
  block_relative_cooc: number | null;
  block_relative_actsim: number | null;
  block_fraction_cooc: number | null;
  block_fraction_actsim: number | null;
  null_shuffled?: NullRecord;
  null_density?: NullRecord;
  /** Where families are of a sample of the documents: how well they are found in fewer of them. */
  sample?: {
    documents: number;
    stability: { documents: number; overlap: number | null; random: number | null }[];
  };
}

const known = z.number().nullable();
const spread = z.object({ mean: known, sd: known });
const chance: Fields<NullRecord> = {
  mean_parent_child_ratio: spread,
  block_ratio_cooc: spread,
  block_ratio_actsim: spread,
  block_fraction_cooc: spread,
  block_fraction_actsim: spread,
};
const fields: Fields<StatisticsRecord> = {
  count,
  mean_size: known,
  mean_parent_child_ratio: known,
  block_ratio_cooc: known,
  block_ratio_actsim: known,
  clean: count,
  max_size: count,
  membership: known,
  block_relative_cooc: known,
  block_relative_actsim: known,
  block_fraction_cooc: known,
  block_fraction_actsim: known,
  null_shuffled: z.object(chance).optional(),
  null_density: z.object(chance).optional(),
  sample: z
    .object({
      documents: count,
      stability: z.array(z.object({ documents: count, overlap: known, random: known })),
    })
    .optional(),
};

/** The content of `family-statistics.json`. */
export const statisticsSchema: z.ZodType<StatisticsRecord> = z.object(fields);

/**
 * Statistics in the names of the reference's metrics: `count`, `mean_size`, `mean_parent_child_ratio`,
 * `block_ratio_cooc`, `block_ratio_actsim` and `clean` (latents considered); then the other block variants,
 * `membership` and the nulls. Numbers that are not finite become null.
 */
export function statisticsRecord(statistics: FamilyStatistics): StatisticsRecord {
  const { cooccurrence, activation } = statistics;
  const record = {
    count: statistics.count,
    mean_size: statistics.meanSize,
    mean_parent_child_ratio: statistics.meanRatio,
    block_ratio_cooc: cooccurrence.ratio,
    block_ratio_actsim: activation.ratio,
    clean: statistics.nodes,
    max_size: statistics.maxSize,
    membership: statistics.membership,
    block_relative_cooc: cooccurrence.relative,
    block_relative_actsim: activation.relative,
    block_fraction_cooc: cooccurrence.fraction,
    block_fraction_actsim: activation.fraction,
    null_shuffled: statistics.shuffled && nullRecord(statistics.shuffled),
    null_density: statistics.density && nullRecord(statistics.density),
  };
  return JSON.parse(JSON.stringify(record)) as StatisticsRecord;
}

function nullRecord(chance: NullStatistics): Record<string, Spread> {
  return {
    mean_parent_child_ratio: chance.meanRatio,
    block_ratio_cooc: chance.cooccurrence.ratio,
    block_ratio_actsim: chance.activation.ratio,
    block_fraction_cooc: chance.cooccurrence.fraction,
    block_fraction_actsim: chance.activation.fraction,
  };
}
