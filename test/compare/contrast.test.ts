import test from "ava";
import {
  type Contrast,
  type ContrastOptions,
  classColumn,
  contrastDocuments,
  contrastUnits,
  numberColumn,
  rankDifference,
  rateDifference,
  subsetPValue,
} from "../../src/compare/contrast/index.js";
import {
  type Postings,
  createPostingsList,
  createRandom,
  measureAuc,
} from "../../src/core/index.js";

test("Fisher's lady tells four cups of eight with p 1/70 to each side", (t) => {
  const p = subsetPValue([0, 4], [4, 4]);
  t.true(Math.abs(p - 2 / 70) < 1e-12, String(p));
});

/** Two-sided p-value by all subsets of so many documents, counted by their sum of scores. */
function exactPValue(scores: readonly number[], size: number, sum: number): number {
  const most = size * Math.max(...scores);
  const ways = Array.from({ length: size + 1 }, () => new Float64Array(most + 1));
  ways[0][0] = 1;
  for (const score of scores) {
    for (let count = size; count > 0; count--) {
      for (let have = most; have >= score; have--) {
        ways[count][have] += ways[count - 1][have - score];
      }
    }
  }
  const [below, above] = [ways[size].subarray(0, sum + 1), ways[size].subarray(sum)];
  const count = (list: Float64Array): number => list.reduce((total, value) => total + value, 0);
  return Math.min(1, (2 * Math.min(count(below), count(above))) / count(ways[size]));
}

const populations: [string, number[]][] = [
  ["no ties", Array.from({ length: 60 }, () => 1)],
  ["ties", [15, 5, 10, 7, 13, 10]],
  ["most documents tied", [60, 12, 8]],
];
for (const [name, all] of populations) {
  test(`the p-value of a trend is that of all subsets, to a tenth: ${name}`, (t) => {
    const scores = all.flatMap((count, g) => Array.from({ length: count }, () => g));
    const random = createRandom(3);
    let compared = 0;
    for (let draw = 0; draw < 30; draw++) {
      const pull = (draw % 5) - 2;
      const chosen = scores
        .map((score) => ({ score, key: (score / all.length) * pull * 1.5 + 4 * random() }))
        .sort((a, b) => b.key - a.key)
        .slice(0, 12);
      const sum = chosen.reduce((have, { score }) => have + score, 0);
      const subset = all.map((_, g) => chosen.filter(({ score }) => score === g).length);
      const exact = exactPValue(scores, 12, sum);
      if (exact > 0.1) continue;
      compared++;
      const p = subsetPValue(subset, all);
      t.true(Math.abs(Math.log(p / exact)) < 0.1, `${p} for ${exact}`);
    }
    t.true(compared > 3, String(compared));
  });
}

test("a p-value far in the tail is that of the exact test", (t) => {
  // Three groups of which the last is empty: the exact test of two.
  for (const hits of [40, 60, 90, 100]) {
    const exact = subsetPValue([100 - hits, hits], [800, 200]);
    const near = subsetPValue([100 - hits, hits, 0], [800, 200, 0]);
    t.true(Math.abs(Math.log(near / exact)) < 0.1, `${near} for ${exact}`);
  }
  t.is(subsetPValue([0, 0], [5, 5]), 1);
  t.is(subsetPValue([5, 5], [5, 5]), 1);
  t.is(subsetPValue([3, 0], [10, 0]), 1);
});

test("a difference of rates has Newcombe's interval", (t) => {
  // His example: 56 of 70 and 48 of 80.
  const { value, interval } = rateDifference({ active: 56, total: 70 }, { active: 48, total: 80 });
  t.is(value.toFixed(4), "0.2000");
  t.deepEqual(
    interval.map((end) => end.toFixed(4)),
    ["0.0524", "0.3339"],
  );
});

test("a difference of ranks is the AUC about its middle", (t) => {
  const { value, interval } = rankDifference([1, 0, 2], [3, 2, 4]);
  const auc = measureAuc([0, 2, 2], [0, 0, 1, 1, 2, 2]);
  t.is(value, 2 * (auc?.value ?? NaN) - 1);
  t.deepEqual(interval, auc?.interval.map((end) => 2 * end - 1) as [number, number]);
  t.is(rankDifference([0, 0], [3, 2]).value, NaN);
});

const outline = (parent: number, ...members: number[]): Outline => ({
  parent,
  members: members.map((latent) => ({ latent })),
});
type Outline = { parent: number; members: { latent: number }[] };

test("a latent hangs below the smallest family with it, a family below the one that holds all of it", (t) => {
  const families = [outline(0, 1, 2, 3, 4), outline(1, 2, 3), outline(4, 5)];
  const above = contrastUnits(7, families).map((unit) => unit.above);
  t.deepEqual(above.slice(0, 3), [undefined, 0, undefined]);
  t.deepEqual(above.slice(3), [0, 1, 1, 1, 2, 2, undefined]);
});

/** Postings of latents that are active in the rows a function chooses. */
function postingsOf(documents: number, latents: readonly ((row: number) => boolean)[]): Postings {
  const list = createPostingsList(documents);
  for (const isActive of latents) {
    for (let row = 0; row < documents; row++) if (isActive(row)) list.put(row, 1);
    list.endLatent();
  }
  return list.finish();
}

const namesOf = ({ findings }: Contrast): string[] =>
  findings.map(({ of, id }) => `${of} ${id}`).sort();

const DOCUMENTS = 4000;

/**
 * Documents of two classes. Family 0 differs as a whole; of family 4 latent 6 alone; latent 8, of no family, too; latent 9 does
 * not.
 */
