import { checkPrefixes } from "../../core/arguments.js";
import type { Matrix } from "../../core/matrix.js";
import type { Coactivation } from "../coactivation/coactivation.js";
import { selectEdges } from "../edges/select-edges.js";
import type { Edges } from "../edges/select-edges.js";
import { edgeWeight } from "../edges/edge-weights.js";
import type { EdgeWeight, EdgeWeightName } from "../edges/edge-weights.js";

/**
 * A directed spanning forest: without its directions a forest, each edge leading from the denser latent to the
 * rarer one. A latent with several denser neighbours has several parents, and so belongs to several families.
 */
export interface Forest {
  /** The latents in it [nodes]. */
  nodes: Uint32Array;
  /** Parent of each edge (latent) [edges]. */
  from: Uint32Array;
  /** Child of each edge (latent) [edges]. */
  to: Uint32Array;
  /** [edges] */
  weight: Float32Array;
}

/** Which latents and pairs a forest is built of, and by which weight. */
export interface ForestOptions {
  /** Latents considered, such as those that pass the cleaning rules. Default: all. */
  nodes?: ArrayLike<number>;
  /** Density from which a latent is too common to belong to anything. Default 0.2. */
  maxDensity?: number;
  /** Fewest documents of a latent. Default 1. */
  minCount?: number;
  /**
   * How strongly two latents belong together: a name, or a function of the pair. Default "wilson-cosine": of 20 weights
   * its edges agree best with a known taxonomy (docs/benchmarks.md), and it needs shared documents as well as similar
   * activations.
   */
  weight?: EdgeWeightName | EdgeWeight;
  /** Decoder directions [n, d], which the weight "decoder-cosine" needs. */
  decoder?: Matrix;
  /** Weakest edge kept, on the scale of the weight. Default 0.1. */
  threshold?: number;
  /** Fewest documents that the two latents of an edge share. Default 2. */
  minTogether?: number;
  /**
   * Ends of the nested prefixes of latents that the SAE was trained with: edges then lead from a latent to one of a later prefix alone,
   * and each latent has one parent where co-activation is counted by `leading`. They rise; n may be left out. Default: from the denser latent to the rarer one.
   */
  prefixes?: readonly number[];
}

/** The weight used where none is named. */
const DEFAULT_WEIGHT: EdgeWeightName = "wilson-cosine";
/** The weakest edge kept where no threshold is given. */
const DEFAULT_THRESHOLD = 0.1;

/**
 * The maximum spanning forest of the co-activation graph, its edges strongest first. It depends on no order: of
 * equal weights the pair with the lower latents comes first, of equal densities the lower latent is the parent.
 */
export function buildForest(coactivation: Coactivation, options: ForestOptions = {}): Forest {
  const nodes = selectNodes(coactivation, options);
  const edges = selectForestEdges(coactivation, nodes, options);
  return spanForest(coactivation, nodes, edges, options.prefixes);
}

/** The latents that `options` admit, ascending. Throws RangeError for a latent of n or more. */
export function selectNodes(
  { n, documents, counts }: Coactivation,
  { nodes, maxDensity = 0.2, minCount = 1 }: ForestOptions,
): Uint32Array {
  const given = nodes === undefined ? Array.from({ length: n }, (_, i) => i) : Array.from(nodes);
  const wrong = given.find((latent) => !(Number.isInteger(latent) && latent >= 0 && latent < n));
  if (wrong !== undefined) {
    throw new RangeError(`forest: a node must be a latent from 0 to ${n - 1}, got ${wrong}`);
  }
  const kept = given.filter(
    (latent) => counts[latent] >= minCount && counts[latent] < maxDensity * documents,
  );
  return Uint32Array.from(new Set(kept)).sort();
}

