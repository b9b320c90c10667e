import test from "ava";
import { createCodes, createRandom } from "../../../src/core/index.js";
import { dropOverlapping } from "../../../src/families/extract/index.js";
import { type Family, computeCoactivation, extractFamilies } from "../../../src/families/index.js";

const family = (parent: number, members: number[], pass = 0): Family => ({
  parent,
  members: members.map((latent) => ({ latent, depth: 1, parent, weight: 1 })),
  pass,
});

/** Topics of `width` latents: the first is in every document of its topic, the others in a few. */
function plantedCodes(topics: number, width: number, documents: number) {
  const random = createRandom(5);
  const [k, n] = [4, topics * width + 40];
  const indices = new Uint32Array(documents * k);
  for (let r = 0; r < documents; r++) {
    const topic = (r % topics) * width;
    const chosen = new Set([topic]);
    while (chosen.size < 3) chosen.add(topic + 1 + Math.floor(random() * (width - 1)));
    chosen.add(topics * width + Math.floor(random() * 40));
    indices.set([...chosen], r * k);
  }
  return createCodes(documents, k, n, indices, new Float32Array(indices.length).fill(1));
}

test("extractFamilies finds planted families: the common latent over its topic's rarer ones", (t) => {
  const { families, forest, found } = extractFamilies(
    computeCoactivation(plantedCodes(12, 7, 6000)),
    { passes: 1, weight: "npmi", threshold: 0.3 },
  );
  const isPlanted = (f: Family) =>
    f.parent % 7 === 0 &&
    f.members.length === 6 &&
    f.members.every((m) => Math.floor(m.latent / 7) === f.parent / 7);
  t.is(families.filter(isPlanted).length, 12);
  t.is(found.length, 1);
  t.is(forest.nodes.length, 12 * 7 + 40);
});

test("extractFamilies names a parent once, keeps members out of their own family and repeats itself", (t) => {
  const co = computeCoactivation(plantedCodes(30, 9, 5000));
  const result = extractFamilies(co, { maxOverlap: 1, minBranches: 2 });
  const parents = result.families.map(({ parent }) => parent);
  t.is(new Set(parents).size, parents.length);
  t.true(result.found.length > 1);
  for (const { parent, members } of result.families) {
    const latents = new Set(members.map(({ latent }) => latent));
    t.is(latents.size, members.length);
    t.false(latents.has(parent));
    t.true(members.every((m) => m.parent === parent || latents.has(m.parent)));
    t.true(members.every((m) => co.counts[m.parent] >= co.counts[m.latent]));
  }
  t.deepEqual(extractFamilies(co, { maxOverlap: 1, minBranches: 2 }), result);
  t.throws(() => extractFamilies(co, { passes: 0 }), { instanceOf: RangeError });
});

test("dropOverlapping keeps the larger of two overlapping families", (t) => {
  const families = [family(1, [2, 3, 4, 5]), family(9, [2, 3, 4, 5, 6]), family(7, [4, 5, 6, 8])];
  t.deepEqual(
    dropOverlapping(families, 0.6).map(({ parent }) => parent),
    [9, 7],
  );
});

test("dropOverlapping keeps one of equal families: the earlier pass, then the lower parent", (t) => {
  const families = [family(9, [1, 2, 3, 4], 1), family(8, [1, 2, 3, 4]), family(7, [1, 2, 3, 4])];
  t.deepEqual(
    dropOverlapping(families, 0.6).map(({ parent }) => parent),
    [7],
  );
});

test("a dropped family drops no other", (t) => {
  // 1 covers 2 and 2 would cover 3, but 1 and 3 overlap by less.
  const families = [
    family(1, [11, 12, 13, 14, 15, 16, 17, 18]),
    family(2, [12, 13, 14, 15, 16, 17, 18]),
    family(3, [14, 15, 16, 17, 18, 19]),
  ];
  t.deepEqual(
    dropOverlapping(families, 0.6).map(({ parent }) => parent),
    [1, 3],
  );
});
