import test from "ava";
import {
  type Postings,
  createCodes,
  createMatrix,
  createRandom,
  invertCodes,
} from "../../../src/core/index.js";
import { truncateText } from "../../../src/words/index.js";
import {
  COMPAT_EXAMPLES,
  drawExamples,
  type ExampleOptions,
  type ExampleSets,
  type ExampleSource,
} from "../../../src/labels/index.js";
import { createDuplicateFilter } from "../../../src/labels/examples/index.js";

const LETTERS = "abcdefghijklmnopqrstuvwxyz";

/** A text of random words: no two are alike. */
function uniqueText(seed: number): string {
  const random = createRandom(seed);
  const word = (): string =>
    Array.from({ length: 6 }, () => LETTERS[Math.floor(random() * 26)]).join("");
  return Array.from({ length: 20 }, word).join(" ");
}

/** Latent f is active in documents with i % (f + 2) = 0, with activation i + 1. */
function source(documents: number, n = 3): ExampleSource {
  const indices: number[] = [];
  const values: number[] = [];
  for (let i = 0; i < documents; i++) {
    for (let f = 0; f < n; f++) {
      indices.push(f);
      values.push(i % (f + 2) === 0 ? i + 1 : 0);
    }
  }
  const codes = createCodes(documents, n, n, Uint32Array.from(indices), Float32Array.from(values));
  return {
    postings: invertCodes(codes),
    documents: Array.from({ length: documents }, (_, i) => ({ id: `d${i}`, text: uniqueText(i) })),
  };
}

function draw(from: ExampleSource, latent: number, options?: ExampleOptions): ExampleSets {
  const drawn = drawExamples(from, latent, options);
  if ("reason" in drawn) throw new Error(drawn.reason);
  return drawn;
}

const all = ({ explain, validate, score }: ExampleSets) => [...explain, ...validate, ...score];

test("no document is both explained and scored, at any number of active documents (delphi: the same quantile lists and seed for train and test)", (t) => {
  for (const documents of [60, 200, 1000]) {
    for (const active of ["deciles", "top", "ranked"] as const) {
      const sets = draw(source(documents), 0, { active, seed: 3 });
      const rows = all(sets).map(({ row }) => row);
      t.is(new Set(rows).size, rows.length);
    }
  }
});

test("the negatives are a seeded draw, not the first documents of the corpus (saerch: shuffles a copy)", (t) => {
  const from = source(2000);
  const negatives = (seed: number): number[] =>
    all(draw(from, 0, { ...COMPAT_EXAMPLES, seed }))
      .filter(({ kind }) => kind !== "active")
      .map(({ row }) => row);
  t.true(Math.max(...negatives(1)) > 500);
  t.notDeepEqual(negatives(1), negatives(2));
  t.deepEqual(negatives(1), negatives(1));
});

test("slots of value 0 are never active, and may be inactive (saerch: counted as co-occurring)", (t) => {
  for (const example of all(draw(source(300), 1))) {
    t.is(example.kind === "active", example.row % 3 === 0);
    t.is(example.activation, example.row % 3 === 0 ? example.row + 1 : 0);
  }
});

test("the strongest document is in the top decile (np.digitize puts the maximum in a bin of its own)", (t) => {
  // 40 active documents of which 40 are asked: every decile gives 4, the strongest among them.
  const sets = draw(source(80), 0, {
    explain: { active: 40, inactive: 10 },
    validate: { active: 0, inactive: 0 },
    score: { active: 0, inactive: 0 },
  });
  const rows = sets.explain.filter(({ kind }) => kind === "active").map(({ row }) => row);
  t.true(rows.includes(78));
  t.is(rows.length, 40);
});

