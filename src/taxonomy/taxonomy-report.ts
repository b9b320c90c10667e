import type { Postings } from "../core/codes.js";
import { REPORT_LEVELS, edgeAgreement, latentAgreement } from "./agreement.js";
import type { EdgeAgreement, LatentAgreement, NullOptions } from "./agreement.js";
import type { ClassIndex } from "./class-index.js";
import { type FamilyAgreement, familyAgreement } from "./family-agreement.js";
import { matchHeldOut } from "./held-out.js";
import type { LatentMatch } from "./best-class.js";
import type { UnitAgreement } from "./unit-agreement.js";

/** What is compared with the classes besides the latents. */
export interface TaxonomyParts extends NullOptions {
  /** Parent-child edges with their weights. Default none. */
  edges?: readonly { parent: number; child: number; weight: number }[];
  /** Families; `members` leaves the parent out. Default none. */
  families?: readonly { parent: number; members: readonly number[] }[];
  /** F1 over which a latent counts as matching a class, for edges and coherence. Default 0.2. */
  level?: number;
  /**
   * How latents match for edges and families. Default "active": the best threshold picks a latent's peak, which
   * is about something narrower than what makes it a parent.
   */
  threshold?: "active" | "best";
  /** Latents of a family that must be active in its documents. Default 2: of one, chance does nearly as well. */
  minMembers?: number;
  /** Fewest documents above a latent's own threshold. Default 3. */
  minActive?: number;
  signal?: AbortSignal;
}

/** All agreement of one SAE and its families with known classes. */
export interface TaxonomyReport {
  documents: number;
  /** Classes in the comparison. */
  classes: number;
  /** Whether no class lies below another: edges then agree where both latents have the same class. */
  isFlat?: boolean;
  level: number;
  /** Latents on wherever they are listed. */
  active: LatentAgreement;
  /** Latents on above a threshold of their own, chosen for the highest F1. */
  tuned: LatentAgreement;
  /** The same with class and threshold chosen on the other half of the documents. */
  heldOut: { meanF1: number; over: { level: number; count: number; share: number }[] };
  /** Of edges from some weight upwards: all, the upper three quarters, half and quarter. */
  edges: ({ threshold: number } & EdgeAgreement)[];
  /** Absent without families. */
  families?: FamilyAgreement;
  /** Units that the latents are held against; absent where none were measured. */
  baselines?: UnitAgreement[];
  /** Best class of each latent, at its best threshold [n]. */
  matches: LatentMatch[];
  /** F1 of each latent in `heldOut` [n]. */
  heldOutF1: number[];
  /** F1 of the live latents in each of the null runs of `tuned`. */
  nullF1: number[];
}

/** Compares latents, edges and families with the classes, each next to its null. */
export function reportTaxonomy(
  postings: Postings,
  index: ClassIndex,
  {
    edges = [],
    families = [],
    level = 0.2,
    threshold = "active",
    minMembers = 2,
    minActive = 3,
    seeds,
    signal,
  }: TaxonomyParts = {},
): TaxonomyReport {
  const tuning = { threshold: "best", minActive, signal } as const;
  const plain = latentAgreement(postings, index, { levels: REPORT_LEVELS, seeds, signal });
  const tuned = latentAgreement(postings, index, { levels: REPORT_LEVELS, seeds, ...tuning });
  const { live } = tuned.agreement;
  // A latent that is off in all documents that count is none the less live, with an F1 of 0.
  const heldOutF1 = matchHeldOut(postings, index, tuning).map(({ f1 }) => f1);
  const { matches } = threshold === "active" ? plain : tuned;
  const judging = threshold === "active" ? { signal } : tuning;
  const heldOutOver = REPORT_LEVELS.map((over) => {
    const count = heldOutF1.filter((f1) => f1 > over).length;
    return { level: over, count, share: count / live };
  });
  return {
    documents: index.documents,
    classes: index.ids.length,
    isFlat: index.ancestors.every((above) => above.size === 0),
    level,
    active: plain.agreement,
    tuned: tuned.agreement,
    heldOut: { meanF1: heldOutF1.reduce((sum, f1) => sum + f1 / live, 0), over: heldOutOver },
    edges: quartiles(edges.map(({ weight }) => weight)).map((least) => {
      const kept = edges.filter(({ weight }) => weight >= least);
      const pairs = kept.map(({ parent, child }) => [parent, child] as const);
      const options = { threshold: level, seeds };
      return { ...edgeAgreement(pairs, matches, index, options), threshold: least };
    }),
    families:
      families.length === 0
        ? undefined
        : familyAgreement(families, postings, index, { level, minMembers, seeds, ...judging }),
    matches: tuned.matches,
    heldOutF1,
    nullF1: tuned.nullF1,
  };
}

/** Mean F1 of each latent over the null runs, by latent; empty where the runs are not of the report's live latents. */
export function chanceByLatent({
  matches,
  nullF1,
}: Pick<TaxonomyReport, "matches" | "nullF1">): Map<number, number> {
  const live = matches.filter(({ active }) => active > 0);
  const runs = nullF1.length / live.length;
  if (!Number.isInteger(runs)) return new Map();
  return new Map(
    live.map(({ latent }, at) => {
      let sum = 0;
      for (let run = 0; run < runs; run++) sum += nullF1[run * live.length + at];
      return [latent, sum / runs];
    }),
  );
}

function quartiles(weights: readonly number[]): number[] {
  const sorted = [...weights].sort((a, b) => a - b);
  const at = [0, 0.25, 0.5, 0.75].map((share) => sorted[Math.floor(share * sorted.length)]);
  return [...new Set(at)].filter((weight) => weight !== undefined);
}
