import test from "ava";
import {
  type Postings,
  createCodes,
  createRandom,
  f1Interval,
  invertCodes,
  wilsonInterval,
} from "../../src/core/index.js";
import {
  type UnitAgreement,
  buildClassIndex,
  edgeAgreement,
  familyAgreement,
  hardestFamilyNull,
  hardestLatentNull,
  hardestNull,
  highestF1,
  isAboveOrEqual,
  latentAgreement,
  matchHeldOut,
  matchLatents,
  chanceByLatent,
  reportTaxonomy,
  unitAgreement,
  unitePostings,
} from "../../src/taxonomy/index.js";

const TREE = new Map([
  ["animal", ["entity"]],
  ["food", ["entity"]],
  ["dog", ["animal"]],
  ["cat", ["animal"]],
]);
const CLASSES = [["dog"], ["dog"], ["dog"], ["cat"], ["cat"], ["food"], ["food"], []];
// entity holds 7 of the 8 documents and is left out
const INDEX = buildClassIndex(CLASSES, { tree: TREE, minSize: 1, maxShare: 0.7 });

/** Postings from a list of {document: value} a latent. */
function postingsOf(documents: number, latents: Record<number, number>[]): Postings {
  const offsets = [0];
  const rows: number[] = [];
  const values: number[] = [];
  for (const latent of latents) {
    for (const [row, value] of Object.entries(latent)) {
      rows.push(Number(row));
      values.push(value);
    }
    offsets.push(rows.length);
  }
  return {
    n: latents.length,
    documents,
    offsets: Uint32Array.from(offsets),
    rows: Uint32Array.from(rows),
    values: Float32Array.from(values),
  };
}

// 0: all dogs; 1: all animals; 2: cats, and food weakly; 3: the document without a class; 4: dead
const POSTINGS = postingsOf(8, [
  { 0: 1, 1: 1, 2: 1 },
  { 0: 1, 1: 1, 2: 1, 3: 1, 4: 1 },
  { 3: 0.75, 4: 0.5, 5: 0.125 },
  { 7: 1 },
  {},
]);

test("buildClassIndex counts a document into its classes and all their ancestors", (t) => {
  t.deepEqual(INDEX.ids, ["animal", "dog", "cat", "food"]);
  t.deepEqual([...INDEX.sizes], [5, 3, 2, 2]);
  t.deepEqual([...INDEX.members.subarray(INDEX.offsets[3], INDEX.offsets[4])], [0, 2]);
  t.is(INDEX.offsets[8] - INDEX.offsets[7], 0);
});

test("buildClassIndex drops classes that are too small or too large, not their descendants", (t) => {
  const index = buildClassIndex(CLASSES, { tree: TREE, minSize: 3, maxShare: 1 });
  t.deepEqual(index.ids, ["entity", "animal", "dog"]);
  t.deepEqual([...index.ancestors[2]].sort(), [0, 1]);
  t.true(isAboveOrEqual(index, 0, 2));
  t.true(isAboveOrEqual(index, 2, 2));
  t.false(isAboveOrEqual(index, 2, 0));
});

test("buildClassIndex takes several parents and counts a document once", (t) => {
  const tree = new Map([
    ["pet dog", ["dog", "pet"]],
    ["dog", ["animal"]],
    ["pet", ["animal"]],
  ]);
  const index = buildClassIndex([["pet dog", "dog"], ["pet"]], { tree, minSize: 1, maxShare: 1 });
  const sizes = Object.fromEntries(index.ids.map((id, c) => [id, index.sizes[c]]));
  t.deepEqual(sizes, { animal: 2, dog: 1, pet: 2, "pet dog": 1 });
});

test("buildClassIndex refuses a circle in the tree", (t) => {
  const tree = new Map([
    ["a", ["b"]],
    ["b", ["a"]],
  ]);
  t.throws(() => buildClassIndex([["a"]], { tree }), {
    instanceOf: RangeError,
    message: /its own ancestor/,
  });
});

