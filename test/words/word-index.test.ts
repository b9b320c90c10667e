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

test("a phrase ends at punctuation and blank lines, and stop words stand only inside it", (t) => {
  const texts = Array.from({ length: 8 }, () => "solar, wind\n\npower of storm; wind\npower");
  const index = indexWords(texts, { minPhraseTie: -1 });
  t.deepEqual(
    index.terms.filter((term) => term.includes(" ")),
    ["wind power", "power of storm"],
  );
});

test("phrases keep stop words inside, names in capitals, numbers and single letters, up to six words", (t) => {
  const subjects = [
    "the Milky Way",
    "an H II region",
    "the 21 cm line",
    "the James Webb Space Telescope",
    "Markov chain Monte Carlo",
    "the state of the art",
    "large-scale structure of the universe",
  ];
  const verbs = ["shine", "vary", "appear on maps", "grow with time", "are known"];
  const texts = Array.from(
    { length: 210 },
    (_, i) => `We say that ${subjects[i % 7]} will ${verbs[i % 5]} in 0.5 of the ${i} cases.`,
  );
  const { terms } = indexWords(texts);
  const bare = subjects.map((subject) => subject.replace(/^(the|an) /, ""));
  t.deepEqual(
    terms
      .filter((term) => bare.some((subject) => subject.includes(term) && term.includes(" ")))
      .sort(),
    bare.sort(),
  );
  for (const word of ["way", "H", "21", "0.5", "the", "universe will"])
    t.false(terms.includes(word));
});

test("a phrase whose last word is nearly always plural is shown so", (t) => {
  const texts = Array.from({ length: 40 }, (_, i) =>
    i % 4 === 0
      ? `one expert said ${i}.`
      : `${["Train", "Use", "Build"][i % 3]}: mixtures of experts, for a spiral galaxy.`,
  );
  const { terms } = indexWords(texts);
  t.true(terms.includes("mixtures of experts"));
  t.true(terms.includes("spiral galaxy"));
});

test("words of writing without spaces are found, with the stop words of their language", (t) => {
  const places = ["北京", "上海", "广州", "东京", "巴黎"];
  const chinese = Array.from(
    { length: 20 },
    (_, i) =>
      `我们在${places[i % 5]}看到了${i % 3 === 0 ? "猫" : "狗"}，他和我都说：是的。它们的恒星形成率很高。`,
  );
  const chineseTerms = indexWords(chinese).terms;
  for (const word of ["北京", "猫", "狗"]) t.true(chineseTerms.includes(word), chineseTerms.join());
  t.true(
    chineseTerms.some((term) => term.includes("恒星形成")),
    chineseTerms.join(),
  );
  t.false(chineseTerms.includes("的") || chineseTerms.includes("了"));
  const japanese = Array.from(
    { length: 20 },
    (_, i) => `この${i % 2 === 0 ? "犬" : "猫"}は${places[i % 5]}の公園で走っています。`,
  );
  const japaneseTerms = indexWords(japanese).terms;
  for (const word of ["犬", "猫"]) t.true(japaneseTerms.includes(word), japaneseTerms.join());
  for (const word of ["この", "走って", "います"]) t.false(japaneseTerms.includes(word), word);
  const types = Array.from(
    { length: 12 },
    (_, i) => `戻り値の型の注釈は${places[i % 5]}にあります。`,
  );
  const typeTerms = indexWords(types).terms;
  t.true(typeTerms.includes("戻り値の型の注釈"), typeTerms.join());
  const thai = Array.from({ length: 12 }, () => "สุนัขวิ่งในสวนสาธารณะ");
  t.true(indexWords(thai).terms.some((term) => term.includes("สุนัข")));
});

test("stop words are those of the texts' language, English ones where the texts hold hardly any", (t) => {
  const german = Array.from(
    { length: 20 },
    (_, i) =>
      `Der Hund ${i} läuft mit der Katze über die Straße und er schläft nicht auf dem Sofa.`,
  );
  const { terms } = indexWords(german, { minPhraseCount: 100 });
  t.true(terms.includes("Hund") && terms.includes("Katze"));
  for (const word of ["der", "und", "nicht", "auf"]) t.false(terms.includes(word), word);
  t.true(indexWords(["dog", "dog", "dog cat"]).terms.includes("dog"));
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
