import test from "ava";
import { createCodes, createRandom, sampleIndices } from "../../../src/core/index.js";
import { forestPairs, keepSpanning } from "../../../src/families/forest/index.js";
import { selectEdges } from "../../../src/families/edges/index.js";
import {
  type Coactivation,
  type LatentPair,
  buildForest,
  computeCoactivation,
  findSubtrees,
} from "../../../src/families/index.js";

function share({ together, countI, countJ }: LatentPair): number {
  return together / Math.min(countI, countJ);
}

/** Co-activation with the given counts and pairs [i, j, together]; every pair's cosine is 0.5. */
function fromPairs(
  documents: number,
  counts: number[],
  pairs: [number, number, number][],
): Coactivation {
  const n = counts.length;
  const sorted = pairs
    .map(([i, j, c]) => [Math.max(i, j), Math.min(i, j), c])
    .sort((x, y) => x[0] - y[0] || x[1] - y[1]);
  const offsets = new Uint32Array(n + 1);
  for (const [i] of sorted) offsets[i + 1]++;
  for (let i = 0; i < n; i++) offsets[i + 1] += offsets[i];
  return {
    n,
    documents,
    counts: Uint32Array.from(counts),
    cosineDiagonal: new Float32Array(n).fill(1),
    offsets,
    latents: Uint32Array.from(sorted, ([, j]) => j),
    together: Uint32Array.from(sorted, ([, , c]) => c),
    cosine: new Float32Array(sorted.length).fill(0.5),
  };
}

test("selectEdges keeps pairs over the threshold, strongest first, equal ones by their latents", (t) => {
  const co = fromPairs(
    1000,
    [10, 10, 10, 10, 10],
    [
      [4, 0, 5],
      [1, 3, 5],
      [0, 1, 2],
      [2, 3, 9],
      [2, 4, 1],
      [0, 3, 5],
    ],
  );
  const edges = selectEdges(co, [0, 1, 2, 3, 4], share, { threshold: 0.2 });
  const list = Array.from(edges.low, (low, e) => [low, edges.high[e]]);
  t.deepEqual(list, [
    [2, 3],
    [0, 3],
    [0, 4],
    [1, 3],
    [0, 1],
  ]);
  t.deepEqual([...edges.weight], [0.9, 0.5, 0.5, 0.5, 0.2].map(Math.fround));
  t.is(selectEdges(co, [0, 3], share, { threshold: 0.2 }).low.length, 1);
  t.is(selectEdges(co, [0, 1, 2, 3, 4], share, { threshold: 0.2, minTogether: 6 }).low.length, 1);
  t.throws(() => selectEdges(co, [], share, { threshold: 0 }), { instanceOf: RangeError });
});

test("keepSpanning takes the first edge between any two parts", (t) => {
  t.deepEqual([...keepSpanning([0, 1, 0, 2], [1, 2, 2, 3], 5)], [0, 1, 3]);
  t.deepEqual([...keepSpanning([], [], 0)], []);
});

test("buildForest spans the strongest edges, each from the denser latent to the rarer", (t) => {
  const co = fromPairs(
    1000,
    [100, 40, 30, 30, 300],
    [
      [0, 1, 30],
      [0, 2, 15],
      [1, 2, 12],
      [2, 3, 20],
      [3, 4, 29],
    ],
  );
  const forest = buildForest(co, { weight: share, threshold: 0.1 });
  t.deepEqual([...forest.nodes], [0, 1, 2, 3]);
  t.deepEqual(forestPairs(forest), [
    [0, 1],
    [2, 3],
    [0, 2],
  ]);
  const all = buildForest(co, { weight: share, threshold: 0.1, maxDensity: 1 });
  t.deepEqual(forestPairs(all)[0], [4, 3]);
  t.deepEqual([...buildForest(co, { nodes: [3, 1, 3] }).nodes], [1, 3]);
  t.throws(() => buildForest(co, { nodes: [5] }), {
    instanceOf: RangeError,
    message: /from 0 to 4, got 5/,
  });
});

