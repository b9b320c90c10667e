import { setImmediate as turn } from "node:timers/promises";
import { type Matrix, createMatrix } from "../../core/matrix.js";
import type { OnProgress } from "../../core/progress.js";
import { createRandom } from "../../core/random.js";
import { VALUES_AT_ONCE } from "../neighbours.js";
import type { NeighbourGraph } from "./fuzzy-graph.js";

const COUPLING = 0.1;
const STEPS = 100;

interface SpectralOptions {
  seed: number;
  onProgress?: OnProgress;
  signal?: AbortSignal;
}

/**
 * The graph's smoothest non-constant directions: the leading eigenvectors after the trivial one of the normalised
 * adjacency, scaled by 1 / sqrt(degree), as columns [nodes, 2]. A small weight (a tenth of the mean degree) joins every pair of nodes, so that separate components and dangling twigs do not take all leading
 * eigenvectors for themselves (regularised spectral clustering). Found by 100 steps of Lanczos from a seeded start.
 */
export async function spectralPlaces(
  graph: NeighbourGraph,
  options: SpectralOptions,
): Promise<Matrix> {
  const n = graph.nodes;
  const multiply = normalisedProduct(graph, COUPLING);
  const { basis, diagonal, offDiagonal } = await lanczos(multiply, n, options);
  const vectors = leadingEigenvectors(diagonal, offDiagonal, 2);
  const places = createMatrix(n, 2);
  vectors.forEach((coefficients, column) => {
    const direction = new Float64Array(n);
    coefficients.forEach((c, s) => axpy(c, basis[s], direction));
    for (let i = 0; i < n; i++) {
      places.data[2 * i + column] = direction[i] / multiply.rootDegrees[i];
    }
  });
  return places;
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

async function lanczos(
  multiply: Product,
  n: number,
  { seed, onProgress, signal }: SpectralOptions,
): Promise<{ basis: Float64Array[]; diagonal: number[]; offDiagonal: number[] }> {
  const steps = Math.min(STEPS, n - 1);
  const vectorsAtOnce = Math.max(1, Math.floor(VALUES_AT_ONCE / n));
  const random = createRandom(seed);
  const basis: Float64Array[] = [];
  const diagonal: number[] = [];
  const offDiagonal: number[] = [];
  const trivial = multiply.rootDegrees.slice();
  scale(trivial, 1 / length(trivial));
  let next = Float64Array.from({ length: n }, () => random() - 0.5);
  axpy(-inner(trivial, next), trivial, next);
  for (let s = 0; s < steps; s++) {
    onProgress?.({ step: "map start", done: s, total: steps });
    await turn();
    signal?.throwIfAborted();
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
      for (const [at, vector] of basis.entries()) {
        axpy(-inner(vector, image), vector, image);
        if ((at + 1) % vectorsAtOnce !== 0) continue;
        await turn();
        signal?.throwIfAborted();
      }
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
