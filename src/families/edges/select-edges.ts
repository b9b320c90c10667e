import type { Coactivation } from "../coactivation/coactivation.js";
import type { EdgeWeight, LatentPair } from "./edge-weights.js";

/** Weighted pairs of latents, strongest first; of equal weights the one with the lower latents. */
export interface Edges {
  /** The lower latent of each pair [edges]. */
  low: Uint32Array;
  /** The higher latent [edges]. */
  high: Uint32Array;
  /** [edges] */
  weight: Float32Array;
}

/** Which pairs become edges. */
export interface EdgeOptions {
  /** Weakest weight kept. */
  threshold: number;
  /** Fewest documents that the pair shares. Default 1. */
  minTogether?: number;
}

/**
 * The pairs among `nodes` (latents) with a weight of at least `threshold`, which must be over 0, strongest first.
 * Weights are kept as float32.
 */
export function selectEdges(
  coactivation: Coactivation,
  nodes: ArrayLike<number>,
  weigh: EdgeWeight,
  { threshold, minTogether = 1 }: EdgeOptions,
): Edges {
  if (!(threshold > 0)) {
    throw new RangeError(`selectEdges: threshold must be over 0, got ${threshold}`);
  }
  const { n, documents, counts, offsets, latents, together, cosine } = coactivation;
  const isNode = new Uint8Array(n);
  for (let i = 0; i < nodes.length; i++) isNode[nodes[i]] = 1;
  const list = createEdgeList();
  // One object for all pairs: there may be tens of millions.
  const pair: LatentPair = { i: 0, j: 0, countI: 0, countJ: 0, together: 0, cosine: 0, documents };
  for (let i = 0; i < n; i++) {
    if (isNode[i] === 0) continue;
    pair.i = i;
    pair.countI = counts[i];
    for (let at = offsets[i]; at < offsets[i + 1]; at++) {
      const j = latents[at];
      if (isNode[j] === 0 || together[at] < minTogether) continue;
      pair.j = j;
      pair.countJ = counts[j];
      pair.together = together[at];
      pair.cosine = cosine[at];
      const weight = weigh(pair);
      if (weight >= threshold) list.push(j, i, weight);
    }
  }
  return sortEdges(list.finish());
}

/** The edges that have both ends in `isNode` [n], in the same order. */
export function filterEdges({ low, high, weight }: Edges, isNode: Uint8Array): Edges {
  const kept = allocate(low.length);
  let size = 0;
  for (let e = 0; e < low.length; e++) {
    if (isNode[low[e]] === 0 || isNode[high[e]] === 0) continue;
    kept.low[size] = low[e];
    kept.high[size] = high[e];
    kept.weight[size++] = weight[e];
  }
  return {
    low: kept.low.subarray(0, size),
    high: kept.high.subarray(0, size),
    weight: kept.weight.subarray(0, size),
  };
}

function createEdgeList(): {
  push(low: number, high: number, weight: number): void;
  finish(): Edges;
} {
  let capacity = 1 << 16;
  let size = 0;
  let edges: Edges = allocate(capacity);
  return {
    push(low, high, weight) {
      if (size === capacity) {
        capacity *= 2;
        const grown = allocate(capacity);
        grown.low.set(edges.low);
        grown.high.set(edges.high);
        grown.weight.set(edges.weight);
        edges = grown;
      }
      edges.low[size] = low;
      edges.high[size] = high;
      edges.weight[size++] = weight;
    },
    finish: () => ({
      low: edges.low.subarray(0, size),
      high: edges.high.subarray(0, size),
      weight: edges.weight.subarray(0, size),
    }),
  };
}

function allocate(size: number): Edges {
  return {
    low: new Uint32Array(size),
    high: new Uint32Array(size),
    weight: new Float32Array(size),
  };
}

/**
 * Strongest first, then by low, then by high latent: a least-significant-digit radix sort. The edges come by
 * ascending high latent, so only low and weight need sorting. The bits of positive floats rise with their value.
 */
function sortEdges(edges: Edges): Edges {
  const { low, high, weight } = edges;
  const bits = new Uint32Array(weight.slice().buffer);
  let order = Uint32Array.from(low.keys());
  let spare = new Uint32Array(order.length);
  const sortBy = (key: Uint32Array, shift: number, flip: number): void => {
    const starts = new Uint32Array(2049);
    for (let e = 0; e < key.length; e++) starts[(((key[e] >>> shift) & 2047) ^ flip) + 1]++;
    if (starts[flip + 1] === key.length) return;
    for (let b = 0; b < 2048; b++) starts[b + 1] += starts[b];
    for (let e = 0; e < order.length; e++) {
      spare[starts[((key[order[e]] >>> shift) & 2047) ^ flip]++] = order[e];
    }
    [order, spare] = [spare, order];
  };
  for (const shift of [0, 11, 22]) sortBy(low, shift, 0);
  for (const shift of [0, 11, 22]) sortBy(bits, shift, 2047);
  const sorted = allocate(order.length);
  for (let e = 0; e < order.length; e++) {
    sorted.low[e] = low[order[e]];
    sorted.high[e] = high[order[e]];
    sorted.weight[e] = weight[order[e]];
  }
  return sorted;
}
