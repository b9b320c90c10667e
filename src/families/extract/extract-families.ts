import type { OnProgress } from "../../core/progress.js";
import type { Coactivation } from "../coactivation/coactivation.js";
import { filterEdges } from "../edges/select-edges.js";
import { selectForestEdges, selectNodes, spanForest } from "../forest/forest.js";
import type { Forest, ForestOptions } from "../forest/forest.js";
import { findSubtrees } from "../forest/subtrees.js";
import type { SubtreeOptions } from "../forest/subtrees.js";
import type { Family } from "../../records/family.js";
import { addToList } from "../../core/collections.js";

/** Families with the forest that the first of them came from. */
export interface FamilyResult {
  families: Family[];
  /** The first pass's forest, over all nodes. */
  forest: Forest;
  /** Families found in each pass, before those that overlap were dropped. */
  found: number[];
}

/** How families are drawn from co-activation. */
export interface FamilyOptions extends ForestOptions, SubtreeOptions {
  /** Times the forest is rebuilt without the parents found so far, the first time included. Default 4. */
  passes?: number;
  /** Fewest descendants of a family. Default 4. */
  minChildren?: number;
  /** Largest Jaccard overlap of two families' members; of a pair over it the larger stays. Default 0.6. */
  maxOverlap?: number;
  onProgress?: OnProgress;
  signal?: AbortSignal;
}

/**
 * Families of co-activating latents: every latent of the maximum spanning forest with enough children and its
 * descendants, over several passes, each without the parents of the ones before. Depends on no order of the input.
 */
export function extractFamilies(
  coactivation: Coactivation,
  options: FamilyOptions = {},
): FamilyResult {
  const { passes = 4, minChildren = 4, maxOverlap = 0.6, onProgress, signal } = options;
  if (!(Number.isInteger(passes) && passes >= 1)) {
    throw new RangeError(`extractFamilies: passes must be 1 or more, got ${passes}`);
  }
  let nodes = selectNodes(coactivation, options);
  let edges = selectForestEdges(coactivation, nodes, options);
  const forest = spanForest(coactivation, nodes, edges, options.prefixes);
  const isLeft = new Uint8Array(coactivation.n);
  for (const latent of nodes) isLeft[latent] = 1;

  const families: Family[] = [];
  const found: number[] = [];
  for (let pass = 0; pass < passes; pass++) {
    signal?.throwIfAborted();
    onProgress?.({ step: "families", done: pass, total: passes });
    const current = pass === 0 ? forest : spanForest(coactivation, nodes, edges, options.prefixes);
    const subtrees = findSubtrees(current, options).filter(
      ({ members }) => members.length >= minChildren,
    );
    found.push(subtrees.length);
    if (subtrees.length === 0) break;
    for (const { parent, members } of subtrees) {
      families.push({ parent, members, pass });
      isLeft[parent] = 0;
    }
    nodes = nodes.filter((latent) => isLeft[latent] === 1);
    edges = filterEdges(edges, isLeft);
  }
  onProgress?.({ step: "families", done: passes, total: passes });
  return { families: dropOverlapping(families, maxOverlap), forest, found };
}

/**
 * Families without those whose members overlap a larger kept one's by more than `maxOverlap` (Jaccard). Of equal size
 * the one of the earlier pass stays, then the one with the lower parent. The order is kept.
 */
export function dropOverlapping(families: readonly Family[], maxOverlap: number): Family[] {
  const order = families.map((_, f) => f);
  order.sort((a, b) => {
    const [first, second] = [families[a], families[b]];
    return (
      second.members.length - first.members.length ||
      first.pass - second.pass ||
      first.parent - second.parent
    );
  });
  const keepers = new Map<number, number[]>();
  const kept = new Set<number>();
  for (const f of order) {
    const { members } = families[f];
    const shared = new Map<number, number>();
    for (const { latent } of members) {
      for (const keeper of keepers.get(latent) ?? []) {
        shared.set(keeper, (shared.get(keeper) ?? 0) + 1);
      }
    }
    const isCovered = Array.from(shared).some(([keeper, both]) => {
      const either = members.length + families[keeper].members.length - both;
      return both / either > maxOverlap;
    });
    if (isCovered) continue;
    kept.add(f);
    for (const { latent } of members) addToList(keepers, latent, f);
  }
  return families.filter((_, f) => kept.has(f));
}

/**
 * Families of an existing forest, in one pass: by default every root with three children of its own or more, and its
 * descendants. With `nested` "through" and `minChildren` 4 they are those that extractFamilies finds in its first pass.
 */
export function groupForest(
  forest: Forest,
  {
    minChildren = 3,
    maxOverlap = 0.6,
    nested = "roots",
    ...options
  }: SubtreeOptions & Pick<FamilyOptions, "minChildren" | "maxOverlap"> = {},
): Family[] {
  const families = findSubtrees(forest, { ...options, nested })
    .filter(({ members }) => members.length >= minChildren)
    .map(({ parent, members }) => ({ parent, members, pass: 0 }));
  return dropOverlapping(families, maxOverlap);
}
