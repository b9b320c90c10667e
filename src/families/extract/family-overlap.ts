import { addToList } from "../../core/collections.js";

/** Families by their latents, to find the one that is most like a group of latents. */
export interface FamilyIndex {
  /** Latents of each family, its parent first. */
  latents: readonly ReadonlySet<number>[];
  /** Families (places) with each latent. */
  homes: ReadonlyMap<number, readonly number[]>;
}

/** The family most like a group of latents. */
export interface BestFamily {
  /** Place of the family; -1 where none shares a latent. */
  at: number;
  /** Shared latents over all latents of both: their Jaccard overlap. */
  overlap: number;
}

/** Lists the groups of latents for `bestFamily`. */
export function indexFamilies(groups: readonly Iterable<number>[]): FamilyIndex {
  const latents = groups.map((group) => new Set(group));
  const homes = new Map<number, number[]>();
  latents.forEach((group, f) => {
    for (const latent of group) addToList(homes, latent, f);
  });
  return { latents, homes };
}

/** The family that overlaps the distinct latents `group` most; of equal ones the first. */
export function bestFamily({ latents, homes }: FamilyIndex, group: readonly number[]): BestFamily {
  const shared = new Map<number, number>();
  for (const latent of group) {
    for (const f of homes.get(latent) ?? []) shared.set(f, (shared.get(f) ?? 0) + 1);
  }
  const best: BestFamily = { at: -1, overlap: 0 };
  for (const [f, both] of shared) {
    const overlap = both / (group.length + latents[f].size - both);
    if (overlap > best.overlap || (overlap === best.overlap && f < best.at)) {
      best.at = f;
      best.overlap = overlap;
    }
  }
  return best;
}
