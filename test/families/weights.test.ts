import test from "ava";
import { EDGE_WEIGHTS, createPairWeight } from "../../src/families/weights.js";
import type { EdgeWeight } from "../../src/families/weights.js";
import { createMatrix } from "../../src/core/matrix.js";

const N = 1000;
const decoder = createMatrix(2, 2, Float32Array.of(3, 4, 0, 2));
const weigh = (name: EdgeWeight, c: number, fi: number, fj: number, cosine = 0.5): number =>
  createPairWeight(name, N, { decoder })(c, fi, fj, cosine, 0, 1);

for (const [name, expected] of [
  ["reference-share", 6 / 11],
  ["share", 0.6],
  ["wilson", (0.6 + 0.05 - Math.sqrt(0.6 * 0.4 * 0.1 + 0.0025)) / 1.1],
  ["log-lift", Math.log(12)],
  ["npmi", Math.log(12) / Math.log(1000 / 6)],
  ["phi", (6000 - 500) / Math.sqrt(10 * 990 * 50 * 950)],
  ["membership-cosine", 6 / Math.sqrt(500)],
  ["dice", 0.2],
  ["jaccard", 6 / 54],
  ["activation-cosine", 0.5],
  ["share-npmi", Math.sqrt((0.6 * Math.log(12)) / Math.log(1000 / 6))],
  ["decoder-cosine", 0.8],
] as const) {
  test(`${name} is as worked out by hand`, (t) => {
    const weight = weigh(name, 6, 10, 50);
    t.true(Math.abs(weight - expected) < 1e-12, `${weight} is not ${expected}`);
  });
}

test("every weight is the same from either side, a number, and higher for more shared documents", (t) => {
  for (const name of EDGE_WEIGHTS) {
    const pair = createPairWeight(name, N, { decoder });
    t.is(pair(4, 10, 50, 0.3, 0, 1), pair(4, 50, 10, 0.3, 1, 0), name);
    t.true(Number.isFinite(pair(1, 1, 1, 0, 0, 1)), name);
    t.true(Number.isFinite(pair(N, N, N, 1, 0, 1)), name);
    if (["activation-cosine", "decoder-cosine"].includes(name)) continue;
    t.true(pair(9, 10, 50, 0.3, 0, 1) > pair(4, 10, 50, 0.3, 0, 1), name);
  }
});

test("one shared document of a rare latent counts for less than the same share of a common one", (t) => {
  for (const name of ["wilson", "wilson-excess", "npmi-lower"] as const) {
    t.true(weigh(name, 1, 2, 50) < weigh(name, 50, 100, 50 + 50), name);
  }
});

test("createPairWeight refuses unknown names and decoder weights without a decoder", (t) => {
  t.throws(() => createPairWeight("best" as EdgeWeight, N), {
    instanceOf: RangeError,
    message: /expected one of reference-share, share, .* got best/,
  });
  t.throws(() => createPairWeight("npmi-decoder", N), {
    instanceOf: TypeError,
    message: /npmi-decoder: expected a decoder, got none/,
  });
});
