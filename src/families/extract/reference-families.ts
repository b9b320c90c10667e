import type { Coactivation } from "../coactivation/coactivation.js";
import type { FamilyResult } from "./extract-families.js";
import { keepSpanning } from "../forest/forest.js";
import type { Forest } from "../forest/forest.js";
import { findSubtrees } from "../forest/subtrees.js";
import type { Subtree } from "../forest/subtrees.js";
import { jaccard } from "../../core/collections.js";
import type { Family } from "../../records/family.js";

/** The authors' thresholds: the later passes leave theirs out and fall back to another. */
const REFERENCE_THRESHOLDS: readonly number[] = [0.1, 0.07, 0.07, 0.07];

/** A latent as the reference's graph code sees it. */
export interface ReferenceNode {
  latent: number;
  label: string;
  /** Share of documents in which it is active. */
  density: number;
}

/** What the reference's procedure gives, with its intermediate results. */
export interface ReferenceFamilies extends FamilyResult {
  /** Every pass's subtrees, each once. */
  subtrees: Subtree[][];
}

/**
 * Families exactly as the authors' code (saerch) finds them. `nodes` are the clean latents in their order, which matters:
 * a pair's weight is the last one written, C / (f + 1) of the later node; equal weights keep the order in which networkx
 * lists the edges; families are keyed by label text, a later one taking an earlier one's place; of two overlapping
 * families of equal size both go. `thresholds` has one entry per pass, by default 0.1 and three times 0.07. The forest's
 * weights are exp(C / (f + 1)).
 */
export function extractReferenceFamilies(
  coactivation: Coactivation,
  nodes: readonly ReferenceNode[],
  { thresholds = REFERENCE_THRESHOLDS }: { thresholds?: readonly number[] } = {},
): ReferenceFamilies {
  let left = nodes;
  const subtrees: Subtree[][] = [];
  const forests: Forest[] = [];
  const byLabel = new Map<string, Family>();
  const label = new Map(nodes.map((node) => [node.latent, node.label]));
  thresholds.forEach((threshold, pass) => {
    const forest = buildReferenceForest(coactivation, left, threshold);
    const found = findSubtrees(forest, { nested: "stop" });
    for (const { parent, members } of found) {
      if (members.length > 3) byLabel.set(label.get(parent) ?? "", { parent, members, pass });
    }
    const parents = new Set(found.map(({ parent }) => parent));
    left = left.filter(({ latent }) => !parents.has(latent));
    forests.push(forest);
    subtrees.push(found);
  });
  return {
    families: dropReferenceDuplicates([...byLabel.values()]),
    forest: forests[0],
    found: subtrees.map((found) => found.length),
    subtrees,
  };
}

/** One pass's forest, its edges in the order in which networkx lists them. */
export function buildReferenceForest(
  coactivation: Coactivation,
  nodes: readonly ReferenceNode[],
  threshold: number,
): Forest {
  const edges = listReferenceEdges(coactivation, nodes, threshold);
  edges.sort((x, y) => y.weight - x.weight);
  const kept = keepSpanning(
    edges.map(({ a }) => a),
    edges.map(({ b }) => b),
    nodes.length,
  );
  const spanning = Array.from(kept, (e) => edges[e]).sort((x, y) => x.a - y.a);
  const logDensity = nodes.map(({ density }) => Math.log10(density));
  const down = spanning.map(({ a, b }) => (logDensity[a] > logDensity[b] ? [a, b] : [b, a]));
  return {
    nodes: Uint32Array.from(nodes, ({ latent }) => latent),
    from: Uint32Array.from(down, ([parent]) => nodes[parent].latent),
    to: Uint32Array.from(down, ([, child]) => nodes[child].latent),
    weight: Float32Array.from(spanning, ({ weight }) => weight),
  };
}

/** A pair of places a < b among the nodes. */
interface ReferenceEdge {
  a: number;
  b: number;
  weight: number;
}

/**
 * All pairs over the threshold in the order in which networkx visits them: by the earlier node, then by when the
 * edge was entered, first those that the earlier node's own row holds.
 */
function listReferenceEdges(
  { n, counts, offsets, latents, together }: Coactivation,
  nodes: readonly ReferenceNode[],
  threshold: number,
): ReferenceEdge[] {
  const place = new Int32Array(n).fill(-1);
  nodes.forEach(({ latent }, at) => (place[latent] = at));
  const least = Math.fround(threshold);
  const edges: (ReferenceEdge & { isOwn: boolean })[] = [];
  for (let i = 0; i < n; i++) {
    if (place[i] < 0) continue;
    for (let at = offsets[i]; at < offsets[i + 1]; at++) {
      const j = latents[at];
      if (place[j] < 0) continue;
      const [early, late] = place[i] < place[j] ? [i, j] : [j, i];
      const own = Math.fround(together[at] / (counts[early] + 1));
      const last = Math.fround(together[at] / (counts[late] + 1));
      if (own < least && last < least) continue;
      const share = last >= least ? last : own;
      edges.push({
        a: place[early],
        b: place[late],
        weight: Math.fround(Math.exp(share)),
        isOwn: own >= least,
      });
    }
  }
  return edges.sort((x, y) => x.a - y.a || Number(y.isOwn) - Number(x.isOwn) || x.b - y.b);
}

/** Drops every family that another one of at least its size overlaps by more than 0.6, dropped ones included. */
function dropReferenceDuplicates(families: readonly Family[]): Family[] {
  const sets = families.map(({ members }) => new Set(members.map(({ latent }) => latent)));
  return families.filter((_, f) =>
    sets.every((other, g) => {
      return g === f || other.size < sets[f].size || jaccard(sets[f], other) <= 0.6;
    }),
  );
}