test("matchLatents finds the class with the best F1", (t) => {
  const [dog, animal, cat, none, dead] = matchLatents(POSTINGS, INDEX);
  t.like(dog, { classId: "dog", f1: 1, hits: 3, precision: 1, recall: 1 });
  t.like(animal, { classId: "animal", f1: 1 });
  // 2 of its 3 documents are cats, of which there are 2
  t.like(cat, { classId: "cat", hits: 2, precision: 2 / 3, recall: 1, f1: 0.8, threshold: 0.125 });
  t.like(none, { classIndex: -1, classId: undefined, f1: 0, active: 1 });
  t.like(dead, { classIndex: -1, f1: 0, active: 0 });
});

test("matchLatents can choose a threshold for each latent", (t) => {
  const matches = matchLatents(POSTINGS, INDEX, { threshold: "best" });
  t.like(matches[2], { classId: "cat", active: 2, f1: 1, threshold: 0.5 });
  t.like(matches[0], { classId: "dog", active: 3, f1: 1, threshold: 1 });
  t.is(matches[4].classIndex, -1);
});

test("matchLatents never cuts between equal activations", (t) => {
  const postings = postingsOf(8, [{ 3: 0.5, 4: 0.5, 5: 0.5 }]);
  t.like(matchLatents(postings, INDEX, { threshold: "best" })[0], { active: 3, f1: 0.8 });
});

test("matchLatents takes the lower of two classes with the same documents", (t) => {
  const tree = new Map([["corgi", ["dog"]]]);
  const index = buildClassIndex([["corgi"], ["corgi"], [], []], { tree, minSize: 1 });
  t.is(matchLatents(postingsOf(4, [{ 0: 1 }]), index)[0].classId, "corgi");
});

test("matchLatents works with flat classes of which a document has several", (t) => {
  const index = buildClassIndex([["cs.LG", "cs.CL"], ["cs.LG"], ["cs.CL"], ["math"]], {
    minSize: 1,
  });
  const match = matchLatents(postingsOf(4, [{ 0: 1, 2: 2 }]), index)[0];
  t.like(match, { classId: "cs.CL", f1: 1 });
});

test("matchLatents agrees with counting every class and threshold by hand", (t) => {
  const random = createRandom(7);
  const names = ["a", "b", "c", "d", "e"];
  const classes = Array.from({ length: 60 }, () => names.filter(() => random() < 0.3));
  const index = buildClassIndex(classes, { minSize: 1, maxShare: 1 });
  const latent: Record<number, number> = {};
  for (let i = 0; i < 60; i++) if (random() < 0.5) latent[i] = Math.ceil(random() * 8) / 8;
  const minActive = 6;
  let best = 0;
  for (const name of names) {
    for (let threshold = 0; threshold <= 1; threshold += 1 / 8) {
      const on = Object.keys(latent).filter((i) => latent[Number(i)] >= threshold);
      if (on.length < minActive) continue;
      const hits = on.filter((i) => classes[Number(i)].includes(name)).length;
      const size = classes.filter((own) => own.includes(name)).length;
      best = Math.max(best, (2 * hits) / (on.length + size));
    }
  }
  const match = matchLatents(postingsOf(60, [latent]), index, { threshold: "best", minActive })[0];
  t.is(match.f1, best);
  t.true(match.active >= minActive);
});

test("matchLatents refuses classes of another number of documents", (t) => {
  t.throws(() => matchLatents(postingsOf(7, [{ 0: 1 }]), INDEX), {
    message: "matchLatents: expected classes for 7 documents, got 8",
  });
});

test("unitePostings sums values and can ask for several members", (t) => {
  const all = unitePostings(POSTINGS, [
    [0, 1],
    [2, 1],
  ]);
  t.deepEqual([...all.offsets], [0, 5, 11]);
  t.deepEqual([...all.values.subarray(0, 5)], [2, 2, 2, 1, 1]);
  t.deepEqual([...all.rows.subarray(5)], [0, 1, 2, 3, 4, 5]);
  const both = unitePostings(POSTINGS, [[2, 1]], { minMembers: 2 });
  t.deepEqual([...both.rows], [3, 4]);
});

