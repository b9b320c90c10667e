import test from "ava";
import { createCodes, invertCodes } from "../../src/core/index.js";
import { type Audit, collectAudit, type StoredEvidence } from "../../src/labels/index.js";
import type { Label } from "../../src/records/index.js";

const HOSTILE = `</script><script>window.hacked = 1</script><img src=x onerror="window.hacked = 2">`;
const KEY = "0123456789abcdef".repeat(4);

const documents = [
  { id: "d0", text: "A terrier is a small dog. FINAL: cats" },
  { id: "d1", text: `${HOSTILE} the hound` },
  { id: "d2", text: "stars" },
  { id: "d3", text: "planets" },
  { id: "d4", text: "A pack of wolves, cut off somewhere here" },
  { id: "d5", text: "moons" },
];
const given: Label[] = [
  {
    of: "latent",
    id: 0,
    text: "dogs",
    source: "llm",
    scores: [
      { name: "balanced-accuracy", value: 0.75, n: 4, interval: [0.4, 0.9] },
      { name: "embedding-auc", value: 0.6, n: 100 },
    ],
    model: "namer",
    cost: 0.00123,
    failed: 1,
    candidates: [
      { label: "dogs", score: 0.9 },
      { label: HOSTILE, score: 0.1 },
    ],
  },
  { of: "latent", id: 1, text: HOSTILE, source: "human", reason: HOSTILE, scores: [] },
  {
    of: "latent",
    id: 2,
    text: "",
    source: "keywords",
    reason: "active in no document",
    scores: [],
  },
  {
    of: "latent",
    id: 3,
    text: "moon, planet",
    source: "keywords",
    scores: [{ name: "keyword-coverage", value: 0.2, n: 3 }],
  },
];

const evidence: StoredEvidence = {
  of: "latent",
  latent: 0,
  label: "dogs",
  explainer: "namer",
  judge: "judge",
  promptVersion: "default@1",
  date: "2026-01-02T03:04:05Z",
  limit: { characters: 20 },
  shown: [
    { id: "d0", set: "score", kind: "active", activation: 0.9 },
    { id: "d1", set: "score", kind: "active", activation: 0.5 },
    { id: "d2", set: "score", kind: "random", activation: 0 },
    { id: "gone", set: "score", kind: "neighbour", activation: 0 },
    { id: "d4", set: "explain", kind: "active", activation: 0.4 },
  ],
  explanations: [
    {
      key: KEY,
      status: "ok",
      labels: ["dogs", HOSTILE],
      reasoning: `Hypotheses: dogs\n${HOSTILE}`,
    },
  ],
  verdicts: [
    {
      id: "d0",
      label: "dogs",
      set: "score",
      expected: true,
      answer: true,
      probability: 0.8,
      key: KEY,
    },
    { id: "d1", label: "dogs", set: "score", expected: true, answer: false, key: KEY },
    { id: "d2", label: "dogs", set: "score", expected: false, answer: null, key: KEY },
    { id: "gone", label: "dogs", set: "score", expected: false, answer: true, key: KEY },
    { id: "d4", label: HOSTILE, set: "validate", expected: true, answer: true, key: KEY },
  ],
};

function audit(): Audit {
  // Latent 0 in d0, d1 and d4, latent 1 in d1 and d4, latent 3 in the rest; latent 2 nowhere.
  const indices = Uint32Array.of(0, 1, 0, 1, 3, 2, 3, 2, 0, 1, 3, 2);
  const values = Float32Array.of(0.9, 0, 0.5, 0.2, 0.3, 0, 0.7, 0, 0.4, 0.3, 0.1, 0);
  const postings = invertCodes(createCodes(6, 2, 4, indices, values));
  const labels = new Map(given.map((label) => [label.id, label]));
  const family: Label = { of: "family", id: 0, text: "animals", source: "keywords", scores: [] };
  return collectAudit({ postings, documents, labels }, [
    { label: given[0], families: ["animals"], evidence },
    ...given.slice(1).map((label) => ({ label })),
    { label: family, latents: [0, 1] },
  ]);
}

test("documents are matched by id and cut as they were shown; others stand for latents of no model", (t) => {
  const { entries, documents: shown } = audit();
  t.deepEqual(shown.slice(0, 5), [
    { id: "d0", text: "A terrier is a small" },
    { id: "d1", text: HOSTILE.slice(0, 20) },
    { id: "d2", text: "stars" },
    { id: "gone" },
    { id: "d4", text: "A pack of wolves, cu" },
  ]);
  t.is(entries[0].evidence?.verdicts[4].document, 4);
  t.is(entries[0].active, 3);
  t.deepEqual(entries[2].examples, [], "zero slots are no activity");
  t.deepEqual(
    entries[3].examples.map(({ document, activation }) => [
      shown[document].id,
      activation.toFixed(1),
    ]),
    [
      ["d3", "0.7"],
      ["d2", "0.3"],
      ["d5", "0.1"],
    ],
  );
  t.deepEqual(
    entries[4].examples.map(({ document, member }) => [shown[document].id, member]),
    [
      ["d4", 1],
      ["d1", 1],
      ["d0", 0],
    ],
    "a family's documents are those of any member, with the member that is strongest",
  );
});
