import test from "ava";
import { plantCodes } from "../../bench/planted.js";
import { documentStability, permuteCodes } from "../../src/compare/index.js";
import { createCodes, createRandom } from "../../src/core/index.js";
import { bestFamily, indexFamilies } from "../../src/families/extract/index.js";
import { spanForest } from "../../src/families/forest/index.js";
import {
  type Family,
  type Forest,
  computeCoactivation,
  extractFamilies,
} from "../../src/families/index.js";

const family = (parent: number, members: number[]): Family => ({
  parent,
  members: members.map((latent) => ({ latent, depth: 1, parent, weight: 1 })),
  pass: 0,
});

const forest = (edges: [number, number][], nodes = 8): Forest => ({
  nodes: Uint32Array.from({ length: nodes }, (_, i) => i),
  from: Uint32Array.from(edges, ([parent]) => parent),
  to: Uint32Array.from(edges, ([, child]) => child),
  weight: new Float32Array(edges.length).fill(1),
});

/** Four documents of one latent each; what is found in them is told by the test. */
const codes = createCodes(4, 1, 8, Uint32Array.of(0, 1, 2, 3), new Float32Array(4).fill(1));

const extract = (co: Parameters<typeof extractFamilies>[0]) => extractFamilies(co);

test("stability counts what comes again, worked out by hand over four resamples", async (t) => {
  const own = {
    families: [family(0, [1, 2, 3])],
    forest: forest([
      [0, 1],
      [0, 2],
      [2, 3],
    ]),
  };
  const finds = [
    // The same once more.
    own,
    // Half of it (overlap 2 of 4), one edge the other way round, one edge lost.
    {
      families: [family(0, [1])],
      forest: forest([
        [0, 1],
        [3, 2],
      ]),
    },
    // Without the parent: 3 of 5 (1, 2, 3 of 0, 1, 2, 3, 4); the second family is less like it.
    { families: [family(1, [2, 3, 4]), family(0, [5])], forest: forest([[0, 1]]) },
    // Nothing.
    { families: [], forest: forest([]) },
  ];
  let call = 0;
  const found = await documentStability(codes, own, () => finds[call++], { resamples: 4 });
  t.is(call, 4);
  t.deepEqual([...found.edges], [0.75, 0.25, 0.5]);
  t.deepEqual([...found.directed], [0.75, 0.25, 0.25]);
  const [only] = found.families;
  t.true(Math.abs(only.mean - (1 + 0.5 + 0.6 + 0) / 4) < 1e-12);
  t.deepEqual(only.interval, [0, 1]);
  t.is(only.foundAgain, 0.75);
  t.deepEqual([...only.members], [0.5, 0.25, 0.25]);
});

test("resamples that are the whole corpus find everything again", async (t) => {
  const planted = plantCodes({ documents: 1500, seed: 3 });
  const result = extractFamilies(computeCoactivation(planted.codes));
  const found = await documentStability(planted.codes, result, extract, { resamples: 2, share: 1 });
  t.true(found.edges.every((share) => share === 1));
  t.true(found.directed.every((share) => share === 1));
  t.true(result.families.length > 5);
  for (const { mean, interval, foundAgain, members, random } of found.families) {
    t.deepEqual([mean, foundAgain, ...interval], [1, 1, 1, 1]);
    t.true(members.every((share) => share === 1));
    t.true(random < 0.5);
  }
});

test("what was planted strongly is stable, what goes together by chance is not", async (t) => {
  const planted = plantCodes({ documents: 2000, seed: 1 });
  const result = extractFamilies(computeCoactivation(planted.codes));
  const { edges } = await documentStability(planted.codes, result, extract, { resamples: 30 });
  const familyOf = new Map(
    planted.families.flatMap((each) => [each.parent, ...each.members].map((i) => [i, each])),
  );
  const mean = (isWanted: (a?: object, b?: object) => boolean): number => {
    const kept = edges.filter((_, e) =>
      isWanted(familyOf.get(result.forest.from[e]), familyOf.get(result.forest.to[e])),
    );
    t.true(kept.length > 10);
    return kept.reduce((sum, share) => sum + share, 0) / kept.length;
  };
  const strong = mean(
    (a, b) => a === b && a !== undefined && "strength" in a && a.strength === 0.9,
  );
  const weak = mean((a, b) => a === b && a !== undefined && "strength" in a && a.strength === 0.2);
  const chance = mean((a, b) => a !== b || a === undefined);
  t.true(strong > 0.97, String(strong));
  t.true(weak > chance + 0.1 && weak < strong, `${weak}, ${chance}`);
  t.true(chance < 0.4, String(chance));
});