test("the forest is as heavy as any and depends on no order of the documents", (t) => {
  const random = createRandom(11);
  const [rows, k, n] = [300, 5, 40];
  const indices = new Uint32Array(rows * k);
  for (let r = 0; r < rows; r++) indices.set(sampleIndices(n, k, random), r * k);
  const values = Float32Array.from(indices, () => random());
  const co = computeCoactivation(createCodes(rows, k, n, indices, values));
  const options = { weight: share, threshold: 0.01, maxDensity: 1 };
  const forest = buildForest(co, options);
  t.deepEqual(buildForest(co, { ...options, nodes: sampleIndices(n, n, random) }), forest);

  // Prim's algorithm, which takes other edges where weights are equal, but no heavier ones.
  const edges = selectEdges(co, forest.nodes, share, options);
  const inside = new Set([0]);
  let weight = 0;
  for (;;) {
    const next = Array.from(edges.low.keys()).find(
      (e) => inside.has(edges.low[e]) !== inside.has(edges.high[e]),
    );
    if (next === undefined) break;
    inside.add(edges.low[next]).add(edges.high[next]);
    weight += edges.weight[next];
  }
  t.is(forest.from.length, inside.size - 1);
  t.true(Math.abs(weight - forest.weight.reduce((sum, value) => sum + value, 0)) < 1e-4);
});

/** 0 over 1, 2; 1 over 3, 4, 5; 4 over 6, 7, 8; 9 over 8 too. */
const nested = {
  nodes: Uint32Array.from({ length: 10 }, (_, i) => i),
  from: Uint32Array.of(0, 0, 1, 1, 1, 4, 4, 4, 9),
  to: Uint32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 8),
  weight: Float32Array.of(9, 8, 7, 6, 5, 4, 3, 2, 1),
};

test("findSubtrees gives each wide latent with its descendants, depth and parents", (t) => {
  const found = findSubtrees(nested);
  t.deepEqual(
    found.map(({ parent }) => parent),
    [1, 4],
  );
  t.deepEqual(found[0].members, [
    { latent: 3, depth: 1, parent: 1, weight: 7 },
    { latent: 4, depth: 1, parent: 1, weight: 6 },
    { latent: 6, depth: 2, parent: 4, weight: 4 },
    { latent: 7, depth: 2, parent: 4, weight: 3 },
    { latent: 8, depth: 2, parent: 4, weight: 2 },
    { latent: 5, depth: 1, parent: 1, weight: 5 },
  ]);
});

test("findSubtrees stops at narrow latents or at roots when asked to", (t) => {
  const parents = (options: Parameters<typeof findSubtrees>[1]) =>
    findSubtrees(nested, options).map(({ parent }) => parent);
  t.deepEqual(parents({ nested: "stop" }), []);
  t.deepEqual(parents({ nested: "stop", minBranches: 2 }), [0, 1, 4]);
  t.deepEqual(parents({ nested: "roots", minBranches: 1 }), [0, 9]);
});

test("findSubtrees ends on graphs with circles and deep chains, and refuses edges to no node", (t) => {
  const size = 200_000;
  const chain = {
    nodes: Uint32Array.from({ length: size }, (_, i) => i),
    from: Uint32Array.from({ length: size }, (_, i) => i),
    to: Uint32Array.from({ length: size }, (_, i) => (i + 1 < size ? i + 1 : 5)),
    weight: new Float32Array(size),
  };
  const [found] = findSubtrees(chain, { minBranches: 1, nested: "roots" });
  t.is(found.members.length, size - 1);
  const broken = { ...nested, nodes: Uint32Array.of(0, 1) };
  t.throws(() => findSubtrees(broken), {
    instanceOf: RangeError,
    message: /refers to 4, which is not a node/,
  });
});
