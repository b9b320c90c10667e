import test from "ava";
import {
  type Codes,
  createCodes,
  createMatrix,
  createRandom,
  latentCounts,
  sampleIndices,
} from "../../../src/core/index.js";
import {
  coactivationRow,
  computeCoactivation,
  denseCosines,
  denseCounts,
  pairCosine,
  pairCount,
  topPartners,
} from "../../../src/families/index.js";
import {
  REFERENCE_SAES,
  coactivationFromDense,
  readReferenceKit,
} from "../../support/reference-kit.js";

/** Three documents, two latents each; latent 3 is listed with value 0. */
const small = createCodes(
  3,
  2,
  4,
  Uint32Array.of(0, 1, 1, 0, 2, 3),
  Float32Array.of(3, 1, 2, 4, 5, 0),
);

function randomCodes(rows: number, k: number, n: number, seed: number): Codes {
  const random = createRandom(seed);
  const indices = new Uint32Array(rows * k);
  for (let r = 0; r < rows; r++) indices.set(sampleIndices(n, k, random), r * k);
  return createCodes(
    rows,
    k,
    n,
    indices,
    Float32Array.from(indices, () => random()),
  );
}

test("computeCoactivation counts shared documents and takes the cosine of activations", (t) => {
  const co = computeCoactivation(small);
  t.is(co.documents, 3);
  t.deepEqual([...co.counts], [2, 2, 1, 1]);
  t.is(pairCount(co, 0, 1), 2);
  t.is(pairCount(co, 1, 0), 2);
  t.is(pairCount(co, 0, 2), 0);
  t.is(pairCount(co, 1, 1), 2);
  t.true(Math.abs(pairCosine(co, 0, 1) - (3 * 1 + 4 * 2) / (5 * Math.sqrt(5))) < 1e-7);
  t.deepEqual([...denseCounts(co).data], [2, 2, 0, 0, 2, 2, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1]);
  t.deepEqual([...denseCounts(co, [2, 0]).data], [1, 0, 0, 2]);
});

test("a latent without a norm has cosine 0 to every latent and to itself, never NaN", (t) => {
  const co = computeCoactivation(small);
  t.is(pairCount(co, 2, 3), 1);
  t.is(pairCosine(co, 2, 3), 0);
  t.is(pairCosine(co, 3, 3), 0);
  t.is(pairCosine(co, 2, 2), 1);
  t.true(denseCosines(co).data.every((value) => Number.isFinite(value)));
});

test("skipZeros leaves slots of value 0 out of C and of the counts", (t) => {
  const co = computeCoactivation(small, { skipZeros: true });
  t.deepEqual([...co.counts], [2, 2, 1, 0]);
  t.is(pairCount(co, 2, 3), 0);
});

test("with leading a pair counts where its lower latent is among the strongest quarter, whatever the order of slots", (t) => {
  // Latent 0 leads the first two documents, latent 1 the third, 3 the last, which has no latent after it.
  const codes = createCodes(
    4,
    4,
    5,
    Uint32Array.of(0, 1, 2, 3, 2, 1, 0, 4, 1, 0, 2, 3, 3, 0, 1, 2),
    Float32Array.of(4, 3, 2, 1, 1, 2, 5, 1, 9, 8, 7, 6, 4, 3, 2, 1),
  );
  const co = computeCoactivation(codes, { leading: true });
  t.true(co.leading);
  t.deepEqual(co.counts, latentCounts(codes));
  t.deepEqual([pairCount(co, 0, 1), pairCount(co, 0, 2), pairCount(co, 0, 3)], [2, 2, 1]);
  t.deepEqual([pairCount(co, 0, 4), pairCount(co, 1, 2), pairCount(co, 1, 3)], [1, 1, 1]);
  t.is(co.latents.length, 6);
  const norm = (...values: number[]): number => Math.hypot(...values);
  const cosine = (4 * 3 + 5 * 2) / (norm(4, 5, 8, 3) * norm(3, 2, 9, 2));
  t.true(Math.abs(pairCosine(co, 0, 1) - cosine) < 1e-7);
});

test("minTogether leaves out rarer pairs and nothing else", (t) => {
  const codes = randomCodes(300, 5, 30, 1);
  const all = computeCoactivation(codes);
  const some = computeCoactivation(codes, { minTogether: 8 });
  t.true(some.latents.length > 0 && some.latents.length < all.latents.length);
  for (let i = 0; i < 30; i++) {
    for (let j = 0; j < i; j++) {
      const count = pairCount(all, i, j);
      t.is(pairCount(some, i, j), count >= 8 ? count : 0);
    }
  }
});

for (const [rows, k, n] of [
  [400, 6, 24],
  [60, 3, 5000],
  [40, 3, 70_000],
]) {
  test(`C and D of ${rows} random documents over ${n} latents equal sums over every document`, (t) => {
    const codes = randomCodes(rows, k, n, 7);
    const co = computeCoactivation(codes);
    t.deepEqual(co.counts, latentCounts(codes));
    const count = new Map<string, number>();
    const dot = new Map<string, number>();
    const square = new Float64Array(n);
    for (let r = 0; r < rows; r++) {
      for (let a = r * k; a < (r + 1) * k; a++) {
        square[codes.indices[a]] += codes.values[a] ** 2;
        for (let b = r * k; b < (r + 1) * k; b++) {
          if (codes.indices[b] >= codes.indices[a]) continue;
          const key = `${codes.indices[a]},${codes.indices[b]}`;
          count.set(key, (count.get(key) ?? 0) + 1);
          dot.set(key, (dot.get(key) ?? 0) + codes.values[a] * codes.values[b]);
        }
      }
    }
    t.is(co.latents.length, count.size);
    for (const [key, expected] of count) {
      const [i, j] = key.split(",").map(Number);
      t.is(pairCount(co, i, j), expected);
      const cosine = (dot.get(key) ?? 0) / Math.sqrt(square[i] * square[j]);
      t.true(Math.abs(pairCosine(co, i, j) - cosine) < 1e-6);
    }
  });
}