test("deciles give one document each in every ten, equal activations or not", (t) => {
  const from = source(2000);
  const sets = draw(from, 0, {
    explain: { active: 10, inactive: 10 },
    validate: { active: 0, inactive: 0 },
    score: { active: 0, inactive: 0 },
  });
  const deciles = sets.explain
    .filter(({ kind }) => kind === "active")
    .map(({ row }) => Math.floor(row / 200));
  t.deepEqual(
    deciles.sort((a, b) => a - b),
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
  );
  from.postings.values.forEach((value, at, values) => (values[at] = Math.min(value, 1)));
  t.is(all(draw(from, 0)).length, 70);
});

test("a latent's draw depends on no other latent, and a duplicate filter never spans two latents (Neuronpedia batch: starves later ones)", (t) => {
  const from = source(400);
  const alone = draw(from, 2);
  draw(from, 0);
  draw(from, 1);
  t.deepEqual(draw(from, 2), alone);
  const shared = all(draw(from, 0)).map(({ row }) => row);
  t.true(all(alone).some(({ row }) => shared.includes(row)));
});

test("near-duplicate texts are shown once, also across active and inactive", (t) => {
  const from = source(400);
  const documents = from.documents.map(({ id }, i) => ({
    id,
    text: `${uniqueText(i >> 1)}${i % 2 === 0 ? "!" : " ADDED"}`,
  }));
  const texts = all(draw({ ...from, documents }, 1)).map(({ row }) => row >> 1);
  t.is(new Set(texts).size, texts.length);
});

test("a latent with too few distinct documents is skipped with the numbers", (t) => {
  t.deepEqual(drawExamples(source(20), 0), {
    latent: 0,
    reason: "active in 10 documents, needs 14",
  });
  const from = source(80);
  const documents = from.documents.map(({ id }) => ({ id, text: "the same text in all of them" }));
  t.deepEqual(drawExamples({ ...from, documents }, 0), {
    latent: 0,
    reason: "active in 40 documents, of which 1 are distinct, needs 14",
  });
  const dead: Postings = { ...from.postings, values: from.postings.values.map(() => 0) };
  t.deepEqual(drawExamples({ ...from, postings: dead }, 0), {
    latent: 0,
    reason: "active in no document",
  });
  const everywhere: Postings = {
    n: 1,
    documents: 80,
    offsets: Uint32Array.of(0, 80),
    rows: Uint32Array.from({ length: 80 }, (_, i) => i),
    values: new Float32Array(80).fill(1),
  };
  t.deepEqual(drawExamples({ ...from, postings: everywhere }, 0), {
    latent: 0,
    reason: "inactive in 0 distinct documents, needs 35",
  });
});

test("with few documents all sets shrink in proportion and positives never fall back to shown ones (prismadb)", (t) => {
  const sets = draw(source(40), 0);
  const active = (set: ExampleSets["score"]): number =>
    set.filter(({ kind }) => kind === "active").length;
  t.deepEqual([active(sets.explain), active(sets.validate), active(sets.score)], [5, 2, 11]);
  t.is(sets.score.length, 22);
});

test("compat takes the strongest to explain, the next to predict, never fewer than 3 (saerch: 6 or 7 documents give fewer)", (t) => {
  const sets = draw(source(400), 0, COMPAT_EXAMPLES);
  const rows = (set: ExampleSets["score"]): number[] =>
    set
      .filter(({ kind }) => kind === "active")
      .map(({ row }) => row)
      .sort((a, b) => b - a);
  t.deepEqual(rows(sets.explain), [398, 396, 394, 392, 390]);
  t.deepEqual(rows(sets.score), [388, 386, 384]);
  t.is(sets.score.length, 6);
  t.like(drawExamples(source(14), 0, COMPAT_EXAMPLES), {
    reason: "active in 7 documents, needs 8",
  });
});

test("the order of a set does not reveal what is active", (t) => {
  const sets = draw(source(400), 0);
  const flags = sets.score.map(({ kind }) => (kind === "active" ? "1" : "0")).join("");
  t.true(/0.*1.*0.*1/.test(flags) && /1.*0.*1.*0/.test(flags), flags);
});