test("edgeAgreement tells above, equal, below and unrelated apart", (t) => {
  const matches = matchLatents(POSTINGS, INDEX);
  const edges = [
    [1, 0], // animal -> dog
    [1, 2], // animal -> cat
    [0, 1], // dog -> animal
    [0, 2], // dog -> cat
    [0, 0],
    [1, 3], // latent 3 has no class
  ] as const;
  const agreement = edgeAgreement(edges, matches, INDEX, { threshold: 0.5 });
  t.like(agreement, { total: 6, edges: 5, equal: 1, above: 2, below: 1, share: 0.6 });
  t.deepEqual(agreement.interval, wilsonInterval(3, 5));
  t.is(edgeAgreement(edges, matches, INDEX, { threshold: 0.9 }).edges, 3);
  // of the 6 ordered pairs of dog, animal, cat two agree
  t.true(Math.abs(agreement.randomNull.mean - 1 / 3) < 0.05);
});

test("a branch null draws denser latents of the child's own branch", (t) => {
  // 400 animals: 100 dogs, of which 40 are corgis, and 300 cats; 200 foods
  const tree = new Map([
    ["dog", ["animal"]],
    ["cat", ["animal"]],
    ["corgi", ["dog"]],
  ]);
  const kinds = [
    ...Array.from({ length: 40 }, () => ["corgi"]),
    ...Array.from({ length: 60 }, () => ["dog"]),
    ...Array.from({ length: 300 }, () => ["cat"]),
    ...Array.from({ length: 200 }, () => ["food"]),
  ];
  const index = buildClassIndex(kinds, { tree, maxShare: 0.9 });
  const range = (from: number, to: number): Record<number, number> =>
    Object.fromEntries(Array.from({ length: to - from }, (_, i) => [from + i, 1]));
  // animal, dog, corgi, cat, food, half of the corgis
  const spans = [
    [0, 400],
    [0, 100],
    [0, 40],
    [100, 400],
    [400, 600],
    [0, 30],
  ] as const;
  const postings = postingsOf(
    600,
    spans.map(([from, to]) => range(from, to)),
  );
  const matches = matchLatents(postings, index);
  const branches = [300, 100, 50];
  const { branchNulls = [], ...edges } = edgeAgreement([[1, 5]], matches, index, { branches });
  t.is(edges.share, 1);
  t.deepEqual(branchNulls, [
    // animal, dog and corgi of the five denser ones lie above or at corgi
    { atLeast: 600, edges: 1, share: 3 / 5, observed: 1 },
    // in animals, the smallest class of 300 or more around corgi, without the cats' branch: animal, dog, corgi
    { atLeast: 300, edges: 1, share: 1, observed: 1 },
    // dogs: dog and corgi
    { atLeast: 100, edges: 1, share: 1, observed: 1 },
    { atLeast: 50, edges: 1, share: 1, observed: 1 },
  ]);
  // a cat's latent for the parent of dogs: its class is no dog, but it is in the same branch of 300
  const wrong = edgeAgreement([[3, 1]], matches, index, { branches }).branchNulls ?? [];
  t.deepEqual(wrong[0], { atLeast: 600, edges: 1, share: 1 / 3, observed: 0 });
  t.is(wrong[1].observed, 0);
  // by default 2.5 % of 600 documents; 1 % would be 6, too few for a branch
  const usual = edgeAgreement([[1, 5]], matches, index).branchNulls ?? [];
  t.deepEqual(
    usual.map(({ atLeast }) => atLeast),
    [600, 15],
  );
  const chance = { mean: 0.1, sd: 0 };
  const beside = (count: number): ReturnType<typeof hardestNull> =>
    hardestNull({
      ...{ ...edges, shuffledNull: chance, randomNull: chance },
      branchNulls: [{ ...branchNulls[1], edges: count }],
    });
  t.deepEqual(beside(19), { share: 0.1 });
  t.deepEqual(beside(20), { share: 1, branch: 300, edges: 20, observed: 1 });
});