test("coactivationRow gives a latent's partners on both sides, topPartners the strongest", (t) => {
  const codes = randomCodes(200, 4, 20, 3);
  const co = computeCoactivation(codes);
  const dense = denseCounts(co);
  const row = coactivationRow(co, 9);
  const expected = Array.from({ length: 20 }, (_, j) => j).filter(
    (j) => j !== 9 && dense.data[9 * 20 + j] > 0,
  );
  t.deepEqual([...row.latents], expected);
  t.deepEqual(
    [...row.together],
    expected.map((j) => dense.data[9 * 20 + j]),
  );
  const top = topPartners(co, 9, 3, "together");
  t.is(top.length, 3);
  t.is(top[0].together, Math.max(...row.together));
  t.throws(() => coactivationRow(co, 20), { instanceOf: RangeError, message: /0 to 19, got 20/ });
});

test("coactivationFromDense takes the square matrices back, NaN as 0", (t) => {
  const co = computeCoactivation(randomCodes(100, 4, 12, 5));
  const back = coactivationFromDense(denseCounts(co), denseCosines(co), 100);
  t.deepEqual(back, co);
  const broken = denseCosines(co);
  broken.data.fill(NaN);
  t.true(coactivationFromDense(denseCounts(co), broken, 100).cosine.every((value) => value === 0));
  t.throws(() => coactivationFromDense(createMatrix(2, 3), undefined, 1), {
    instanceOf: RangeError,
    message: /expected 2 x 2, got 2 x 3/,
  });
});

test("computeCoactivation refuses a document that names a latent twice, and values that are no numbers", (t) => {
  const twice = createCodes(2, 2, 3, Uint32Array.of(0, 1, 2, 2), Float32Array.of(1, 1, 1, 1));
  t.throws(() => computeCoactivation(twice), {
    instanceOf: RangeError,
    message: /row 1 names latent 2 twice/,
  });
  const broken = createCodes(2, 1, 3, Uint32Array.of(0, 1), Float32Array.of(1, NaN));
  t.throws(() => computeCoactivation(broken), {
    instanceOf: RangeError,
    message: /row 1, latent 1: value is NaN/,
  });
});

test("weights count documents as copies of them would, and 0 leaves them out", (t) => {
  const codes = randomCodes(60, 3, 12, 9);
  const weights = Uint32Array.from({ length: 60 }, (_, row) => (row * 7) % 4);
  const rows = Array.from(weights).flatMap((weight, row) => new Array<number>(weight).fill(row));
  const copied = createCodes(
    rows.length,
    3,
    12,
    Uint32Array.from(rows.flatMap((row) => [...codes.indices.subarray(3 * row, 3 * row + 3)])),
    Float32Array.from(rows.flatMap((row) => [...codes.values.subarray(3 * row, 3 * row + 3)])),
  );
  const [weighted, expected] = [
    computeCoactivation(codes, { weights }),
    computeCoactivation(copied),
  ];
  t.is(weighted.documents, rows.length);
  t.deepEqual(weighted.counts, expected.counts);
  t.deepEqual(denseCounts(weighted), denseCounts(expected));
  const [mine, theirs] = [denseCosines(weighted).data, denseCosines(expected).data];
  t.true(mine.every((value, i) => Math.abs(value - theirs[i]) < 1e-6));
  const ones = new Uint32Array(60).fill(1);
  t.deepEqual(computeCoactivation(codes, { weights: ones }), computeCoactivation(codes));
  t.throws(() => computeCoactivation(codes, { weights: new Uint32Array(2) }), {
    instanceOf: RangeError,
    message: "co-activation: expected 60 weights, got 2",
  });
});

test("weights go with empty slots that do not count", (t) => {
  const co = computeCoactivation(small, { skipZeros: true, weights: Uint32Array.of(0, 2, 3) });
  t.deepEqual([...co.counts], [2, 2, 3, 0]);
  t.is(pairCount(co, 0, 1), 2);
  t.is(pairCount(co, 2, 3), 0);
});

test("computeCoactivation of no documents is empty", (t) => {
  const co = computeCoactivation(createCodes(0, 4, 3, new Uint32Array(0), new Float32Array(0)));
  t.deepEqual([...co.counts], [0, 0, 0]);
  t.is(co.latents.length, 0);
});

test("computeCoactivation stops when its signal is aborted", (t) => {
  const signal = AbortSignal.abort(new Error("stopped by the user"));
  t.throws(() => computeCoactivation(small, { signal }), { message: "stopped by the user" });
});

for (const { k, n } of REFERENCE_SAES) {
  test(`C equals the reference's and D is within 1e-4 for k ${k}, n ${n}`, async (t) => {
    const kit = await readReferenceKit(k, n);
    if (kit === undefined) {
      t.log("skipped: the reference kit is not there");
      t.pass();
      return;
    }
    const co = computeCoactivation(kit.codes);
    const counts = denseCounts(co).data;
    t.is(
      counts.findIndex((count, i) => count !== kit.counts.data[i]),
      -1,
    );
    const cosines = denseCosines(co).data;
    let worst = 0;
    for (let i = 0; i < cosines.length; i++) {
      worst = Math.max(worst, Math.abs(cosines[i] - kit.cosines.data[i]));
    }
    t.true(worst < 1e-4, `D differs by up to ${worst}`);
    t.log(`D differs by at most ${worst.toExponential(1)}`);
  });
}
