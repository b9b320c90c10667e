import type { Coactivation } from "../../families/coactivation/coactivation.js";
import { extractReferenceFamilies } from "../../families/extract/reference-families.js";
import type { FamilyOptions, FamilyResult } from "../../families/extract/extract-families.js";
import { extractFamilies } from "../../families/extract/extract-families.js";
import type { AnalysisRow, CleanLatent } from "../../labels/paper/clean-labels.js";
import { selectCleanLatents } from "../../labels/paper/clean-labels.js";

/** What families are drawn from besides co-activation. */
export interface FindFamiliesOptions extends FamilyOptions {
  /** Labels and scores of the latents: only those that pass the cleaning rules are then used. */
  analysis?: readonly AnalysisRow[];
  /** As the reference does it, bugs included; needs `analysis`. Default false. */
  compat?: boolean;
}

/** Families, with the latents that the cleaning rules left. */
export interface FoundFamilies extends FamilyResult {
  /** Latents that passed, where an analysis was given. */
  clean?: CleanLatent[];
}

/**
 * Families by the default rules, or by the reference's under `compat`. Densities come from the codes by default; under
 * `compat` from the analysis, as in the reference. Throws RangeError for an analysis that names a latent of n or
 * more, TypeError for `compat` without an analysis.
 */
export function findFamilies(
  coactivation: Coactivation,
  { analysis, compat = false, ...options }: FindFamiliesOptions = {},
): FoundFamilies {
  const wrong = analysis?.find(({ latent }) => latent >= coactivation.n);
  if (wrong) {
    throw new RangeError(
      `families: the analysis contains latent ${wrong.latent}, but the codes have only ${coactivation.n} latents`,
    );
  }
  if (compat) {
    if (analysis === undefined) throw new TypeError("families: compat needs an analysis file");
    const clean = selectCleanLatents(analysis);
    return { ...extractReferenceFamilies(coactivation, clean), clean };
  }
  if (analysis === undefined) return extractFamilies(coactivation, options);
  // Two latents may well have the same label: only the reference, which keys families by label, must drop one.
  const clean = selectCleanLatents(analysis, { duplicates: "all" });
  const nodes = clean.map(({ latent }) => latent);
  return { ...extractFamilies(coactivation, { ...options, nodes }), clean };
}
