import type { Coactivation } from "../coactivation/coactivation.js";
import { type ForestOptions, selectForestEdges } from "../forest/forest.js";
import { type Family, familyLatents } from "../../records/family.js";

/** An edge between two latents of a family, from the denser to the rarer one. */
export interface FamilyEdge {
  /** Latents. */
  from: number;
  to: number;
  weight: number;
  /** Whether the family's own tree has it. */
  tree: boolean;
}

/**
 * All edges among a family's latents: those of its tree, which the spanning forest kept, then the others, strongest
 * first. Weight, threshold and fewest shared documents of the others as `buildForest` takes them; of equal densities the
 * lower latent comes first.
 */
export function familyEdges(
  coactivation: Coactivation,
  family: Pick<Family, "parent" | "members">,
  options: Omit<ForestOptions, "nodes"> = {},
): FamilyEdge[] {
  const latents = Uint32Array.from(familyLatents(family)).sort();
  const tree = family.members.map(({ parent: from, latent: to, weight }) => ({
    ...{ from, to, weight },
    tree: true,
  }));
  const pair = (a: number, b: number): string => `${Math.min(a, b)} ${Math.max(a, b)}`;
  const known = new Set(tree.map(({ from, to }) => pair(from, to)));
  const { low, high, weight } = selectForestEdges(coactivation, latents, options);
  const others = Array.from(low, (a, e): FamilyEdge => {
    const b = high[e];
    const isLowFirst = coactivation.counts[a] >= coactivation.counts[b];
    const [from, to] = isLowFirst ? [a, b] : [b, a];
    return { from, to, weight: weight[e], tree: false };
  });
  return [...tree, ...others.filter(({ from, to }) => !known.has(pair(from, to)))];
}
