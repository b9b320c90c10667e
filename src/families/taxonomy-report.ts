import type { Postings } from "../codes.js";
import { edgeAgreement, familyAgreement, latentAgreement } from "./agreement.js";
import type { EdgeAgreement, FamilyAgreement, LatentAgreement, NullOptions } from "./agreement.js";
import type { ClassIndex } from "./classes.js";
import { matchHeldOut } from "./held-out.js";
import type { LatentMatch } from "./taxonomy.js";

/** What is held against the classes, beside the latents. */
export interface TaxonomyParts extends NullOptions {
  /** Parent-child edges with their weights. Default none. */
  edges?: readonly { parent: number; child: number; weight: number }[];
  /** Families; `members` leaves the parent out. Default none. */
  families?: readonly { parent: number; members: readonly number[] }[];
  /** F1 over which a latent counts as matching a class, for edges and coherence. Default 0.3. */
  level?: number;
  /** Fewest documents above a latent's own threshold. Default 3. */
  minActive?: number;
}

/** All agreement of one SAE and its families with known classes. */
export interface TaxonomyReport {
  documents: number;
  /** Classes in the comparison. */
  classes: number;
  level: number;
  /** Latents on wherever they are listed. */
  active: LatentAgreement;
  /** Latents on above a threshold of their own, chosen for the highest F1. */
  tuned: LatentAgreement;
  /** The same with class and threshold chosen on the other half of the documents. */
  heldOut: { meanF1: number; over: { level: number; count: number; share: number }[] };
  /** Of edges from some weight upwards (all, the upper three quarters, half and quarter), by `matches`. */
  edges: ({ threshold: number } & EdgeAgreement)[];
  /** With thresholds of their own; absent without families. */
  families?: FamilyAgreement;
  /** Best class of each latent, with a threshold of its own [n]. */
  matches: LatentMatch[];
  /** F1 of the live latents in each of the null runs of `tuned`. */
  nullF1: number[];
}

const LEVELS = [0.2, 0.3, 0.5, 0.7];

/** Holds latents, edges and families against the classes, each beside its null. */
export function reportTaxonomy(
  postings: Postings,
  index: ClassIndex,
  { edges = [], families = [], level = 0.3, minActive = 3, seeds }: TaxonomyParts = {},
): TaxonomyReport {
  const tuning = { threshold: "best", minActive } as const;
  const plain = latentAgreement(postings, index, { levels: LEVELS, seeds });
  const tuned = latentAgreement(postings, index, { levels: LEVELS, seeds, ...tuning });
  const { live } = tuned.agreement;
  // A latent that is off in all documents that count is none the less live, with an F1 of 0.
  const heldOut = matchHeldOut(postings, index, tuning);
  const heldOutOver = LEVELS.map((over) => {
    const count = heldOut.filter(({ f1 }) => f1 > over).length;
    return { level: over, count, share: count / live };
  });
  return {
    documents: index.documents,
    classes: index.ids.length,
    level,
    active: plain.agreement,
    tuned: tuned.agreement,
    heldOut: { meanF1: heldOut.reduce((sum, { f1 }) => sum + f1 / live, 0), over: heldOutOver },
    edges: quartiles(edges.map(({ weight }) => weight)).map((threshold) => {
      const kept = edges.filter(({ weight }) => weight >= threshold);
      const pairs = kept.map(({ parent, child }) => [parent, child] as const);
      const options = { threshold: level, seeds };
      return { ...edgeAgreement(pairs, tuned.matches, index, options), threshold };
    }),
    families:
      families.length === 0
        ? undefined
        : familyAgreement(families, postings, index, { level, seeds, ...tuning }),
    matches: tuned.matches,
    nullF1: tuned.nullF1,
  };
}

function quartiles(weights: readonly number[]): number[] {
  const sorted = [...weights].sort((a, b) => a - b);
  const at = [0, 0.25, 0.5, 0.75].map((share) => sorted[Math.floor(share * sorted.length)]);
  return [...new Set(at)].filter((weight) => weight !== undefined);
}
