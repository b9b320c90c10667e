import type { Neighbours } from "../engine/engine.js";
import { type Matrix, createMatrix } from "../core/matrix.js";
import { createRandom } from "../core/random.js";
import { NO_NEIGHBOUR } from "./neighbours.js";

/** A symmetric weighted graph over `nodes` nodes as compressed sparse rows. */
export interface NeighbourGraph {
  nodes: number;
  /** [nodes + 1] */
  offsets: Uint32Array;
  targets: Uint32Array;
  weights: Float64Array;
}

/**
 * The neighbour lists as a symmetric graph: the weight from i to its neighbour j is exp(-(d_ij - d_i1) / s_i), with
 * d the cosine distance, d_i1 the distance of i's nearest row and s_i the mean excess over it; both directions are
 * averaged.
 */
export function neighbourGraph(neighbours: Neighbours): NeighbourGraph {
  const { rows: nodes, count, indices } = neighbours;
  const directed = directedWeights(neighbours);
  const sizes = new Uint32Array(nodes + 1);
  for (let at = 0; at < indices.length; at++) {
    if (indices[at] === NO_NEIGHBOUR) continue;
    sizes[Math.floor(at / count)]++;
    sizes[indices[at]]++;
  }
  const offsets = new Uint32Array(nodes + 1);
  for (let i = 0; i < nodes; i++) offsets[i + 1] = offsets[i] + sizes[i];
  const next = offsets.slice(0, nodes);
  const targets = new Uint32Array(offsets[nodes]);
  const weights = new Float64Array(offsets[nodes]);
  // A mutual pair is listed twice in each row, with half of either weight: sums in products are right.
  const add = (from: number, to: number, weight: number): void => {
    targets[next[from]] = to;
    weights[next[from]++] = weight;
  };
  for (let at = 0; at < indices.length; at++) {
    if (indices[at] === NO_NEIGHBOUR) continue;
    const i = Math.floor(at / count);
    add(i, indices[at], directed[at] / 2);
    add(indices[at], i, directed[at] / 2);
  }
  return { nodes, offsets, targets, weights };
}

/**
 * The graph's smoothest non-constant directions: the leading eigenvectors after the trivial one of the normalised
 * adjacency, scaled by 1 / sqrt(degree), as columns [nodes, dimensions]. A small weight (`coupling`, a share of the
 * mean degree) joins every pair of nodes, so that separate components and dangling twigs do not take all leading
 * eigenvectors for themselves (regularised spectral clustering). Found by `steps` of Lanczos from a seeded start.
 */
export function spectralPlaces(
  graph: NeighbourGraph,
  {
    dimensions = 2,
    steps = 100,
    coupling = 0.1,
    seed = 0,
  }: { dimensions?: number; steps?: number; coupling?: number; seed?: number } = {},
): Matrix {
  const n = graph.nodes;
  const multiply = normalisedProduct(graph, coupling);
  const { basis, diagonal, offDiagonal } = lanczos(multiply, n, Math.min(steps, n - 1), seed);
  const vectors = leadingEigenvectors(diagonal, offDiagonal, dimensions);
  const places = createMatrix(n, dimensions);
  vectors.forEach((coefficients, column) => {
    const direction = new Float64Array(n);
    coefficients.forEach((c, s) => axpy(c, basis[s], direction));
    for (let i = 0; i < n; i++) {
      places.data[i * dimensions + column] = direction[i] / multiply.rootDegrees[i];
    }
  });
  return places;
}

function directedWeights({ rows, count, indices, scores }: Neighbours): Float64Array {
  const weights = new Float64Array(indices.length);
  for (let i = 0; i < rows; i++) {
    const start = i * count;
    let end = start;
    let sum = 0;
    for (; end < start + count && indices[end] !== NO_NEIGHBOUR; end++) {
      sum += scores[start] - scores[end];
    }
    const scale = sum / Math.max(1, end - start);
    for (let at = start; at < end; at++) {
      weights[at] = scale > 0 ? Math.exp((scores[at] - scores[start]) / scale) : 1;
    }
  }
  return weights;
}

interface Product {
  (x: Float64Array, out: Float64Array): void;
  rootDegrees: Float64Array;
}

