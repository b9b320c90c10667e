import { type FamilyOutline, familyLatents } from "../records/family.js";
import type { SaeMatch } from "./match-saes.js";
import { countShared } from "../core/collections.js";

/** A family of one SAE and the most similar family of another. */
export interface FamilyPair {
  /** Parent latents. */
  from: number;
  /** Undefined where no family shares a matched latent. */
  to?: number;
  /** Shared matched latents over all latents of both. */
  overlap: number;
}

/**
 * For each family of the large SAE the family of the small one that shares most of its latents, each latent taken to
 * its nearest in the small SAE where that is closer than `threshold`. A family is its parent and members.
 */
export function matchFamilies(
  small: readonly FamilyOutline[],
  large: readonly FamilyOutline[],
  { toSmall, toSmallCosine }: SaeMatch,
  threshold: number,
): FamilyPair[] {
  const targets = small.map((family) => ({
    parent: family.parent,
    latents: new Set(familyLatents(family)),
  }));
  return large.map((family) => {
    const own = new Set(familyLatents(family));
    const mapped = new Set<number>();
    let lost = 0;
    for (const latent of own) {
      if (toSmallCosine[latent] > threshold) mapped.add(toSmall[latent]);
      else lost++;
    }
    const best: FamilyPair = { from: family.parent, overlap: 0 };
    for (const { parent, latents } of targets) {
      const shared = countShared(mapped, latents);
      const overlap = shared / (mapped.size + latents.size - shared + lost);
      if (overlap > best.overlap) Object.assign(best, { to: parent, overlap });
    }
    return best;
  });
}
