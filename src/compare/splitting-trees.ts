import type { SaeMatch } from "./match-saes.js";
import { jaccard } from "../core/collections.js";

/** Latents of a small SAE followed through a middle one to a large one. */
export interface SplittingTree {
  latent: number;
  children: { latent: number; leaves: number[] }[];
  /** Latents of the large SAE that the direct match gives. */
  direct: number[];
  /** Shared leaves over all leaves of both ways; 1 where both are empty. */
  consistency: number;
}

/**
 * For each latent of the small SAE those of the large one that are nearest to it, ascending: how it splits. The paper's
 * `nns` files hold this, keyed by the small latent as text.
 */
export function splitLatents({ toSmall, toLarge }: SaeMatch): number[][] {
  const splits: number[][] = Array.from({ length: toLarge.length }, () => []);
  toSmall.forEach((parent, latent) => splits[parent].push(latent));
  return splits;
}

/**
 * Each latent of the small SAE with its children in the middle SAE and theirs in the large one, next to those of the
 * direct match: the paper's self-consistency of splitting.
 */
export function splittingTrees(
  smallToMiddle: SaeMatch,
  middleToLarge: SaeMatch,
  smallToLarge: SaeMatch,
): SplittingTree[] {
  const first = splitLatents(smallToMiddle);
  const second = splitLatents(middleToLarge);
  return splitLatents(smallToLarge).map((direct, latent) => {
    const children = first[latent].map((middle) => ({ latent: middle, leaves: second[middle] }));
    const leaves = children.flatMap((child) => child.leaves);
    return { latent, children, direct, consistency: jaccard(new Set(leaves), new Set(direct)) };
  });
}

/** Splitting trees in numbers; a tree without a latent on either way agrees on nothing and does not count. */
export interface TreeSummary {
  trees: number;
  /** Mean over those trees. */
  meanConsistency: number;
  /** Trees that branch at both steps. */
  branching: number;
}

/** The numbers of splitting trees. */
export function summariseTrees(trees: readonly SplittingTree[]): TreeSummary {
  const full = trees.filter(({ children, direct }) => children.length + direct.length > 0);
  const sum = full.reduce((total, { consistency }) => total + consistency, 0);
  return {
    trees: full.length,
    meanConsistency: sum / full.length,
    branching: full.filter(isBranching).length,
  };
}

/** Which splitting trees are worth showing. */
export interface TreeChoice {
  /** Default 3. */
  count?: number;
  /** Most leaves of a tree. Default 12. */
  maxLeaves?: number;
}

/**
 * The trees that show splitting best: those that branch at both steps, the ones with the most leaves first, each leaf
 * counting as much as both ways agree; no tree with more than `maxLeaves`. Ties by lower latent.
 */
export function chooseSplittingTrees(
  trees: readonly SplittingTree[],
  { count = 3, maxLeaves = 12 }: TreeChoice = {},
): SplittingTree[] {
  const leavesOf = ({ children }: SplittingTree): number =>
    children.reduce((sum, { leaves }) => sum + leaves.length, 0);
  const worth = (tree: SplittingTree): number => leavesOf(tree) * tree.consistency;
  return trees
    .filter((tree) => isBranching(tree) && leavesOf(tree) <= maxLeaves)
    .sort((a, b) => worth(b) - worth(a) || a.latent - b.latent)
    .slice(0, count);
}

function isBranching({ children }: SplittingTree): boolean {
  return children.length > 1 && children.some(({ leaves }) => leaves.length > 1);
}