test("flat classes have no branch but all documents", (t) => {
  const classes = Array.from({ length: 400 }, (_, i) => [i < 350 ? "a" : "b"]);
  const index = buildClassIndex(classes, { maxShare: 1 });
  const all = Object.fromEntries(Array.from({ length: 350 }, (_, i) => [i, 1]));
  const matches = matchLatents(postingsOf(400, [all, { 0: 1, 1: 1 }]), index);
  const { branchNulls } = edgeAgreement([[0, 1]], matches, index, { threshold: 0 });
  t.deepEqual(
    branchNulls?.map(({ atLeast }) => atLeast),
    [400],
  );
  t.true(reportTaxonomy(postingsOf(400, [all]), index, { seeds: [1] }).isFlat);
  t.false(reportTaxonomy(POSTINGS, INDEX, { seeds: [1] }).isFlat);
});

test("latentAgreement counts the different classes of the latents over each level", (t) => {
  const twice = postingsOf(8, [
    { 0: 1, 1: 1, 2: 1 },
    { 0: 1, 1: 1, 2: 1 },
    { 3: 1, 4: 1 },
  ]);
  const { agreement } = latentAgreement(twice, INDEX, { levels: [0.5], seeds: [] });
  t.like(agreement.over[0], { count: 3, classes: 2 });
});

test("edgeAgreement gives NaN for no edges", (t) => {
  t.is(edgeAgreement([], matchLatents(POSTINGS, INDEX), INDEX).share, NaN);
});

test("familyAgreement matches the family's documents and counts members inside the class", (t) => {
  const families = [{ parent: 1, members: [0, 2] }];
  const { families: found, meanCoherence } = familyAgreement(families, POSTINGS, INDEX, {
    level: 0.5,
  });
  // documents 0 to 5 against the 5 animals
  t.like(found[0].union, { classId: "animal", f1: 10 / 11 });
  t.is(found[0].parent.classId, "animal");
  t.is(found[0].matched, 2);
  t.is(meanCoherence, 1);
  const single = familyAgreement([{ parent: 0, members: [2, 3] }], POSTINGS, INDEX, { level: 0.5 });
  // animals again, though dogs and cats: only the cat latent is a member with a class
  t.like(single.families[0], { matched: 1, coherence: 1 });
  t.is(single.families[0].union.classId, "animal");
});

test("the nulls tell planted classes from chance, and the same seeds give the same", (t) => {
  const random = createRandom(3);
  const classes = Array.from({ length: 400 }, (_, i) => [`c${i % 10}`]);
  const index = buildClassIndex(classes);
  const indices = Uint32Array.from({ length: 800 }, (_, at) =>
    at % 2 === 0 ? (at / 2) % 10 : 10 + Math.floor(random() * 10),
  );
  const codes = createCodes(400, 2, 20, indices, new Float32Array(800).fill(1));
  const { agreement } = latentAgreement(invertCodes(codes), index);
  t.is(agreement.live, 20);
  t.is(agreement.over[2].count, 10);
  t.is(agreement.over[2].null.mean, 0);
  t.true(agreement.meanF1 > agreement.meanF1Null.mean + 5 * agreement.meanF1Null.sd);
  t.deepEqual(latentAgreement(invertCodes(codes), index).agreement, agreement);
  const planted = Array.from({ length: 10 }, (_, f) => ({ parent: f, members: [f] }));
  const families = familyAgreement(planted, invertCodes(codes), index);
  t.is(families.meanF1, 1);
  t.true(families.meanF1Null.mean < 0.8);
});

