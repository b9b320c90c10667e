import type { Engine } from "../engine/engine.js";
import type { Matrix } from "../core/matrix.js";
import { createRandom } from "../core/random.js";
import type { FamilyResult } from "../families/extract/extract-families.js";
import { bestFamily, indexFamilies } from "../families/extract/family-overlap.js";
import { spreadOf, meanOf } from "../core/statistics.js";
import { type NullOptions, matchNull } from "./match-null.js";
import { matchSaes } from "./match-saes.js";
import { randomLatents } from "./document-stability.js";
import { type Family, familyLatents } from "../records/family.js";

/** Fewest matched latents of a family for which an overlap means anything. */
const LEAST_MATCHED = 2;

/** The latents of one SAE as another SAE of the same embeddings, such as one of another seed, has them. */
export interface LatentPartners {
  /** Cosine of each latent to the nearest of the other SAE [n]. */
  cosine: Float32Array;
  /** The other SAE's latent that is each latent's match, -1 where it has none [n]. */
  partner: Int32Array;
  /** Cosine over which two mutually nearest latents match. */
  threshold: number;
}

/** A family over the SAEs of other seeds. */
export interface FamilySeedStability {
  /**
   * Mean over the SAEs of the family's overlap (Jaccard) with the family most like it, both taken to the latents that
   * match; NaN where in no SAE two or more of its latents match.
   */
  mean: number;
  /** Mean share of its latents that match. */
  matched: number;
  /** Mean overlap of as many random matched latents; NaN as `mean`. */
  random: number;
}

/** What recurs when the SAE is trained with other seeds. */
export interface SeedStability {
  /** Mean over the SAEs of each latent's best cosine [n]. */
  latents: Float64Array;
  /** Share of the SAEs in which each latent has a match [n]. */
  matched: Float64Array;
  /** In the order of the families. */
  families: FamilySeedStability[];
}

/**
 * Matches the latents of `own` to those of `other` (decoders [n, d]): two latents match where each is the other's
 * nearest and their cosine is above what random directions with the spectrum of `own` reach; see matchNull.
 */
export async function matchPartners(
  own: Matrix,
  other: Matrix,
  engine: Pick<Engine, "nearest">,
  options: NullOptions = {},
): Promise<LatentPartners> {
  const { toSmall, toLarge, toLargeCosine } = await matchSaes(own, other, engine, options);
  const { threshold } = await matchNull(own, other, engine, options);
  const partner = Int32Array.from(toLarge, (latent, i) =>
    toSmall[latent] === i && toLargeCosine[i] > threshold ? latent : -1,
  );
  return { cosine: toLargeCosine, partner, threshold };
}

/**
 * Stability over training seeds: how far the families of SAEs that differ in nothing but their seed have the same
 * latents together. `others` are those SAEs' families, in their own latents, and how their latents match.
 */
export function seedStability(
  { families, forest }: Pick<FamilyResult, "families" | "forest">,
  others: readonly { partners: LatentPartners; families: readonly Family[] }[],
  { seed = 0 }: { seed?: number } = {},
): SeedStability {
  const random = createRandom(seed);
  const groups = families.map(familyLatents);
  const seen = groups.map(() => ({ overlaps: [] as number[], chance: [] as number[], matched: 0 }));
  for (const { partners, families: found } of others) {
    const { partner } = partners;
    const ownOf = new Map<number, number>();
    partner.forEach((latent, i) => latent >= 0 && ownOf.set(latent, i));
    const takeOver = (family: Family): number[] =>
      familyLatents(family).flatMap((latent) => ownOf.get(latent) ?? []);
    const index = indexFamilies(found.map(takeOver));
    const nodes = forest.nodes.filter((latent) => partner[latent] >= 0);
    groups.forEach((group, f) => {
      const matched = group.filter((latent) => partner[latent] >= 0);
      seen[f].matched += matched.length / group.length;
      if (matched.length < LEAST_MATCHED) return;
      seen[f].overlaps.push(bestFamily(index, matched).overlap);
      const drawn = randomLatents(nodes, matched.length, random);
      seen[f].chance.push(bestFamily(index, drawn).overlap);
    });
  }
  const meanOver = (of: (partners: LatentPartners) => number): number =>
    meanOf(others.map(({ partners }) => of(partners)));
  const n = others[0]?.partners.partner.length ?? 0;
  const latents = Float64Array.from({ length: n }, (_, i) => meanOver(({ cosine }) => cosine[i]));
  const matched = Float64Array.from({ length: n }, (_, i) =>
    meanOver(({ partner }) => (partner[i] >= 0 ? 1 : 0)),
  );
  return {
    latents,
    matched,
    families: seen.map(({ overlaps, chance, matched: share }) => ({
      mean: spreadOf(overlaps).mean,
      matched: share / others.length,
      random: spreadOf(chance).mean,
    })),
  };
}
