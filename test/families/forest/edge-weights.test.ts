import test from "ava";
import {
  type EdgeWeightName,
  type LatentPair,
  EDGE_WEIGHTS,
  edgeWeight,
} from "../../../src/families/index.js";
import { N, decoder, pairOf } from "../../support/latent-pair.js";

for (const [name, expected] of [
  ["paper-share", 6 / 11],
  ["npmi", Math.log(12) / Math.log(1000 / 6)],
  ["jaccard", 6 / 54],
  ["activation-cosine", 0.5],
  ["wilson-cosine", Math.sqrt(((0.65 - Math.sqrt(0.0265)) / 1.1) * 0.5)],
  ["decoder-cosine", 0.8],
] as const) {
  test(`${name} is as worked out by hand`, (t) => {
    const weight = edgeWeight(name, { decoder })(pairOf(6, 10, 50));
    t.true(Math.abs(weight - expected) < 1e-12, `${weight} is not ${expected}`);
  });
}

test("every weight is the same from either side, a number, and higher for more shared documents", (t) => {
  for (const name of EDGE_WEIGHTS) {
    const weigh = edgeWeight(name, { decoder });
    t.is(weigh(pairOf(4, 10, 50, 0.3)), weigh({ ...pairOf(4, 50, 10, 0.3), i: 1, j: 0 }), name);
    t.true(Number.isFinite(weigh(pairOf(1, 1, 1, 0))), name);
    t.true(Number.isFinite(weigh(pairOf(N, N, N, 1))), name);
    if (["activation-cosine", "decoder-cosine"].includes(name)) continue;
    t.true(weigh(pairOf(9, 10, 50, 0.3)) > weigh(pairOf(4, 10, 50, 0.3)), name);
  }
});

test("a function is a weight of its own", (t) => {
  const weigh = ({ together }: LatentPair): number => together;
  t.is(edgeWeight(weigh), weigh);
});

test("edgeWeight refuses unknown names and decoder weights without a decoder", (t) => {
  t.throws(() => edgeWeight("best" as EdgeWeightName), {
    instanceOf: RangeError,
    message: /expected one of wilson-cosine, paper-share, .* got best/,
  });
  t.throws(() => edgeWeight("decoder-cosine"), {
    instanceOf: TypeError,
    message: /decoder-cosine: expected a decoder, got none/,
  });
});
