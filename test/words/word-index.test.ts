import test from "ava";
import { type WordIndex, foldForms, indexWords } from "../../src/words/index.js";

const every = { minDocuments: 1 };

function termsOf(index: WordIndex, document: number): string[] {
  const members = index.members.subarray(index.offsets[document], index.offsets[document + 1]);
  return Array.from(members, (term) => index.terms[term]).sort();
}

test("indexWords keeps words with letters and drops stop words, numbers, markup and links", (t) => {
  const index = indexWords(
    [
      "The H<SUB>2</SUB> lines at 21 cm &amp; 3d models: see https://example.org/a?b, \\alpha-decay of x in 1998",
      "Étoile naïve 水星 self-supervised state’s",
    ],
    every,
  );
  t.deepEqual(termsOf(index, 0), ["cm", "decay", "lines", "models"]);
  t.deepEqual(termsOf(index, 1), ["naïve", "self-supervised", "state", "Étoile", "水星"].sort());
});

test("indexWords counts a term once a document and drops those in too few", (t) => {
  const index = indexWords(["dog dog cat", "Dog, dogs", "bird dog", "bird"]);
  t.deepEqual(index.terms, ["dog"]);
  t.deepEqual(Array.from(index.frequencies), [3]);
  t.deepEqual(Array.from(index.offsets), [0, 1, 2, 3, 3]);
});

test("indexWords finds fixed phrases, long ones before their parts, in their own case", (t) => {
  const fillers = ["red fox", "grey wolf", "old oak", "tall pine", "blue sky", "cold sea"];
  const texts = Array.from({ length: 12 }, (_, i) => [
    `A ${fillers[i % 6]} in the Old World.`,
    `Some large language models ${fillers[(i + 1) % 6].split(" ")[0]}`,
    `old ${fillers[i % 6].split(" ")[1]}`,
  ]).flat();
  const index = indexWords(texts, { minPhraseTie: 0.5 });
  t.true(index.terms.includes("Old World"));
  t.true(index.terms.includes("large language models"));
  t.false(index.terms.includes("large language"), "hardly ever without its third word");
  t.false(index.terms.includes("language models"));
  const phrase = index.terms.indexOf("large language models");
  t.deepEqual(index.parts[phrase], ["large", "language", "models"]);
  t.is(index.frequencies[phrase], 12);
});

test("a phrase ends at punctuation, stop words and blank lines", (t) => {
  const texts = Array.from({ length: 8 }, () => "solar, wind\n\npower of storm; wind\npower");
  const index = indexWords(texts, { minPhraseTie: -1 });
  t.deepEqual(
    index.terms.filter((term) => term.includes(" ")),
    ["wind power"],
  );
});

test("foldForms folds case, plurals with a known singular, and hyphens", (t) => {
  const forms = {
    galaxy: 5,
    Galaxies: 3,
    galaxies: 4,
    physics: 9,
    news: 4,
    new: 4,
    boxes: 2,
    box: 1,
    matrices: 2,
    matrix: 8,
    analyses: 1,
    analysis: 3,
    wolves: 2,
    wolf: 2,
    children: 3,
    child: 1,
    "pre-training": 2,
    pretraining: 1,
    bus: 3,
    bu: 3,
    networks: 30,
    network: 2,
    SAEs: 5,
    SAE: 9,
    GPU: 4,
    gpu: 1,
  };
  const { lemmaOf, names } = foldForms(Object.keys(forms), Object.values(forms));
  const shown = Object.fromEntries(Object.keys(forms).map((form, i) => [form, names[lemmaOf[i]]]));
  t.deepEqual(shown, {
    galaxy: "galaxy",
    Galaxies: "galaxy",
    galaxies: "galaxy",
    physics: "physics",
    news: "news",
    new: "new",
    boxes: "box",
    box: "box",
    matrices: "matrix",
    matrix: "matrix",
    analyses: "analysis",
    analysis: "analysis",
    wolves: "wolf",
    wolf: "wolf",
    children: "child",
    child: "child",
    "pre-training": "pretraining",
    pretraining: "pretraining",
    bus: "bus",
    bu: "bu",
    networks: "networks",
    network: "networks",
    SAEs: "SAE",
    SAE: "SAE",
    GPU: "GPU",
    gpu: "GPU",
  });
});

test("indexWords takes no texts, empty ones, words that are names of object members, and one endless word", (t) => {
  t.is(indexWords([]).terms.length, 0);
  const index = indexWords(
    ["", "   ", "constructor __proto__ toString", "a".repeat(100_000)],
    every,
  );
  t.deepEqual(termsOf(index, 0), []);
  t.true(termsOf(index, 2).includes("constructor"));
});
