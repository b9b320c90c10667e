import test from "ava";
import { createCodes, createMatrix, createRandom, sampleIndices } from "../../../src/core/index.js";
import {
  computeCoactivation,
  edgeHelp,
  edgeWeight,
  extractFamilies,
  pairCosine,
  pairCount,
} from "../../../src/families/index.js";
import { forestPairs } from "../../../src/families/forest/index.js";

/** Two documents; both have latents 0 (value 2) and 1 (value 1), the first latent 2 (value 1) too. */
const codes = createCodes(
  2,
  3,
  3,
  Uint32Array.of(0, 1, 2, 0, 1, 2),
  Float32Array.of(2, 1, 1, 2, 1, 0),
);

test("an edge's help is what the child takes of the error that its parent leaves, beyond what the others do", (t) => {
  // Latent 1 explains what latent 0 leaves; latent 2 points as latent 0 does.
  const decoder = createMatrix(3, 2, Float32Array.of(1, 0, 0, 1, 1, 0));
  const embeddings = createMatrix(2, 2, Float32Array.of(3, 2, 3, 1));
  const bias = Float32Array.of(1, 0);
  const inputs = { codes, embeddings, decoder, bias };
  const help = edgeHelp({ from: [0, 0, 2], to: [1, 2, 1] }, inputs);
  // Latent 0 leaves (0, 2) and (0, 1): 5. Latent 1 takes 3 and 1 of it; the other, 2, takes -1 in the first document.
  t.true(Math.abs(help[0] - (3 + 1 + 1) / 5) < 1e-6);
  // In the first document, which alone has both, latent 2 takes -1 of the 4 that 0 leaves, and 1 takes 3.
  t.true(Math.abs(help[1] - (-1 - 3) / 4) < 1e-6);
  // Latent 2 leaves (1, 2): 5. Latent 1 takes 3, and 0 nothing: it overshoots as far as it fell short.
  t.true(Math.abs(help[2] - 3 / 5) < 1e-6);
  const none = { ...codes, values: new Float32Array(6) };
  t.is(edgeHelp({ from: [0], to: [1] }, { ...inputs, codes: none })[0], 0);
});

test("with prefixes every parent is in an earlier prefix than its child, in the forest and in families", (t) => {
  const random = createRandom(4);
  const [rows, k, n] = [600, 4, 40];
  const drawn = new Uint32Array(rows * k);
  for (let i = 0; i < rows; i++) drawn.set(sampleIndices(n, k, random), i * k);
  const mixed = createCodes(rows, k, n, drawn, new Float32Array(rows * k).fill(1));
  const coactivation = computeCoactivation(mixed);
  const prefixes = [8, 20, 40];
  const level = (latent: number) => prefixes.findIndex((end) => latent < end);
  const options = { threshold: 0.01, maxDensity: 1, minChildren: 3 };
  const nested = extractFamilies(coactivation, { ...options, prefixes });
  const plain = extractFamilies(coactivation, options);
  const pairs = forestPairs(nested.forest);
  t.true(pairs.length > 20);
  t.true(pairs.every(([parent, child]) => level(parent) < level(child)));
  t.true(forestPairs(plain.forest).some(([parent, child]) => level(parent) >= level(child)));
  t.true(nested.families.length > 0);
  for (const { members } of nested.families) {
    t.true(members.every(({ parent, latent }) => level(parent) < level(latent)));
  }
  t.deepEqual(extractFamilies(coactivation, { ...options, prefixes: [40] }), plain);
  t.deepEqual(extractFamilies(coactivation, { ...options, prefixes: [8, 20] }), nested);
  for (const wrong of [
    [20, 8],
    [8, 8, 40],
    [1.5, 40],
    [8, 50],
  ]) {
    t.throws(() => extractFamilies(coactivation, { ...options, prefixes: wrong }), {
      instanceOf: RangeError,
      message: /^families: prefixes must be rising whole numbers above 0 that end with n, 40, got /,
    });
  }

  const leading = computeCoactivation(mixed, { leading: true });
  const { forest } = extractFamilies(leading, { ...options, prefixes });
  const weigh = edgeWeight("wilson-cosine");
  t.true(forest.from.length > pairs.length / 2);
  t.is(new Set(forest.to).size, forest.to.length);
  forestPairs(forest).forEach(([parent, child], e) => {
    t.true(level(parent) < level(child));
    const weights = Array.from({ length: child }, (_, i) => i)
      .filter((i) => level(i) < level(child) && pairCount(leading, i, child) >= 2)
      .map((i) =>
        weigh({
          ...{ i, j: child, countI: leading.counts[i], countJ: leading.counts[child] },
          ...{ together: pairCount(leading, i, child), documents: rows },
          cosine: pairCosine(leading, i, child),
        }),
      );
    t.true(Math.abs(Math.max(...weights) - forest.weight[e]) < 1e-7);
  });
});

test("a latent has one leading parent among however many", (t) => {
  const parents = 600;
  const pairs = Array.from({ length: 2 * parents }, (_, row) => [row >> 1, parents]);
  const values = Float32Array.from(pairs.flat(), (_, at) => 2 - (at % 2));
  const many = createCodes(pairs.length, 2, parents + 1, Uint32Array.from(pairs.flat()), values);
  const counted = computeCoactivation(many, { leading: true });
  const options = { prefixes: [parents, parents + 1], threshold: 1e-6, maxDensity: 2 };
  const { forest } = extractFamilies(counted, options);
  t.deepEqual([...forest.to], [parents]);
});
