import type { FamilyMember } from "../../records/family.js";
import type { Forest } from "./forest.js";

/** A latent with all its descendants in a forest. */
export interface Subtree {
  /** The parent latent. */
  parent: number;
  /** Its descendants, depth first, the children of each in the forest's order. */
  members: FamilyMember[];
}

/** Which latents of a forest give a subtree. */
export interface SubtreeOptions {
  /** Fewest children of its own that a latent needs. Default 3. */
  minBranches?: number;
  /**
   * "through" (default): every latent with enough children gives a subtree. "stop": only where the root and all
   * latents on the way have enough too, as in the reference. "roots": roots alone.
   */
  nested?: "through" | "stop" | "roots";
}

/**
 * The subtrees of a forest: first those of roots (latents without a parent) in the order of `nodes`, then for each of
 * them those below it, level by level. A latent with several parents gives one.
 */
export function findSubtrees(
  forest: Forest,
  { minBranches = 3, nested = "through" }: SubtreeOptions = {},
): Subtree[] {
  const tree = readTree(forest);
  const isWide = (node: number): boolean =>
    tree.starts[node + 1] - tree.starts[node] >= minBranches;
  const seen = new Uint8Array(forest.nodes.length);
  const found: number[] = [];
  const roots: number[] = [];
  for (let node = 0; node < forest.nodes.length; node++) {
    if (tree.parents[node] === 0) roots.push(node);
  }
  const levels = [roots];
  for (let level = levels.pop(); level !== undefined; level = levels.pop()) {
    const fresh = level.filter((node) => seen[node] === 0);
    for (const node of fresh) {
      seen[node] = 1;
      if (isWide(node)) found.push(node);
    }
    if (nested === "roots") break;
    for (const node of fresh.reverse()) {
      if (nested === "stop" && !isWide(node)) continue;
      const children = tree.edges.slice(tree.starts[node], tree.starts[node + 1]);
      levels.push(Array.from(children, (e) => tree.child[e]));
    }
  }
  return found.map((node) => collect(forest, tree, node));
}

/** The forest over places in `nodes`, with the edges out of each place together. */
interface Tree {
  /** Parents of each place. */
  parents: Uint32Array;
  /** Edges out of place p: `edges[starts[p]]` up to `edges[starts[p + 1] - 1]`. */
  starts: Uint32Array;
  edges: Uint32Array;
  /** Place of each edge's child. */
  child: Uint32Array;
}

function readTree({ nodes, from, to }: Forest): Tree {
  const place = new Map<number, number>();
  nodes.forEach((latent, node) => place.set(latent, node));
  const placeOf = (latent: number): number => {
    const node = place.get(latent);
    if (node === undefined)
      throw new RangeError(`forest: an edge refers to ${latent}, which is not a node`);
    return node;
  };
  const parent = Uint32Array.from(from, placeOf);
  const child = Uint32Array.from(to, placeOf);
  const starts = new Uint32Array(nodes.length + 1);
  const parents = new Uint32Array(nodes.length);
  for (let e = 0; e < parent.length; e++) {
    starts[parent[e] + 1]++;
    parents[child[e]]++;
  }
  for (let node = 0; node < nodes.length; node++) starts[node + 1] += starts[node];
  const next = starts.slice(0, nodes.length);
  const edges = new Uint32Array(parent.length);
  for (let e = 0; e < parent.length; e++) edges[next[parent[e]]++] = e;
  return { parents, starts, edges, child };
}

/** All descendants, depth first. A latent that can be reached twice, as imported graphs may have it, counts once. */
function collect(forest: Forest, tree: Tree, root: number): Subtree {
  const members: FamilyMember[] = [];
  const seen = new Set([root]);
  const open: { edge: number; depth: number }[] = [];
  const openChildren = (node: number, depth: number): void => {
    for (let at = tree.starts[node + 1] - 1; at >= tree.starts[node]; at--) {
      open.push({ edge: tree.edges[at], depth });
    }
  };
  openChildren(root, 1);
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const node = tree.child[next.edge];
    if (seen.has(node)) continue;
    seen.add(node);
    members.push({
      latent: forest.nodes[node],
      depth: next.depth,
      parent: forest.from[next.edge],
      weight: forest.weight[next.edge],
    });
    openChildren(node, next.depth + 1);
  }
  return { parent: forest.nodes[root], members };
}
