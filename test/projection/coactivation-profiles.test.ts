import test from "ava";
import { type Codes, createCodes, createRandom } from "../../src/core/index.js";
import { type Engine, openEngine } from "../../src/engine/index.js";
import { computeCoactivation } from "../../src/families/index.js";
import {
  NO_NEIGHBOUR,
  coactivationProfiles,
  cosineNeighbours,
  profileNeighbours,
} from "../../src/projection/index.js";
import { plainEngine } from "../support/projection.js";

test("coactivationProfiles are D without its diagonal, symmetric", async (t) => {
  // latents 0 and 1 are never active together, but both with 2; 3 and 4 only with each other
  const codes = createCodes(
    5,
    2,
    6,
    Uint32Array.of(0, 2, 1, 2, 0, 2, 3, 4, 3, 4),
    Float32Array.of(1, 2, 1, 2, 1, 1, 1, 1, 1, 2),
  );
  const profiles = coactivationProfiles(computeCoactivation(codes));
  const at = (i: number, j: number): number => profiles.data[i * 6 + j];
  t.true(Math.abs(at(0, 2) - 3 / (Math.SQRT2 * 3)) < 1e-6);
  t.true(Math.abs(at(1, 2) - 2 / 3) < 1e-6);
  for (let i = 0; i < 6; i++) {
    t.is(at(i, i), 0);
    for (let j = 0; j < 6; j++) t.is(at(i, j), at(j, i));
  }
  const { indices, scores } = await cosineNeighbours(profiles, 1, plainEngine);
  t.deepEqual([indices[0], indices[1]], [1, 0], "the same partners make them neighbours");
  t.true(Math.abs(scores[0] - 1) < 1e-6);
});

/** Codes of `rows` documents in topics of 40 latents; every 7th latent is dead, and the last two meet only each other. */
function sparseCodes(rows: number, n: number): Codes {
  const k = 6;
  const random = createRandom(5);
  const indices = new Uint32Array(rows * k);
  const values = new Float32Array(rows * k);
  for (let row = 0; row < rows; row++) {
    const topic = 40 * Math.floor((random() * n) / 40);
    const chosen = new Set<number>(row === 0 ? [n - 2, n - 1] : []);
    while (row > 0 && chosen.size < k) {
      const own = random() < 0.7;
      const latent = Math.floor(own ? topic + 40 * random() : n * random());
      if (latent < n - 2 && latent % 7 > 0) chosen.add(latent);
    }
    // The other slots of row 0 have the value 0: empty, as in the codes of other SAEs than top-k.
    [...chosen].forEach((latent, slot) => {
      indices[row * k + slot] = latent;
      values[row * k + slot] = 0.1 + random();
    });
  }
  return createCodes(rows, k, n, indices, values);
}

test("profileNeighbours finds from non-zero entries what the dense profiles give", async (t) => {
  const n = 2300;
  const coactivation = computeCoactivation(sparseCodes(2000, n), { skipZeros: true });
  const engine = await openEngine("cpu");
  const never: Pick<Engine, "nearest"> = {
    nearest: () => Promise.reject(new Error("dense profiles were made")),
  };
  const steps: string[] = [];
  const sparse = await profileNeighbours(coactivation, 15, never, {
    onProgress: ({ step }) => steps.push(step),
  });
  const dense = await cosineNeighbours(coactivationProfiles(coactivation), 15, engine);
  await engine.dispose();
  t.true(new Set(steps).has("neighbours"));
  t.is(sparse.indices[7 * 15], NO_NEIGHBOUR, "a dead latent has none");
  t.is(sparse.scores[(n - 1) * 15], 0, "a latent of one partner is like no other");
  let unequal = 0;
  for (let at = 0; at < dense.indices.length; at++) {
    t.true(Math.abs(sparse.scores[at] - dense.scores[at]) < 1e-6, `entry ${at}`);
    if (sparse.indices[at] !== dense.indices[at]) unequal++;
  }
  // Cosines that differ by less than float32 shows may change places.
  t.true(unequal < dense.indices.length / 500, `${unequal} of ${dense.indices.length}`);
});

test("profileNeighbours takes more latents than a dense matrix could hold", async (t) => {
  const n = 131_072;
  const coactivation = computeCoactivation(sparseCodes(3000, n), { skipZeros: true });
  const { rows, indices, scores } = await profileNeighbours(coactivation, 2, plainEngine);
  t.is(rows, n);
  const live = coactivation.counts.reduce((sum, count) => sum + Math.min(1, count), 0);
  t.is(indices.filter((index) => index !== NO_NEIGHBOUR).length, 2 * live);
  t.true(scores.every((score) => score >= 0 && score <= 1));
  // The best neighbour of latents from end to end, by a plain loop over all others.
  const partners = Array.from({ length: n }, () => new Map<number, number>());
  for (let i = 0; i < n; i++) {
    for (let at = coactivation.offsets[i]; at < coactivation.offsets[i + 1]; at++) {
      partners[i].set(coactivation.latents[at], coactivation.cosine[at]);
      partners[coactivation.latents[at]].set(i, coactivation.cosine[at]);
    }
  }
  const product = (a: number, b: number): number =>
    [...partners[a]].reduce((sum, [key, value]) => sum + value * (partners[b].get(key) ?? 0), 0);
  const lengths = partners.map((_, i) => Math.sqrt(product(i, i)));
  for (const row of [1, 40_001, 90_003, n - 3].map((i) =>
    partners.findIndex(({ size }, j) => j >= i && size > 0),
  )) {
    const cosines = partners.map((_, other) =>
      other === row || partners[other].size === 0
        ? -1
        : product(row, other) / (lengths[row] * lengths[other]),
    );
    const best = cosines.reduce((most, cosine) => Math.max(most, cosine));
    t.true(Math.abs(scores[2 * row] - best) < 1e-6, `row ${row}`);
    t.true(Math.abs(cosines[indices[2 * row]] - best) < 1e-6, `row ${row}`);
  }
  await t.throwsAsync(profileNeighbours(coactivation, 0, plainEngine), {
    instanceOf: RangeError,
    message: /count must be a whole number from 1, got 0/,
  });
  const signal = AbortSignal.abort(new Error("stopped"));
  await t.throwsAsync(profileNeighbours(coactivation, 2, plainEngine, { signal }), {
    message: "stopped",
  });
});
