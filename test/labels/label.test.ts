import test from "ava";
import { displayLabel, labelScores, mergeLabels } from "../../src/labels/label.js";

test("mergeLabels keeps the strongest source a latent, and any label over none", (t) => {
  const keywords = [
    { latent: 2, label: "dog, hound", source: "keywords" as const },
    { latent: 0, label: "galaxy", source: "keywords" as const },
    { latent: 5, label: "", source: "keywords" as const, reason: "active in no document" },
  ];
  const model = [
    { latent: 2, label: "breeds of dogs", source: "llm" as const },
    { latent: 0, label: "", source: "llm" as const, reason: "failed" },
  ];
  const human = [{ latent: 2, label: "dogs", source: "human" as const }];
  const merged = mergeLabels(human, keywords, model);
  t.deepEqual(
    merged.map(({ latent, label }) => [latent, label]),
    [
      [0, "galaxy"],
      [2, "dogs"],
      [5, ""],
    ],
  );
});

test("displayLabel falls back to the latent's number", (t) => {
  t.is(displayLabel({ latent: 4, label: "dog" }), "dog");
  t.is(displayLabel({ latent: 4, label: "" }), "latent 4");
});

test("labelScores lists the first score before the others", (t) => {
  t.deepEqual(
    labelScores({
      latent: 0,
      label: "dog",
      source: "llm",
      score: 0.5,
      scoreName: "f1",
      n: 6,
      interval: [0.2, 0.8],
      scores: [{ name: "pearson", value: 0.4, n: 6 }],
    }),
    [
      { name: "f1", value: 0.5, n: 6, interval: [0.2, 0.8] },
      { name: "pearson", value: 0.4, n: 6 },
    ],
  );
  t.deepEqual(labelScores({ latent: 0, label: "", source: "keywords" }), []);
});
