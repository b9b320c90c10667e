import test from "ava";
import { plantCodes } from "../../bench/planted.js";
import { permuteCodes } from "../../src/compare/index.js";
import { createCodes, createRandom, latentCounts } from "../../src/core/index.js";
import { computeCoactivation, pairCount } from "../../src/families/index.js";

test("permuted codes keep every latent's values and density, and lose what goes together", (t) => {
  const { codes, families } = plantCodes({ documents: 3000, seed: 4 });
  const permuted = permuteCodes(codes, createRandom(1));
  t.deepEqual(latentCounts(permuted), latentCounts(codes));
  t.deepEqual([...permuted.values].sort(), [...codes.values].sort());
  // computeCoactivation refuses a document that names a latent twice.
  const [before, after] = [codes, permuted].map((each) => computeCoactivation(each));
  const strong = families.filter(({ strength }) => strength === 0.9);
  const shared = (co: typeof before): number =>
    strong.reduce((sum, { parent, members }) => sum + pairCount(co, parent, members[0]), 0);
  t.true(shared(after) < 0.3 * shared(before), `${shared(after)} of ${shared(before)}`);
});

test("the same seed permutes alike, and the codes given are not touched", (t) => {
  const { codes } = plantCodes({ documents: 200, seed: 2 });
  const indices = codes.indices.slice();
  t.deepEqual(permuteCodes(codes, createRandom(3)), permuteCodes(codes, createRandom(3)));
  t.notDeepEqual(permuteCodes(codes, createRandom(3)).indices, indices);
  t.deepEqual(codes.indices, indices);
});

test("codes in which every document has every latent, and codes of no documents, stay as they are", (t) => {
  const all = createCodes(2, 2, 2, Uint32Array.of(0, 1, 1, 0), Float32Array.of(1, 2, 3, 4));
  t.deepEqual(permuteCodes(all, createRandom(0)), all);
  const none = createCodes(0, 2, 2, new Uint32Array(0), new Float32Array(0));
  t.is(permuteCodes(none, createRandom(0)).rows, 0);
});
