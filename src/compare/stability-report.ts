import type { FamilyResult } from "../families/extract/extract-families.js";
import { spreadOf } from "../core/statistics.js";
import type { LatentPartners, SeedStability } from "./seed-stability.js";
import type { Stability } from "./document-stability.js";

/** A family's stability as in `stability.json`; unknown values are null. */
export interface FamilyStabilityEntry {
  /** The parent latent. */
  latent: number;
  /** Over documents: see FamilyStability. */
  stability: number;
  interval: [number, number];
  foundAgain: number;
  random: number;
  members: { latent: number; stability: number }[];
  /** Over training seeds: see FamilySeedStability. Null where no other SAE was compared. */
  seeds: { stability: number | null; matched: number; random: number | null } | null;
}

/** The content of `stability.json`. */
export interface StabilityReport {
  documents: {
    resamples: number;
    scheme: "subsample" | "bootstrap";
    /** Share of the documents in a subsample; null for the bootstrap. */
    share: number | null;
    seed: number;
    /** Means over the families, and over the forest's edges; null without any. */
    families: number | null;
    edges: number | null;
    /** Mean of random groups of the families' sizes. */
    random: number | null;
    /** The same for families and edges found in codes that were dealt out anew over the documents. */
    permuted: PermutedStability;
  };
  /** Null where no other SAE was compared. */
  seeds: {
    /** Seeds or files of the other SAEs, and the cosine over which latents of each match. */
    saes: { name: string; threshold: number }[];
    /** Means over the families, over their shares of matched latents, and over random groups. */
    families: number | null;
    matched: number | null;
    random: number | null;
  } | null;
  families: FamilyStabilityEntry[];
  /** The forest's edges: share of resamples with the edge, and with the same parent. */
  edges: { parent: number; child: number; stability: number; directed: number }[];
  /** Every latent over training seeds: mean best cosine, share of SAEs with a match. Null as `seeds`. */
  latents: { stability: number; matched: number }[] | null;
}

/** Stability where no latent belongs with any other but by chance. */
export interface PermutedStability {
  count: number;
  edgeCount: number;
  families: number | null;
  edges: number | null;
}

/** What a report is made from. */
export interface StabilityParts {
  result: Pick<FamilyResult, "families" | "forest">;
  documents: Stability;
  /** How the resamples were drawn. */
  drawn: Pick<StabilityReport["documents"], "resamples" | "scheme" | "share" | "seed">;
  /** Stability of what was found in permuted codes. */
  permuted: Stability;
  seeds?: { stability: SeedStability; saes: { name: string; partners: LatentPartners }[] };
}

/** Puts a report together, its numbers rounded to 4 decimals. */
export function reportStability(parts: StabilityParts): StabilityReport {
  const { result, documents, drawn, permuted, seeds } = parts;
  const { forest, families } = result;
  const over = seeds?.stability;
  return {
    documents: {
      ...drawn,
      families: meanOf(documents.families.map(({ mean }) => mean)),
      edges: meanOf(documents.edges),
      random: meanOf(documents.families.map(({ random }) => random)),
      permuted: {
        count: permuted.families.length,
        edgeCount: permuted.edges.length,
        families: meanOf(permuted.families.map(({ mean }) => mean)),
        edges: meanOf(permuted.edges),
      },
    },
    seeds: seeds === undefined ? null : summariseSeeds(seeds),
    families: families.map(({ parent, members }, f): FamilyStabilityEntry => {
      const own = documents.families[f];
      const [low, high] = own.interval;
      return {
        latent: parent,
        stability: rounded(own.mean),
        interval: [rounded(low), rounded(high)],
        foundAgain: rounded(own.foundAgain),
        random: rounded(own.random),
        members: members.map(({ latent }, m) => ({ latent, stability: rounded(own.members[m]) })),
        seeds:
          over === undefined
            ? null
            : {
                stability: known(over.families[f].mean),
                matched: rounded(over.families[f].matched),
                random: known(over.families[f].random),
              },
      };
    }),
    edges: Array.from(forest.from, (parent, e) => ({
      parent,
      child: forest.to[e],
      stability: rounded(documents.edges[e]),
      directed: rounded(documents.directed[e]),
    })),
    latents:
      over === undefined
        ? null
        : Array.from(over.latents, (cosine, i) => ({
            stability: rounded(cosine),
            matched: rounded(over.matched[i]),
          })),
  };
}

function summariseSeeds({
  stability,
  saes,
}: NonNullable<StabilityParts["seeds"]>): NonNullable<StabilityReport["seeds"]> {
  return {
    saes: saes.map(({ name, partners }) => ({ name, threshold: rounded(partners.threshold) })),
    families: meanOf(stability.families.map(({ mean }) => mean)),
    matched: meanOf(stability.families.map(({ matched }) => matched)),
    random: meanOf(stability.families.map(({ random }) => random)),
  };
}

function meanOf(values: ArrayLike<number>): number | null {
  return known(spreadOf(Array.from(values)).mean);
}

function known(value: number): number | null {
  return Number.isNaN(value) ? null : rounded(value);
}

function rounded(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
