import type { SaeMatch } from "./match-saes.js";

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
  small: readonly { parent: number; members: readonly { latent: number }[] }[],
  large: readonly { parent: number; members: readonly { latent: number }[] }[],
  { toSmall, toSmallCosine }: SaeMatch,
  threshold: number,
): FamilyPair[] {
  const targets = small.map((family) => ({ parent: family.parent, latents: latentsOf(family) }));
  return large.map((family) => {
    const own = latentsOf(family);
    const mapped = new Set<number>();
    let lost = 0;
    for (const latent of own) {
      if (toSmallCosine[latent] > threshold) mapped.add(toSmall[latent]);
      else lost++;
    }
    const best: FamilyPair = { from: family.parent, overlap: 0 };
    for (const { parent, latents } of targets) {
      let shared = 0;
      for (const latent of mapped) if (latents.has(latent)) shared++;
      const overlap = shared / (mapped.size + latents.size - shared + lost);
      if (overlap > best.overlap) Object.assign(best, { to: parent, overlap });
    }
    return best;
  });
}

function latentsOf(family: {
  parent: number;
  members: readonly { latent: number }[];
}): Set<number> {
  return new Set([family.parent, ...family.members.map(({ latent }) => latent)]);
}