test("near takes the inactive documents nearest to the mean of the active ones", (t) => {
  const from = source(300);
  // Active documents (even) point along x; of the inactive ones those with i % 10 = 1 do nearly.
  const data = new Float32Array(600);
  for (let i = 0; i < 300; i++) data.set(i % 2 === 0 || i % 10 === 1 ? [1, 0.1] : [0.1, 1], 2 * i);
  const embeddings = createMatrix(300, 2, data);
  const sets = draw({ ...from, embeddings }, 0, {
    inactive: ["near"],
    explain: { active: 5, inactive: 5 },
    validate: { active: 2, inactive: 2 },
    score: { active: 8, inactive: 8 },
  });
  const negatives = all(sets).filter(({ kind }) => kind !== "active");
  t.is(negatives.length, 15);
  t.true(negatives.every(({ kind, row }) => kind === "near" && row % 10 === 1));
  t.throws(() => drawExamples(from, 0, { inactive: ["near"] }), { message: /need embeddings/ });
});

test("neighbour takes documents of the neighbours in which the latent itself is not active, then random ones", (t) => {
  const from = source(120);
  const { postings } = from;
  const sets = draw({ ...from, neighbours: { postings, of: () => [1] } }, 0, {
    inactive: ["neighbour", "random"],
  });
  const negatives = all(sets).filter(({ kind }) => kind !== "active");
  t.true(negatives.every(({ row }) => row % 2 === 1));
  const near = negatives.filter(({ kind }) => kind === "neighbour");
  t.true(near.length >= 15 && near.every(({ row }) => row % 3 === 0));
  const score = sets.score.filter(({ kind }) => kind === "neighbour").length;
  t.true(score > 3 && score < 20, "both kinds are scored");
});

test("all texts are truncated alike, by characters or tokens, and never inside a character", (t) => {
  for (const { text } of all(draw(source(200), 0, { limit: { characters: 50 } }))) {
    t.is(text.length, 50);
  }
  t.is(truncateText("ab😀cd", { characters: 3 }), "ab");
  const tokenizer = {
    encode: (text: string) => Array.from(new TextEncoder().encode(text)),
    decode: (tokens: number[]) => new TextDecoder().decode(Uint8Array.from(tokens)),
  };
  t.is(truncateText("naïve", { tokens: 3, tokenizer }), "na");
  t.is(truncateText("naïve", { tokens: 9, tokenizer }), "naïve");
  t.throws(() => drawExamples(source(80), 0, { limit: { characters: 0 } }), {
    instanceOf: RangeError,
  });
});

test("the filter ignores case, spacing and punctuation, and rejects texts from the given overlap", (t) => {
  const filter = createDuplicateFilter();
  t.true(filter.add("A small dog, barking at the moon in the night"));
  t.false(filter.add("a small DOG barking at the moon, in the night."));
  t.false(filter.add("A small dog barking at the moon in the dark night"));
  t.true(filter.add("A large cat sleeping under a warm blanket at home"));
  t.true(filter.add("dog"));
  t.false(filter.add("Dog!"));
  t.true(filter.add("cat"));
  t.throws(() => createDuplicateFilter({ maxOverlap: 0 }), { instanceOf: RangeError });
});

test("invalid options and mismatched sources are rejected", (t) => {
  const from = source(80);
  t.throws(() => drawExamples(from, 3), { message: /latent must be from 0 to 2, got 3/ });
  t.throws(() => drawExamples({ ...from, documents: [] }, 0), { message: /expected 80 documents/ });
  t.throws(() => drawExamples(from, 0, { score: { active: 1.5, inactive: 1 } }), {
    message: /score must be whole numbers/,
  });
  t.throws(() => drawExamples(from, 0, { inactive: [] }), { instanceOf: RangeError });
  t.throws(() => drawExamples(from, 0, { inactive: ["neighbour"] }), { message: /neighbours/ });
});