test("intervals hold the score, narrow with more documents and follow Wilson's formula", (t) => {
  // 5 of 10 at z 1.96: (0.5 ± ...) = 0.2366, 0.7634, as tables give it
  const [low, high] = wilsonInterval(5, 10);
  t.true(Math.abs(low - 0.2366) < 1e-4 && Math.abs(high - 0.7634) < 1e-4);
  t.deepEqual(wilsonInterval(0, 0), [0, 1]);
  const few = f1Interval(4, 6, 6);
  const many = f1Interval(400, 600, 600);
  for (const [from, to] of [few, many]) t.true(from < 2 / 3 && 2 / 3 < to);
  t.true(many[1] - many[0] < (few[1] - few[0]) / 5);
});

test("matchHeldOut keeps the F1 of a true class and takes that of a chance one away", (t) => {
  const random = createRandom(11);
  const classes = Array.from({ length: 600 }, () => [`c${Math.floor(random() * 100)}`]);
  for (let i = 0; i < 60; i++) classes[i] = ["true"];
  const index = buildClassIndex(classes, { minSize: 2 });
  const latents: Record<number, number>[] = [{}];
  for (let i = 0; i < 60; i++) latents[0][i] = 1;
  for (let i = 60; i < 80; i++) latents[0][i] = 0.1;
  for (let f = 1; f <= 40; f++) {
    latents.push({});
    for (let c = 0; c < 8; c++) latents[f][60 + Math.floor(random() * 540)] = random();
  }
  const postings = postingsOf(600, latents);
  const options = { threshold: "best", minActive: 3 } as const;
  const seen = matchLatents(postings, index, options);
  const heldOut = matchHeldOut(postings, index, options);
  t.like(heldOut[0], { f1: 1, classId: "true", classSize: 60, hits: 60, active: 60, threshold: 1 });
  const mean = (matches: { f1: number }[]): number =>
    matches.slice(1).reduce((sum, { f1 }) => sum + f1 / 40, 0);
  t.true(mean(seen) > 0.2);
  t.true(mean(heldOut) < 0.05);
});

test("reportTaxonomy puts latents, edges by weight and families together", (t) => {
  const edges = [
    { parent: 1, child: 0, weight: 0.9 },
    { parent: 1, child: 2, weight: 0.5 },
    { parent: 0, child: 2, weight: 0.2 },
  ];
  const families = [{ parent: 1, members: [0, 2] }];
  const report = reportTaxonomy(POSTINGS, INDEX, { edges, families, minActive: 1, seeds: [1] });
  t.like(report, { documents: 8, classes: 4, level: 0.2 });
  t.is(report.tuned.live, 4);
  t.is(report.tuned.over[2].count, 3);
  t.is(report.nullF1.length, 4);
  t.deepEqual(
    report.edges.map(({ threshold, edges: count, share }) => [threshold, count, share]),
    [
      [0.2, 3, 2 / 3],
      [0.5, 2, 1],
      [0.9, 1, 1],
    ],
  );
  // two of the three latents are active in documents 0 to 4, the animals
  t.like(report.families?.families[0].union, { classId: "animal", f1: 1 });
  t.is(report.families?.meanCoherence, 1);
  t.is(report.heldOutF1.length, 5);
  t.is(report.matches[2].f1, 1);
  const twice = reportTaxonomy(POSTINGS, INDEX, { minActive: 1, seeds: [1, 2] });
  const live = twice.matches.filter(({ active }) => active > 0);
  t.deepEqual(
    [...chanceByLatent(twice)],
    live.map(({ latent }, at) => [latent, (twice.nullF1[at] + twice.nullF1[live.length + at]) / 2]),
  );
  t.is(chanceByLatent({ ...twice, nullF1: twice.nullF1.slice(1) }).size, 0);
  const bare = reportTaxonomy(POSTINGS, INDEX, { seeds: [1] });
  t.deepEqual([bare.edges, bare.families], [[], undefined]);
});

