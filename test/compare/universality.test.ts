import test from "ava";
import {
  type SaeMatch,
  matchFamiliesBothWays,
  parseSplits,
  swapMatch,
  universalLatents,
} from "../../src/compare/index.js";
import { readJson } from "../../src/files/index.js";
import { sharedPath } from "../support/shared.js";

// Small latents 0 to 2, large ones 0 to 3: 0-0 and 1-2 are mutual, 2 is only near.
const match: SaeMatch = {
  toSmall: Uint32Array.of(0, 0, 1, 2),
  toSmallCosine: Float32Array.of(0.75, 0.5, 0.875, 0.25),
  toLarge: Uint32Array.of(0, 2, 3),
  toLargeCosine: Float32Array.of(0.75, 0.875, 0.25),
};

test("universal latents are each other's nearest and above both thresholds", (t) => {
  const pairs = universalLatents(match, { toSmall: 0.3, toLarge: 0.3 });
  t.deepEqual(pairs, [
    { small: 1, large: 2, cosine: 0.875 },
    { small: 0, large: 0, cosine: 0.75 },
  ]);
  t.is(universalLatents(match, { toSmall: 0.8, toLarge: 0.3 }).length, 1);
  t.is(universalLatents(match, { toSmall: 0.3, toLarge: 0.9 }).length, 0);
  const back = universalLatents(swapMatch(match), { toSmall: 0.3, toLarge: 0.3 });
  t.deepEqual(
    back.map(({ small, large }) => [large, small]),
    pairs.map(({ small, large }) => [small, large]),
  );
});

test("families are matched both ways, far above latents matched at random", (t) => {
  const family = (parent: number, members: number[]) => ({
    parent,
    members: members.map((latent) => ({ latent })),
  });
  const size = 40;
  const same = Uint32Array.from({ length: size }, (_, i) => i);
  const ones = new Float32Array(size).fill(1);
  const identity = { toSmall: same, toSmallCosine: ones, toLarge: same, toLargeCosine: ones };
  const families = [0, 10, 20, 30].map((first) => family(first, [first + 1, first + 2, first + 3]));
  const both = { toSmall: 0.5, toLarge: 0.5 };
  const found = matchFamiliesBothWays(families, families, identity, both);
  t.is(found.mean, 1);
  t.true(found.meanNull < 0.4, String(found.meanNull));
  t.deepEqual(found.toLarge, found.toSmall);
  t.deepEqual(matchFamiliesBothWays(families, families, identity, both), found);
  t.is(matchFamiliesBothWays([], families, identity, both).mean, 0);
});

test("parseSplits reads the paper's and the reference's files", async (t) => {
  const paper = sharedPath("data/paper/splitting_6432.json");
  const reference = sharedPath("reference/expected/nns_csLG_8_512_16_to_csLG_16_1024_32.json");
  if (!paper || !reference) {
    t.log("skipped: ../shared is not here");
    t.pass();
    return;
  }
  const splits = parseSplits(await readJson(paper), paper);
  t.is(splits.length, 6144);
  t.deepEqual(splits[1], [5138]);
  const own = parseSplits(await readJson(reference), reference);
  t.is(own.length, 512);
  t.deepEqual(
    own.flat().sort((a, b) => a - b),
    Array.from({ length: 1024 }, (_, i) => i),
  );
});

test("parseSplits refuses what is no such file, naming it", (t) => {
  const fails = (content: unknown, message: RegExp) =>
    t.throws(() => parseSplits(content, "x.json"), { name: "FormatError", message });
  fails([], /x\.json.*expected an object/);
  fails({ a: [1] }, /every latent from 0 to 0, got a/);
  fails({ 0: [], 5: [] }, /got 5/);
  fails({ 0: ["1"] }, /latent 0: expected a list of latents/);
  fails({ 0: [3], 1: [3] }, /latent 3 of the large SAE is listed under two small latents/);
});