// x -> D^-1/2 (W + c/n J) D^-1/2 x with the trivial eigenvector D^1/2 1 taken out
function normalisedProduct(graph: NeighbourGraph, coupling: number): Product {
  const { nodes, offsets, targets, weights } = graph;
  const degrees = new Float64Array(nodes);
  let total = 0;
  for (let i = 0; i < nodes; i++) {
    for (let at = offsets[i]; at < offsets[i + 1]; at++) degrees[i] += weights[at];
    total += degrees[i];
  }
  const shared = (coupling * total) / nodes;
  const rootDegrees = degrees.map((degree) => Math.sqrt(degree + shared));
  const squaredLength = rootDegrees.reduce((sum, root) => sum + root * root, 0);
  const scaled = new Float64Array(nodes);
  const product = (x: Float64Array, out: Float64Array): void => {
    let sum = 0;
    let along = 0;
    for (let i = 0; i < nodes; i++) {
      scaled[i] = x[i] / rootDegrees[i];
      sum += scaled[i];
      along += x[i] * rootDegrees[i];
    }
    for (let i = 0; i < nodes; i++) {
      let value = (shared / nodes) * sum;
      for (let at = offsets[i]; at < offsets[i + 1]; at++) {
        value += weights[at] * scaled[targets[at]];
      }
      out[i] = value / rootDegrees[i] - (along / squaredLength) * rootDegrees[i];
    }
  };
  return Object.assign(product, { rootDegrees });
}

function lanczos(
  multiply: Product,
  n: number,
  steps: number,
  seed: number,
): { basis: Float64Array[]; diagonal: number[]; offDiagonal: number[] } {
  const random = createRandom(seed);
  const basis: Float64Array[] = [];
  const diagonal: number[] = [];
  const offDiagonal: number[] = [];
  const trivial = multiply.rootDegrees.slice();
  scale(trivial, 1 / length(trivial));
  let next = Float64Array.from({ length: n }, () => random() - 0.5);
  axpy(-inner(trivial, next), trivial, next);
  for (let s = 0; s < steps; s++) {
    const size = length(next);
    if (size < 1e-12) break;
    if (s > 0) offDiagonal.push(size);
    scale(next, 1 / size);
    basis.push(next);
    const image = new Float64Array(n);
    multiply(next, image);
    diagonal.push(inner(next, image));
    // twice is enough: full reorthogonalisation, against the trivial vector too
    for (let pass = 0; pass < 2; pass++) {
      axpy(-inner(trivial, image), trivial, image);
      for (const vector of basis) axpy(-inner(vector, image), vector, image);
    }
    next = image;
  }
  return { basis, diagonal, offDiagonal };
}

// Cyclic Jacobi on the small tridiagonal matrix; eigenvectors by descending eigenvalue.
function leadingEigenvectors(
  diagonal: number[],
  offDiagonal: number[],
  count: number,
): Float64Array[] {
  const m = diagonal.length;
  const a = diagonal.map((value, i) => {
    const row = new Float64Array(m);
    row[i] = value;
    if (i > 0) row[i - 1] = offDiagonal[i - 1];
    if (i < m - 1) row[i + 1] = offDiagonal[i];
    return row;
  });
  const vectors = a.map((_, i) => new Float64Array(m).fill(1, i, i + 1));
  for (let sweep = 0; sweep < 30; sweep++) {
    let off = 0;
    for (let p = 0; p < m; p++) {
      for (let q = p + 1; q < m; q++) {
        off += a[p][q] * a[p][q];
        if (Math.abs(a[p][q]) > 1e-14) rotate(a, vectors, p, q);
      }
    }
    if (off < 1e-20) break;
  }
  const order = a.map((_, i) => i).sort((i, j) => a[j][j] - a[i][i] || i - j);
  return order.slice(0, count).map((i) => vectors[i]);
}

// `vectors` holds eigenvectors as rows
function rotate(a: Float64Array[], vectors: Float64Array[], p: number, q: number): void {
  const theta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
  const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  for (const row of a) {
    const kept = row[p];
    row[p] = c * kept - s * row[q];
    row[q] = s * kept + c * row[q];
  }
  for (const rows of [a, vectors]) {
    const top = rows[p];
    const bottom = rows[q];
    for (let i = 0; i < top.length; i++) {
      const kept = top[i];
      top[i] = c * kept - s * bottom[i];
      bottom[i] = s * kept + c * bottom[i];
    }
  }
}

function inner(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function length(a: Float64Array): number {
  return Math.sqrt(inner(a, a));
}

function scale(a: Float64Array, factor: number): void {
  for (let i = 0; i < a.length; i++) a[i] *= factor;
}

function axpy(factor: number, x: Float64Array, y: Float64Array): void {
  for (let i = 0; i < x.length; i++) y[i] += factor * x[i];
}
