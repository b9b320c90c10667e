import type { Postings } from "../../core/codes.js";
import { postingsOf } from "../../core/postings.js";
import { type FamilyOutline, familyLatents } from "../../records/family.js";

/** A latent, or a family: active in a document where one of its latents is. */
export interface ContrastUnit {
  of: "latent" | "family";
  /** The latent, or the family's parent latent. */
  id: number;
  latents: readonly number[];
  /** Place of the smallest family that has all its latents and more; undefined for none. */
  above?: number;
}

/** The families, then the latents, each below the smallest family that holds it. */
export function contrastUnits(n: number, families: readonly FamilyOutline[]): ContrastUnit[] {
  const sets = families.map((family) => new Set(familyLatents(family)));
  const homes = Array.from({ length: n }, (): number[] => []);
  // Smallest first, so that the first that fits is the smallest.
  const order = sets.map((_, f) => f).sort((a, b) => sets[a].size - sets[b].size || a - b);
  for (const f of order) for (const latent of sets[f]) homes[latent].push(f);
  return [
    ...families.map(({ parent }, f): ContrastUnit => {
      const latents = [...sets[f]];
      const holds = (g: number): boolean =>
        sets[g].size > sets[f].size && latents.every((latent) => sets[g].has(latent));
      return { of: "family", id: parent, latents, above: homes[parent].find(holds) };
    }),
    ...homes.map(([above], id): ContrastUnit => ({ of: "latent", id, latents: [id], above })),
  ];
}

/**
 * Documents of each unit by group, [units, groups] row by row; `groupOf` [documents] is negative for those that do not count.
 * Takes the time of one pass over the postings of every unit's latents.
 */
export function countUnits(
  units: readonly ContrastUnit[],
  postings: Postings,
  groupOf: Int32Array,
  groups: number,
): Uint32Array {
  const counts = new Uint32Array(units.length * groups);
  const seen = new Int32Array(postings.documents).fill(-1);
  units.forEach(({ latents }, unit) => {
    const start = unit * groups;
    for (const latent of latents) {
      const { rows } = postingsOf(postings, latent);
      for (let i = 0; i < rows.length; i++) {
        const row = rows[i];
        if (groupOf[row] < 0 || seen[row] === unit) continue;
        seen[row] = unit;
        counts[start + groupOf[row]]++;
      }
    }
  });
  return counts;
}