test("permuted codes give edges and families that do not last", async (t) => {
  const dealt = permuteCodes(plantCodes({ documents: 2000, seed: 1 }).codes, createRandom(1));
  const result = extractFamilies(computeCoactivation(dealt), { threshold: 0.05 });
  const find = (co: Parameters<typeof extractFamilies>[0]) =>
    extractFamilies(co, { threshold: 0.05 });
  const { edges } = await documentStability(dealt, result, find, { resamples: 10 });
  t.true(edges.length > 50);
  t.true(edges.reduce((sum, share) => sum + share, 0) / edges.length < 0.5);
});

test("the same seed gives the same numbers, another one others, and the documents' order does not matter at full share", async (t) => {
  const { codes: planted } = plantCodes({ documents: 800, seed: 5 });
  const result = extractFamilies(computeCoactivation(planted));
  const measure = (seed: number) =>
    documentStability(planted, result, extract, { resamples: 5, seed });
  t.deepEqual(await measure(7), await measure(7));
  t.notDeepEqual((await measure(7)).edges, (await measure(8)).edges);
  const { k, rows } = planted;
  const turned = createCodes(
    rows,
    k,
    planted.n,
    Uint32Array.from(
      planted.indices,
      (_, s) => planted.indices[(rows - 1 - Math.floor(s / k)) * k + (s % k)],
    ),
    Float32Array.from(
      planted.values,
      (_, s) => planted.values[(rows - 1 - Math.floor(s / k)) * k + (s % k)],
    ),
  );
  const whole = { resamples: 2, share: 1 };
  t.deepEqual(
    await documentStability(turned, result, extract, whole),
    await documentStability(planted, result, extract, whole),
  );
});

test("the bootstrap is drawn where it is asked for", async (t) => {
  const { codes: planted } = plantCodes({ documents: 300, seed: 6 });
  const documents: number[] = [];
  const find = (co: Parameters<typeof extractFamilies>[0]) => {
    documents.push(co.documents);
    return extractFamilies(co);
  };
  const result = extractFamilies(computeCoactivation(planted));
  await documentStability(planted, result, find, { resamples: 1, scheme: "bootstrap" });
  await documentStability(planted, result, find, { resamples: 1, share: 0.3 });
  t.deepEqual(documents, [300, 90]);
});

test("no families, no edges, dead latents and a single document are no trouble", async (t) => {
  const result = extractFamilies(computeCoactivation(codes));
  const found = await documentStability(codes, result, extract, { resamples: 3 });
  t.deepEqual(found, { edges: new Float64Array(0), directed: new Float64Array(0), families: [] });
  const one = createCodes(1, 2, 4, Uint32Array.of(0, 1), Float32Array.of(1, 1));
  const lone = { families: [family(0, [1])], forest: forest([[0, 1]], 4) };
  const [only] = (await documentStability(one, lone, extract, { resamples: 2 })).families;
  t.deepEqual([only.mean, only.foundAgain, only.members[0]], [0, 0, 0]);
});

test("stability stops when its signal is aborted, and refuses no resamples", async (t) => {
  const own = {
    families: [],
    forest: spanForest({ counts: new Uint32Array(0) }, new Uint32Array(0), {
      low: new Uint32Array(0),
      high: new Uint32Array(0),
      weight: new Float32Array(0),
    }),
  };
  const stop = new AbortController();
  const onProgress = ({ done }: { done: number }): void => {
    if (done === 1) stop.abort(new Error("stopped"));
  };
  let calls = 0;
  const find = () => (calls++, own);
  await t.throwsAsync(documentStability(codes, own, find, { onProgress, signal: stop.signal }), {
    message: "stopped",
  });
  t.is(calls, 1);
  await t.throwsAsync(documentStability(codes, own, find, { resamples: 0 }), {
    instanceOf: RangeError,
    message: "stability: resamples must be 1 or more, got 0",
  });
});

test("bestFamily takes the largest overlap, of equal ones the first", (t) => {
  const index = indexFamilies([[1, 2, 3], [1, 2], [2, 1], [9]]);
  t.deepEqual(bestFamily(index, [1, 2]), { at: 1, overlap: 1 });
  t.deepEqual(bestFamily(index, [3, 4]), { at: 0, overlap: 0.25 });
  t.deepEqual(bestFamily(index, [5]), { at: -1, overlap: 0 });
  t.deepEqual(bestFamily(index, []), { at: -1, overlap: 0 });
});
