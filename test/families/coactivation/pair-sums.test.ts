import test from "ava";
import { type Codes, createCodes, createRandom, sampleIndices } from "../../../src/core/index.js";
import {
  type PairBatch,
  coactivationFromPairs,
  createTriangle,
  mergePairs,
  sumPairs,
} from "../../../src/families/coactivation/index.js";
import { computeCoactivation } from "../../../src/families/index.js";
import { unevenCodes } from "../../support/embeddings.js";

function slice({ k, n, indices, values }: Codes, from: number, to: number): Codes {
  const [start, end] = [from * k, to * k];
  return createCodes(to - from, k, n, indices.slice(start, end), values.slice(start, end));
}

/** The codes in groups that begin at the given rows. */
function split(codes: Codes, ...starts: number[]): Codes[] {
  return starts.map((start, g) => slice(codes, start, starts[g + 1] ?? codes.rows));
}

test("sums over groups of documents are those over all of them, however these are split", (t) => {
  const codes = unevenCodes(4000, 8, 600, 3);
  const whole = [...sumPairs(codes)];
  for (const starts of [
    [0, 1],
    [0, 1000, 1001, 3999],
    [0, 2000],
  ]) {
    const groups = split(codes, ...starts);
    const summed = groups.map((group) => [...sumPairs(group)]);
    t.deepEqual(
      whole.map((_, b) => mergePairs(summed.map((batches) => batches[b]))),
      whole,
    );
    const triangle = createTriangle(codes.n);
    for (const batch of summed.reverse().flat()) triangle.add(batch);
    t.deepEqual([...triangle.batches()], whole);
  }
});

test("sums do not depend on the order of documents, nor of a document's latents", (t) => {
  const codes = unevenCodes(500, 6, 80, 5);
  const random = createRandom(1);
  const rows = sampleIndices(codes.rows, codes.rows, random);
  const [indices, values] = [codes.indices.slice(), codes.values.slice()];
  rows.forEach((from, to) => {
    for (let s = 0; s < 6; s++) {
      indices[to * 6 + s] = codes.indices[from * 6 + 5 - s];
      values[to * 6 + s] = codes.values[from * 6 + 5 - s];
    }
  });
  t.deepEqual([...sumPairs(createCodes(500, 6, 80, indices, values))], [...sumPairs(codes)]);
});

test("sums pass 32 bits in both directions, in the triangle as in a merge", async (t) => {
  // 600 documents of products of 100 and -100: 6.4e13 units.
  const rows = 600;
  const codes = createCodes(
    rows,
    3,
    3,
    Uint32Array.from({ length: rows * 3 }, (_, s) => s % 3),
    Float32Array.from({ length: rows * 3 }, (_, s) => [10, 10, -10][s % 3]),
  );
  const groups = split(codes, 0, 100, 250).map((group) => [...sumPairs(group)]);
  const triangle = createTriangle(3);
  for (const batch of groups.flat()) triangle.add(batch);
  const merged = mergePairs(groups.map(([batch]) => batch));
  for (const batch of [merged, ...triangle.batches()]) {
    const unit = 100n * 600n * 2n ** 30n;
    t.deepEqual([...batch.dots], [unit, unit, unit, -unit, -unit, unit]);
  }
  const co = await coactivationFromPairs(3, rows, [merged]);
  t.deepEqual([...co.cosine], [1, -1, -1]);
});

test("co-activation from sums is that of the codes: the same counts, cosines within 1e-6", async (t) => {
  for (const options of [{ skipZeros: false }, { skipZeros: true }, { leading: true }]) {
    const codes = unevenCodes(3000, 8, 400, 7);
    for (let s = 0; s < codes.values.length; s += 5) codes.values[s] = 0;
    const { leading, ...direct } = computeCoactivation(codes, options);
    t.is(leading, options.leading);
    const summed = await coactivationFromPairs(400, 3000, sumPairs(codes, options));
    t.deepEqual({ ...summed, cosine: 0 }, { ...direct, cosine: 0 });
    const missed = summed.cosine.map((value, at) => Math.abs(value - direct.cosine[at]));
    t.true(Math.max(...missed) < 1e-6);
    for (const expected of [1, 1000, summed.latents.length + 400]) {
      const sums = sumPairs(codes, options);
      t.deepEqual(await coactivationFromPairs(400, 3000, sums, { expected }), summed);
    }
    const few = await coactivationFromPairs(400, 3000, sumPairs(codes), { minTogether: 4 });
    const same = computeCoactivation(codes, { minTogether: 4 });
    t.deepEqual([few.offsets, few.together], [same.offsets, same.together]);
  }
});

test("sums refuse values that cannot be counted exactly, and batches of different latents", (t) => {
  const one = (...values: number[]): Codes =>
    createCodes(values.length, 1, 300, new Uint32Array(values.length), Float32Array.from(values));
  const sum = (codes: Codes): PairBatch[] => [...sumPairs(codes)];
  t.throws(() => sum(one(NaN)), {
    message: /row 0, latent 0: expected a value below 1024, got NaN/,
  });
  t.throws(() => sum(one(2, -1024)), { message: /row 1, latent 0: expected a value below 1024/ });
  t.throws(() => sum(one(...new Array<number>(9).fill(1000))), {
    message: /the squares of latent 0 add up to 9\.00e\+6 over 9 documents/,
  });
  const [first, second] = sum(one(1));
  t.throws(() => mergePairs([first, second]), {
    message: /expected latents 0 to 255, got 256 to 299/,
  });
});
