import test from "ava";
import {
  type Label,
  type LabelSource,
  displayLabel,
  mergeLabels,
  parseLabel,
  toLine,
} from "../../src/records/index.js";

const label = (id: number, text: string, source: LabelSource, reason?: string): Label => ({
  of: "latent",
  id,
  text,
  source,
  ...(reason !== undefined && { reason }),
  scores: [],
});

test("mergeLabels keeps the strongest source a latent, and any label over none", (t) => {
  const keywords = [
    label(2, "dog, hound", "keywords"),
    label(0, "galaxy", "keywords"),
    label(5, "", "keywords", "active in no document"),
  ];
  const model = [label(2, "breeds of dogs", "llm"), label(0, "", "llm", "failed")];
  const human = [label(2, "dogs", "human")];
  const merged = mergeLabels(human, keywords, model);
  t.deepEqual(
    merged.map(({ id, text }) => [id, text]),
    [
      [0, "galaxy"],
      [2, "dogs"],
      [5, ""],
    ],
  );
});

test("a model's label at chance, or without a score, does not replace keywords that are better", (t) => {
  const score = (name: string, value: number, interval: [number, number]): Label["scores"] => [
    { name, value, n: 40, interval },
  ];
  const good = {
    ...label(0, "dog", "keywords"),
    scores: score("keyword-coverage", 0.6, [0.4, 0.8]),
  };
  const poor = { ...good, scores: score("keyword-coverage", 0.1, [-0.1, 0.3]) };
  const byModel = (scores: Label["scores"]): Label => ({ ...label(0, "breeds", "llm"), scores });
  const chance = score("balanced-accuracy", 0.55, [0.41, 0.68]);
  const better = score("auc", 0.8, [0.6, 0.9]);
  for (const [keywords, scores, kept] of [
    [good, [], "dog"],
    [good, chance, "dog"],
    [good, [...chance, ...better], "breeds"],
    [good, score("pearson", 0.2, [-0.1, 0.5]), "dog"],
    [good, score("embedding-auc", 0.9, [0.8, 1]), "breeds"],
    // What F1 a worthless label has is not known.
    [good, score("f1", 0.6, [0.3, 0.8]), "breeds"],
    [poor, chance, "breeds"],
    [poor, [], "breeds"],
  ] as const) {
    const model = byModel([...scores]);
    for (const lists of [
      [[keywords], [model]],
      [[model], [keywords]],
    ]) {
      t.is(mergeLabels(...lists)[0].text, kept);
    }
    t.is(mergeLabels([keywords], [model], [label(0, "hounds", "import")])[0].text, "hounds");
  }
});

test("displayLabel falls back to the latent's number", (t) => {
  t.is(displayLabel({ id: 4, text: "dog" }), "dog");
  t.is(displayLabel({ id: 4, text: "" }), "latent 4");
});

test("a line's first score comes before the others, and a label makes the same line again", (t) => {
  const line = {
    latent: 0,
    label: "dog",
    source: "llm",
    score: 0.5,
    scoreName: "f1",
    n: 6,
    interval: [0.2, 0.8],
    scores: [{ name: "pearson", value: 0.4, n: 6 }],
  };
  const label = parseLabel(line, "labels.jsonl");
  t.deepEqual(label.scores, [
    { name: "f1", value: 0.5, n: 6, interval: [0.2, 0.8] },
    { name: "pearson", value: 0.4, n: 6 },
  ]);
  t.is(JSON.stringify(toLine(label)), JSON.stringify(line));
  t.deepEqual(parseLabel({ latent: 0, label: "", source: "keywords" }, "labels.jsonl").scores, []);
});