/** The weighted edges among `nodes` that `options` ask for, strongest first. Throws RangeError for prefixes that do not rise to n. */
export function selectForestEdges(
  coactivation: Coactivation,
  nodes: ArrayLike<number>,
  options: ForestOptions,
): Edges {
  const { weight = DEFAULT_WEIGHT, threshold = DEFAULT_THRESHOLD, minTogether = 2 } = options;
  const byName = edgeWeight(weight, options);
  const { prefixes } = options;
  const { n } = coactivation;
  // As in a training n itself may be left out.
  if (prefixes?.length) {
    checkPrefixes("families", prefixes.at(-1) === n ? prefixes : [...prefixes, n], n);
  }
  const level = prefixLevels(prefixes);
  const weigh: EdgeWeight = level
    ? (pair) => (level(pair.i) === level(pair.j) ? 0 : byName(pair))
    : byName;
  return selectEdges(coactivation, nodes, weigh, { threshold, minTogether });
}

/** The prefix that a latent belongs to first, from 0; undefined where there are no prefixes. */
function prefixLevels(
  prefixes: readonly number[] | undefined,
): ((latent: number) => number) | undefined {
  if (prefixes === undefined || prefixes.length < 2) return undefined;
  return (latent) => prefixes.findIndex((end) => latent < end);
}

/**
 * The forest that `edges`, strongest first, span over `nodes`; the densities give the edges their direction, or the prefixes of their
 * latents where there are any. With these, and pairs that were counted where their lower latent leads, it has each latent's strongest
 * edge to a parent instead.
 */
export function spanForest(
  { counts, leading = false }: Pick<Coactivation, "counts" | "leading">,
  nodes: Uint32Array,
  edges: Edges,
  prefixes?: readonly number[],
): Forest {
  const isNested = prefixLevels(prefixes) !== undefined;
  const kept =
    isNested && leading
      ? keepFirst(edges.high, counts.length)
      : keepSpanning(edges.low, edges.high, counts.length);
  const from = new Uint32Array(kept.length);
  const to = new Uint32Array(kept.length);
  const weight = new Float32Array(kept.length);
  for (let e = 0; e < kept.length; e++) {
    const low = edges.low[kept[e]];
    const high = edges.high[kept[e]];
    // Edges join different prefixes, and the lower latent is of the earlier one.
    const isLowParent = isNested || counts[low] >= counts[high];
    from[e] = isLowParent ? low : high;
    to[e] = isLowParent ? high : low;
    weight[e] = edges.weight[kept[e]];
  }
  return { nodes, from, to, weight };
}

/** The edges as pairs [parent, child], in the forest's order. */
export function forestPairs({ from, to }: Forest): [number, number][] {
  return Array.from(from, (parent, e) => [parent, to[e]]);
}

/** Places in `latents` of the first edge of each; latents are below `size`. */
function keepFirst(latents: Uint32Array, size: number): Uint32Array {
  const first = new Int32Array(size).fill(-1);
  latents.forEach((latent, e) => {
    if (first[latent] < 0) first[latent] = e;
  });
  return Uint32Array.from(latents.keys()).filter((e) => first[latents[e]] === e);
}

/**
 * Kruskal's choice: places of the edges a[e] - b[e] that join two parts, taken in order. Ends are below `size`.
 */
export function keepSpanning(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  size: number,
): Uint32Array {
  const root = Uint32Array.from({ length: size }, (_, i) => i);
  const members = new Uint32Array(size).fill(1);
  const find = (x: number): number => {
    while (root[x] !== x) {
      root[x] = root[root[x]];
      x = root[x];
    }
    return x;
  };
  const kept: number[] = [];
  for (let e = 0; e < a.length && kept.length < size - 1; e++) {
    const x = find(a[e]);
    const y = find(b[e]);
    if (x === y) continue;
    const [larger, smaller] = members[x] >= members[y] ? [x, y] : [y, x];
    root[smaller] = larger;
    members[larger] += members[smaller];
    kept.push(e);
  }
  return Uint32Array.from(kept);
}