test("highestF1 finds the latent that fits each class best", (t) => {
  // Animal and dog have latents of their own; of cats latent 2 has 2 in 3, and of food 1 in 3.
  t.deepEqual([...highestF1(POSTINGS, INDEX)], [1, 1, 0.8, 0.4]);
  t.deepEqual([...highestF1(POSTINGS, INDEX, { threshold: "best" })], [1, 1, 1, 0.4]);
});

test("unitAgreement holds each latent against the unit that fits its class best", (t) => {
  const matches = matchLatents(POSTINGS, INDEX);
  const units = postingsOf(8, [{ 0: 1, 1: 1 }, { 3: 1, 4: 1 }, {}]);
  const { live, active, tuned, f1, latentF1 } = unitAgreement("pairs", units, INDEX, {
    ...{ matches, minActive: 1 },
  });
  t.is(live, 2);
  t.deepEqual(f1, [0.8, 1]);
  // The best of both for dog, animal and cat; nothing for latents without a class.
  t.deepEqual(latentF1, [0.8, 4 / 7, 1, 0, 0]);
  const level = (summary: typeof active, at: number) =>
    summary.over.find((one) => one.level === at);
  t.like(level(active, 0.7), { count: 2, share: 1, classes: 2 });
  t.deepEqual(tuned, active);
});

test("familyAgreement has an interval and harder nulls from the same branches", (t) => {
  // Two broad classes of two halves each; families of one broad class know no more than the branch.
  const tree = new Map(["a1", "a2", "b1", "b2"].map((id) => [id, [id[0]]]));
  const documents = Array.from({ length: 80 }, (_, i) => [["a1", "a2", "b1", "b2"][i >> 4] ?? ""]);
  const index = buildClassIndex(
    documents.map(([id]) => (id === "" ? [] : [id])),
    { tree, minSize: 1, maxShare: 0.9 },
  );
  // Four latents of each half, each on for four of its documents.
  const latents = Array.from({ length: 16 }, (_, latent) =>
    Object.fromEntries(Array.from({ length: 4 }, (_, at) => [4 * latent + at, 1])),
  );
  const postings = postingsOf(80, latents);
  const families = [
    { parent: 0, members: [1, 4, 5] },
    { parent: 8, members: [9, 12, 13] },
  ];
  const found = familyAgreement(families, postings, index, { branches: [32], level: 0.2 });
  t.is(found.meanCoherence, 1);
  t.deepEqual(found.interval, [1, 1]);
  t.is(found.branchNulls?.[0].atLeast, 32);
  t.true((found.branchNulls?.[0].mean ?? 0) > found.meanCoherenceNull.mean);
  t.deepEqual(hardestFamilyNull(found), { share: found.branchNulls?.[0].mean, branch: 32 });
  t.deepEqual(familyAgreement([], postings, index).interval, [NaN, NaN]);
});

test("the hardest null of latents is the largest share at that level, of units or of shuffled documents", (t) => {
  const { agreement } = latentAgreement(POSTINGS, INDEX, { levels: [0.2, 0.5], seeds: [1] });
  const { mean } = agreement.over[1].null;
  t.deepEqual(hardestLatentNull(agreement, [], 0.5), { share: mean });
  const units = (name: string, share: number): UnitAgreement => {
    const summary = { meanF1: 0, over: [{ level: 0.5, count: 1, share, classes: 1 }] };
    return { units: name, live: 1, active: summary, tuned: summary, f1: [], latentF1: [] };
  };
  const baselines = [units("k-means", mean + 0.1), units("random documents", mean + 0.2)];
  const hardest = { units: "random documents", share: mean + 0.2 };
  t.deepEqual(hardestLatentNull(agreement, baselines, 0.5), hardest);
  t.deepEqual(hardestLatentNull(agreement, [units("k-means", mean)], 0.5), { share: mean });
  const { share } = hardestLatentNull(agreement, baselines, 0.2);
  t.is(share, agreement.over[0].null.mean);
});
