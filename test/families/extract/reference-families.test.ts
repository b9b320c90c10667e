import test from "ava";
import { createMatrix } from "../../../src/core/index.js";
import { buildReferenceForest } from "../../../src/families/extract/index.js";
import { computeCoactivation, extractReferenceFamilies } from "../../../src/families/index.js";
import {
  REFERENCE_SAES,
  coactivationFromDense,
  readReferenceKit,
} from "../../support/reference-kit.js";

const node = (latent: number, density: number) => ({ latent, label: `latent ${latent}`, density });

test("the reference's weight of a pair is that of the later node's row, or the other's where that is too small", (t) => {
  // C / (f + 1): 0 to 1 is 4/10, 1 to 0 is 4/50; 0 to 2 is 9/10, 2 to 0 is 9/20.
  const counts = createMatrix(3, 3, Float32Array.of(9, 4, 9, 4, 49, 0, 9, 0, 19));
  const co = coactivationFromDense(counts, undefined, 100);
  const nodes = [node(0, 0.09), node(1, 0.49), node(2, 0.19)];
  const forest = buildReferenceForest(co, nodes, 0.1);
  t.deepEqual([...forest.from], [2, 1]);
  t.deepEqual([...forest.to], [0, 0]);
  t.deepEqual(
    [...forest.weight],
    [9 / 20, 4 / 10].map((share) => Math.fround(Math.exp(Math.fround(share)))),
  );
  const turned = buildReferenceForest(co, [nodes[2], nodes[1], nodes[0]], 0.1);
  t.is(turned.weight[0], Math.fround(Math.exp(Math.fround(9 / 10))));
});

for (const { k, n } of REFERENCE_SAES) {
  test(`compat gives the reference's forest, subtrees and families for k ${k}, n ${n}`, async (t) => {
    const kit = await readReferenceKit(k, n);
    if (kit === undefined) {
      t.log("skipped: the reference kit is not there");
      t.pass();
      return;
    }
    const { clean } = kit;
    const result = extractReferenceFamilies(computeCoactivation(kit.codes), clean);
    const labels = new Map(clean.map(({ latent, label }) => [latent, label]));
    const name = (latent: number): string => labels.get(latent) ?? "?";

    const forest = kit.json(`spanning_forest_${k}_${n}`) as { edges: [string, string, number][] };
    const weights = new Map(forest.edges.map(([from, to, weight]) => [`${from} > ${to}`, weight]));
    t.is(result.forest.from.length, forest.edges.length);
    let total = 0;
    for (let e = 0; e < result.forest.from.length; e++) {
      const { from, to, weight } = result.forest;
      const expected = weights.get(`${name(from[e])} > ${name(to[e])}`) ?? NaN;
      t.true(Math.abs(weight[e] - expected) < 1e-6, `edge ${e}`);
      total += weight[e];
    }
    const expectedTotal = forest.edges.reduce((sum, [, , weight]) => sum + weight, 0);
    t.true(Math.abs(total / expectedTotal - 1) < 1e-5);

    type Found = { parent: string; members: string[] }[];
    const byParent = (found: Found): Found =>
      found
        .map(({ parent, members }) => ({ parent, members: members.sort() }))
        .sort((x, y) => (x.parent < y.parent ? -1 : 1));
    const subtrees = result.subtrees.map((pass) =>
      pass.map(({ parent, members }) => ({
        parent: name(parent),
        members: [name(parent), ...members.map(({ latent }) => name(latent))],
      })),
    );
    t.deepEqual(subtrees.map(byParent), (kit.json(`subtrees_${k}_${n}`) as Found[]).map(byParent));

    const families = result.families.map(({ parent, members }) => [
      name(parent),
      {
        parent: [name(parent), members.length + 1],
        children: members.map(({ latent }) => [name(latent), latent]),
      },
    ]);
    t.deepEqual(families, Object.entries(kit.json(`clean_families_${k}_${n}`) as object));
  });
}

test("of two equal families compat keeps none, as the reference does", (t) => {
  // Latents 0 and 5 have the same four rarer latents below them, in different passes.
  const counts = createMatrix(6, 6);
  const set = (i: number, j: number, value: number) => {
    counts.data[i * 6 + j] = value;
    counts.data[j * 6 + i] = value;
  };
  set(0, 0, 100);
  set(5, 5, 90);
  for (const child of [1, 2, 3, 4]) {
    set(child, child, 20);
    set(0, child, 19);
    set(5, child, 18);
  }
  const co = coactivationFromDense(counts, undefined, 1000);
  const nodes = [0, 5, 1, 2, 3, 4].map((i) => node(i, counts.data[i * 7] / 1000));
  const { families, subtrees } = extractReferenceFamilies(co, nodes);
  t.deepEqual(
    subtrees.map((pass) => pass.map(({ parent }) => parent)),
    [[0], [5], [], []],
  );
  t.deepEqual(families, []);
});
