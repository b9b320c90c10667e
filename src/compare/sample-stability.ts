import { meanOf } from "../core/statistics.js";
import type { Codes } from "../core/codes.js";
import type { FamilyResult } from "../families/extract/extract-families.js";
import type { FindFamilies, StabilityOptions } from "./document-stability.js";
import { documentStability } from "./document-stability.js";

/** Shares of the documents that are drawn, the smallest first. */
const SHARES = [1 / 8, 1 / 4, 1 / 2] as const;
/** Draws of each share: the mean over all families varies little between them. */
const RESAMPLES = 5;

/** How well the families of some documents are found in fewer of them. */
export interface SampleStability {
  /** Documents drawn. */
  documents: number;
  /** Mean over families and draws of a family's overlap (Jaccard) with the most similar one found in those. */
  overlap: number;
  /** The same for as many random latents. */
  random: number;
}

/**
 * How far families depend on the number of documents: their overlap with those found in an eighth, a quarter and a half of
 * them. Where it hardly grows from one to the next, more documents would change little. Throws as documentStability does.
 */
export async function sampleStability(
  codes: Codes,
  result: Pick<FamilyResult, "families" | "forest">,
  find: FindFamilies,
  options: Pick<StabilityOptions, "skipZeros" | "leading" | "seed" | "onProgress" | "signal"> = {},
): Promise<SampleStability[]> {
  const out: SampleStability[] = [];
  for (const share of SHARES) {
    const drawing = { ...options, resamples: RESAMPLES, share };
    const { families } = await documentStability(codes, result, find, drawing);
    out.push({
      documents: Math.round(share * codes.rows),
      overlap: meanOf(families.map(({ mean }) => mean)),
      random: meanOf(families.map(({ random }) => random)),
    });
  }
  return out;
}
