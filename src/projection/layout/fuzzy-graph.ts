import { setImmediate as turn } from "node:timers/promises";
import type { Neighbours } from "../../engine/engine.js";
import { type LayoutKernels, PHASE } from "./layout-kernels.js";
import { NO_NEIGHBOUR } from "../neighbours.js";

/** A weighted graph as compressed sparse rows. */
export interface NeighbourGraph {
  nodes: number;
  /** [nodes + 1] */
  offsets: Uint32Array;
  targets: Uint32Array;
  weights: Float32Array;
}

/** UMAP's weights of each row's neighbours [rows, count], above 0 up to 1, of cosine distances. */
export async function weighNeighbours(
  layout: LayoutKernels,
  { rows, indices, scores }: Neighbours,
  signal?: AbortSignal,
): Promise<Float32Array> {
  for (let at = 0; at < indices.length; at++) {
    layout.distances[at] = indices[at] === NO_NEIGHBOUR ? -1 : Math.max(0, 1 - scores[at]);
  }
  await layout.run(PHASE.weigh, 0, rows, signal);
  return layout.weights;
}

/**
 * The fuzzy union of both directions of each pair, a + b - ab, targets ascending, in the arrays of `layout`: its rates
 * are the weights over the largest of them. Pairs that no round of `epochs` would draw are left out.
 */
export async function uniteDirections(
  layout: LayoutKernels,
  { rows: nodes, count, indices }: Neighbours,
  strengths: Float32Array,
  { epochs, signal }: { epochs: number; signal?: AbortSignal },
): Promise<NeighbourGraph> {
  const pause = async (): Promise<void> => {
    await turn();
    signal?.throwIfAborted();
  };
  const starts = Uint32Array.from({ length: nodes + 1 }, (_, i) => i * count);
  const towards = turnRound({ nodes, offsets: starts, targets: indices, weights: strengths });
  await pause();
  const away = turnRound(towards);
  await pause();
  const { offsets, targets, rates: weights } = layout;
  const size = merge(away, towards, { nodes, offsets, targets, weights });
  await pause();
  let largest = 0;
  for (let at = 0; at < size; at++) largest = Math.max(largest, weights[at]);
  let kept = 0;
  for (let i = 0, at = 0; i < nodes; i++) {
    for (const end = offsets[i + 1]; at < end; at++) {
      const rate = weights[at] / largest;
      if (rate * epochs < 1) continue;
      targets[kept] = targets[at];
      weights[kept++] = rate;
    }
    offsets[i + 1] = kept;
  }
  return { nodes, offsets, targets, weights };
}

/** The same pairs from the other end: targets ascend, whatever their order was. */
function turnRound({ nodes, offsets, targets, weights }: NeighbourGraph): NeighbourGraph {
  const starts = new Uint32Array(nodes + 1);
  for (let at = 0; at < offsets[nodes]; at++) {
    if (targets[at] !== NO_NEIGHBOUR) starts[targets[at] + 1]++;
  }
  for (let i = 0; i < nodes; i++) starts[i + 1] += starts[i];
  const next = starts.slice(0, nodes);
  const out = {
    nodes,
    offsets: starts,
    targets: new Uint32Array(starts[nodes]),
    weights: new Float32Array(starts[nodes]),
  };
  for (let i = 0; i < nodes; i++) {
    for (let at = offsets[i]; at < offsets[i + 1]; at++) {
      if (targets[at] === NO_NEIGHBOUR) continue;
      const to = next[targets[at]]++;
      out.targets[to] = i;
      out.weights[to] = weights[at];
    }
  }
  return out;
}

/** Writes the union of two graphs whose targets ascend to `out`, and gives the number of its entries. */
function merge(one: NeighbourGraph, two: NeighbourGraph, out: NeighbourGraph): number {
  let size = 0;
  out.offsets[0] = 0;
  for (let i = 0; i < out.nodes; i++) {
    let [a, b] = [one.offsets[i], two.offsets[i]];
    const [endA, endB] = [one.offsets[i + 1], two.offsets[i + 1]];
    while (a < endA || b < endB) {
      const left = a < endA ? one.targets[a] : NO_NEIGHBOUR;
      const right = b < endB ? two.targets[b] : NO_NEIGHBOUR;
      const forth = left <= right ? one.weights[a++] : 0;
      const back = right <= left ? two.weights[b++] : 0;
      out.targets[size] = Math.min(left, right);
      out.weights[size++] = forth + back - forth * back;
    }
    out.offsets[i + 1] = size;
  }
  return size;
}
