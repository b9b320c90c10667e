import type { Postings } from "../core/codes.js";
import { type LatentAgreement, REPORT_LEVELS, latentAgreement } from "./agreement.js";
import { type LatentMatch, type MatchOptions, highestF1 } from "./best-class.js";
import type { ClassIndex } from "./class-index.js";

/** Units' mean F1 with their best classes, and those over each level. */
export interface UnitSummary {
  meanF1: number;
  over: Required<Omit<LatentAgreement["over"][number], "null">>[];
}

/** How well other units than the latents, as many as those, agree with the classes. */
export interface UnitAgreement {
  /** Such as "k-means". */
  units: string;
  /** Of an SAE: see computeMetrics. */
  normalizedMse?: number;
  /** Units that are on anywhere. */
  live: number;
  /** Units on wherever they are listed, and above a threshold of their own. */
  active: UnitSummary;
  tuned: UnitSummary;
  /** F1 of the live units at their own thresholds [live]. */
  f1: number[];
  /** For each latent the highest F1 that a unit at any threshold has with the latent's class; 0 without a class [n]. */
  latentF1: number[];
}

/**
 * Agreement of units with the classes, measured as reportTaxonomy measures that of the latents. `matches` are the report's.
 * Throws RangeError where postings and classes are of different numbers of documents.
 */
export function unitAgreement(
  units: string,
  postings: Postings,
  index: ClassIndex,
  {
    matches = [],
    minActive = 3,
    signal,
  }: Pick<MatchOptions, "minActive" | "signal"> & { matches?: readonly LatentMatch[] } = {},
): UnitAgreement {
  const tuning = { threshold: "best", minActive, signal } as const;
  const measure = (options: MatchOptions): ReturnType<typeof latentAgreement> =>
    latentAgreement(postings, index, { levels: REPORT_LEVELS, seeds: [], ...options });
  const plain = measure({ signal });
  const tuned = measure(tuning);
  const highest = highestF1(postings, index, tuning);
  return {
    units,
    live: tuned.agreement.live,
    active: summaryOf(plain.agreement),
    tuned: summaryOf(tuned.agreement),
    f1: tuned.matches.filter(({ active }) => active > 0).map(({ f1 }) => f1),
    latentF1: matches.map(({ classIndex }) => highest[classIndex] ?? 0),
  };
}

function summaryOf({ meanF1, over }: LatentAgreement): UnitSummary {
  return {
    meanF1,
    over: over.map(({ level, count, share, classes = 0 }) => ({ level, count, share, classes })),
  };
}