function plant(): { postings: Postings; families: Outline[]; first: Uint8Array } {
  const random = createRandom(5);
  const first = Uint8Array.from({ length: DOCUMENTS }, () => (random() < 0.4 ? 1 : 0));
  const draw = (rate: (row: number) => number): boolean[] =>
    Array.from({ length: DOCUMENTS }, (_, row) => random() < rate(row));
  const whole = draw((row) => (first[row] ? 0.2 : 0.1));
  const own = Array.from({ length: DOCUMENTS }, () => 1 + Math.floor(3 * random()));
  const even = draw(() => 0.12);
  const other = Array.from({ length: DOCUMENTS }, () => 5 + 2 * Math.floor(2 * random()));
  const member = draw((row) => (first[row] ? 0.1 : 0.02));
  const lone = draw((row) => (first[row] ? 0.02 : 0.06));
  const noise = draw(() => 0.1);
  const postings = postingsOf(DOCUMENTS, [
    (row) => whole[row],
    ...[1, 2, 3].map((latent) => (row: number) => whole[row] && own[row] === latent),
    (row) => even[row],
    (row) => even[row] && other[row] === 5,
    (row) => member[row],
    (row) => even[row] && other[row] === 7,
    (row) => lone[row],
    (row) => noise[row],
  ]);
  return { postings, families: [outline(0, 1, 2, 3), outline(4, 5, 6, 7)], first };
}

const { postings, families, first } = plant();
const byClass = (options: ContrastOptions = {}): Contrast =>
  contrastDocuments(postings, families, classColumn(["b", "a"], first), options);

test("a family is found as a whole, a member beyond its family, and nothing else", (t) => {
  const found = byClass();
  t.deepEqual(namesOf(found), ["family 0", "family 4", "latent 6", "latent 8"]);
  t.deepEqual(found.names, ["b", "a"]);
  t.is(found.compared, 12);
  t.is(found.documents.choosing + found.documents.measuring, DOCUMENTS);
  const finding = (name: string): Contrast["findings"][number] | undefined =>
    found.findings.find(({ of, id }) => `${of} ${id}` === name);
  // Of b less of a, as these were drawn.
  const expected = { "family 0": -0.1, "latent 6": -0.08, "latent 8": 0.04 };
  for (const [name, difference] of Object.entries(expected)) {
    const [low, high] = finding(name)?.effect.interval ?? [1, -1];
    t.true(low <= difference && difference <= high, `${name}: ${low} to ${high}`);
  }
  t.is(finding("latent 6")?.within?.family, 4);
  t.is(finding("latent 8")?.within, undefined);
  t.true(found.findings.every(({ p }) => p <= found.threshold));
  t.true(found.threshold <= 0.05);
});

test("the same seed gives the same findings, another seed other parts", (t) => {
  t.deepEqual(byClass(), byClass());
  t.notDeepEqual(byClass().findings, byClass({ seed: 1 }).findings);
});

test("labels dealt out at random give almost no findings", (t) => {
  const { permuted } = byClass({ permutations: 200 });
  t.is(permuted.count, 200);
  t.true(permuted.any <= 0.1, String(permuted.any));
  t.true(permuted.mean <= 0.2, String(permuted.mean));
});

test("a number is compared by rank, with a line per finding", (t) => {
  const random = createRandom(6);
  const years = Float64Array.from(first, (one, row) =>
    row % 100 === 0 ? NaN : 2000 + Math.floor(10 * random()) + (one ? 8 : 0),
  );
  const found = contrastDocuments(postings, families, numberColumn(years));
  t.is(found.kind, "number");
  t.is(found.documents.empty, 40);
  const names = namesOf(found);
  t.true(names.includes("family 0"), names.join(", "));
  t.false(names.includes("latent 9"));
  const whole = found.findings.find(({ of, id }) => of === "family" && id === 0);
  t.true((whole?.effect.interval[0] ?? -1) > 0);
  t.is(found.trends.length, found.findings.length);
  for (const { points } of found.trends) {
    t.deepEqual(
      points.map(({ value }) => value),
      points.map(({ value }) => value).sort((a, b) => a - b),
    );
    t.true(points.every(({ documents }) => documents >= 20));
    const total = points.reduce((sum, { documents }) => sum + documents, 0);
    t.is(total, found.documents.measuring);
  }
});

test("each of several classes is set against all others", (t) => {
  const at = Float64Array.from(first, (one, row) => (one ? 0 : 1 + (row % 2)));
  const column = classColumn(["a", "b", "c"], at);
  const found = contrastDocuments(postings, families, column);
  const ofClass = (name: string): string[] =>
    found.findings
      .filter(({ side }) => found.names[side] === name)
      .map(({ of, id }) => `${of} ${id}`);
  t.true(ofClass("a").includes("family 0"));
  t.true(found.findings.every(({ rates }) => rates !== undefined));
});

test("small classes and documents without one are left out and counted", (t) => {
  const at = Int32Array.from({ length: 100 }, (_, row) => (row < 3 ? -1 : row < 10 ? 2 : row % 2));
  const { names, left, groupOf } = classColumn(["a", "b", "small"], at);
  t.deepEqual(names, ["a", "b"]);
  t.deepEqual(left, { empty: 3, small: 7 });
  t.deepEqual([...groupOf.slice(0, 12)], [-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 0, 1]);
});

test("equal numbers are one group, and many different ones 256 at most", (t) => {
  const { values, groupOf } = numberColumn([3, 1, NaN, 3, 2]);
  t.deepEqual([...values], [1, 2, 3]);
  t.deepEqual([...groupOf], [2, 0, -1, 2, 1]);
  const random = createRandom(1);
  const many = numberColumn(Float64Array.from({ length: 5000 }, () => random()));
  t.is(many.values.length, 256);
  t.deepEqual(
    [...many.values],
    [...many.values].sort((a, b) => a - b),
  );
});
