import test from "ava";
import { COMPARED_WEIGHTS, comparedWeight } from "../../bench/edge-weights.js";
import { type EdgeWeightName, EDGE_WEIGHTS, edgeWeight } from "../../src/families/index.js";
import { N, decoder, pairOf } from "../support/latent-pair.js";

for (const [name, expected] of [
  ["share", 0.6],
  ["wilson", (0.6 + 0.05 - Math.sqrt(0.6 * 0.4 * 0.1 + 0.0025)) / 1.1],
  ["log-lift", Math.log(12)],
  ["phi", (6000 - 500) / Math.sqrt(10 * 990 * 50 * 950)],
  ["membership-cosine", 6 / Math.sqrt(500)],
  ["dice", 0.2],
  ["share-npmi", Math.sqrt((0.6 * Math.log(12)) / Math.log(1000 / 6))],
] as const) {
  test(`${name} is as worked out by hand`, (t) => {
    const weight = comparedWeight(name, { decoder })(pairOf(6, 10, 50));
    t.true(Math.abs(weight - expected) < 1e-12, `${weight} is not ${expected}`);
  });
}

test("20 weights are compared, those of the library among them", (t) => {
  t.is(new Set(COMPARED_WEIGHTS).size, 20);
  for (const name of EDGE_WEIGHTS) {
    t.true(COMPARED_WEIGHTS.includes(name), name);
    const pair = pairOf(4, 10, 50, 0.3);
    t.is(comparedWeight(name, { decoder })(pair), edgeWeight(name, { decoder })(pair), name);
  }
});

test("every weight is the same from either side, a number, and higher for more shared documents", (t) => {
  for (const name of COMPARED_WEIGHTS) {
    const weigh = comparedWeight(name, { decoder });
    t.is(weigh(pairOf(4, 10, 50, 0.3)), weigh({ ...pairOf(4, 50, 10, 0.3), i: 1, j: 0 }), name);
    t.true(Number.isFinite(weigh(pairOf(1, 1, 1, 0))), name);
    t.true(Number.isFinite(weigh(pairOf(N, N, N, 1))), name);
    if (["activation-cosine", "decoder-cosine"].includes(name)) continue;
    t.true(weigh(pairOf(9, 10, 50, 0.3)) > weigh(pairOf(4, 10, 50, 0.3)), name);
  }
});

test("one shared document of a rare latent counts for less than the same share of a common one", (t) => {
  for (const name of ["wilson", "wilson-excess", "npmi-lower"] as const) {
    const weigh = comparedWeight(name);
    t.true(weigh(pairOf(1, 2, 50)) < weigh(pairOf(50, 100, 50 + 50)), name);
  }
});

test("comparedWeight refuses unknown names and decoder weights without a decoder", (t) => {
  t.throws(() => comparedWeight("best" as EdgeWeightName), {
    instanceOf: RangeError,
    message: /expected one of wilson-cosine, paper-share, .* got best/,
  });
  t.throws(() => comparedWeight("npmi-decoder"), {
    instanceOf: TypeError,
    message: /decoder-cosine: expected a decoder, got none/,
  });
});
