import type { UMAP } from "umap-js";

/** What umap-js asks of its graph: weights of pairs, ascending by row and column. */
interface PairGraph {
  nRows: number;
  nCols: number;
  getValues(): Float64Array;
  map(change: (value: number) => number): PairGraph;
  getAll(): { row: number; col: number; value: number }[];
}

/** Of umap-js, which declares these private. */
interface UmapParts {
  knnIndices: number[][];
  knnDistances: number[][];
  localConnectivity: number;
  smoothKNNDistance(
    distances: number[][],
    neighbours: number,
    connectivity: number,
  ): { sigmas: number[]; rhos: number[] };
  computeMembershipStrengths(
    indices: number[][],
    distances: number[][],
    sigmas: number[],
    rhos: number[],
  ): Strengths;
}

interface Strengths {
  rows: number[];
  cols: number[];
  vals: number[];
}

/**
 * Makes `umap` build its graph in arrays: of the same weights, to the bit, as its own maps keyed by text, which take 30
 * times the memory (3 GB at 131,072 rows), and without the graph by which it would place new points.
 */
export function useCompactGraph(umap: UMAP): void {
  const parts = umap as unknown as UmapParts;
  const fuzzySimplicialSet = (_rows: unknown, neighbours: number): PairGraph => {
    const { knnIndices, knnDistances, localConnectivity } = parts;
    const { sigmas, rhos } = parts.smoothKNNDistance(knnDistances, neighbours, localConnectivity);
    const strengths = parts.computeMembershipStrengths(knnIndices, knnDistances, sigmas, rhos);
    return uniteDirections(strengths, knnIndices.length);
  };
  Object.assign(umap, { fuzzySimplicialSet, makeSearchGraph: () => undefined });
}

/** The fuzzy union of both directions of each pair: a + b - ab. */
function uniteDirections({ rows, cols, vals }: Strengths, nodes: number): PairGraph {
  const starts = new Uint32Array(nodes + 1);
  vals.forEach((value, at) => {
    if (value === 0) return;
    starts[rows[at] + 1]++;
    starts[cols[at] + 1]++;
  });
  for (let i = 0; i < nodes; i++) starts[i + 1] += starts[i];
  const next = starts.slice(0, nodes);
  const others = new Uint32Array(starts[nodes]);
  const strengths = new Float64Array(starts[nodes]);
  const put = (row: number, col: number, value: number): void => {
    others[next[row]] = col;
    strengths[next[row]++] = value;
  };
  vals.forEach((value, at) => {
    if (value === 0) return;
    put(rows[at], cols[at], value);
    put(cols[at], rows[at], value);
  });
  const row = new Uint32Array(starts[nodes]);
  const col = new Uint32Array(starts[nodes]);
  const values = new Float64Array(starts[nodes]);
  let size = 0;
  for (let i = 0; i < nodes; i++) {
    const first = size;
    const order = Array.from({ length: starts[i + 1] - starts[i] }, (_, at) => starts[i] + at);
    order.sort((a, b) => others[a] - others[b]);
    for (const at of order) {
      if (size > first && col[size - 1] === others[at]) {
        const before = values[size - 1];
        values[size - 1] = before + strengths[at] - before * strengths[at];
        continue;
      }
      row[size] = i;
      col[size] = others[at];
      values[size++] = strengths[at];
    }
  }
  return pairGraph(nodes, row.subarray(0, size), col.subarray(0, size), values.subarray(0, size));
}

function pairGraph(
  nodes: number,
  row: Uint32Array,
  col: Uint32Array,
  values: Float64Array,
): PairGraph {
  return {
    nRows: nodes,
    nCols: nodes,
    getValues: () => values,
    map: (change) => pairGraph(nodes, row, col, values.map(change)),
    getAll: () => Array.from(values, (value, at) => ({ row: row[at], col: col[at], value })),
  };
}
