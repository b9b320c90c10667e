import test from "ava";
import {
  createCodes,
  createMatrix,
  createRandom,
  invertCodes,
  measureAuc,
} from "../../src/core/index.js";
import { scoreByEmbedding } from "../../src/labels/index.js";
import { type Label, withScore } from "../../src/records/index.js";

test("the AUC counts pairs, ties as half, and its interval contains it", (t) => {
  t.is(measureAuc([3, 4], [1, 2])?.value, 1);
  t.is(measureAuc([1, 2], [3, 4])?.value, 0);
  t.is(measureAuc([1, 1], [1, 1])?.value, 0.5);
  t.is(measureAuc([1, 3], [2, 3])?.value, 3 / 8);
  t.is(measureAuc([], [1]), undefined);
  for (const [positives, negatives] of [
    [
      [3, 4, 5],
      [1, 2],
    ],
    [
      [1, 3, 2, 5],
      [2, 3, 0],
    ],
  ]) {
    const { value, interval } = measureAuc(positives, negatives) ?? {
      value: NaN,
      interval: [0, 0],
    };
    t.true(interval[0] <= value && value <= interval[1] && interval[0] >= 0 && interval[1] <= 1);
    t.true(interval[0] < interval[1]);
  }
});

const THEMES = ["birds", "cars", "music", "stars"];
const [N, d] = [400, 16];

/** Documents of four themes, one latent a theme; a label's embedding is its theme's direction, a little off. */
function planted(): {
  source: Parameters<typeof scoreByEmbedding>[0];
  embedder: Parameters<typeof scoreByEmbedding>[2];
} {
  const random = createRandom(3);
  const embeddings = createMatrix(N, d);
  for (let i = 0; i < N; i++) {
    for (let j = 0; j < d; j++) {
      embeddings.data[i * d + j] = (j === i % 4 ? 1 : 0) + 0.4 * (random() - 0.5);
    }
  }
  const codes = createCodes(
    N,
    1,
    5,
    Uint32Array.from({ length: N }, (_, i) => i % 4),
    new Float32Array(N).fill(0.5),
  );
  const documents = Array.from({ length: N }, (_, i) => ({
    id: `d${i}`,
    text: Array.from({ length: 12 }, () => `word${Math.floor(random() * 1e6)}`).join(" "),
  }));
  return {
    source: { postings: invertCodes(codes), documents, embeddings },
    embedder: {
      d,
      embed: (texts) => {
        const out = createMatrix(texts.length, d);
        texts.forEach((text, i) => (out.data[i * d + Math.max(0, THEMES.indexOf(text))] = 1));
        return Promise.resolve(out);
      },
    },
  };
}

const labels: Label[] = [
  ...THEMES.map((text, id): Label => ({ of: "latent", id, text, source: "keywords", scores: [] })),
  {
    of: "latent",
    id: 4,
    text: "",
    source: "keywords",
    reason: "active in no document",
    scores: [],
  },
];

test("true labels score near 1, wrong ones near 0, and a repeated call gives the same", async (t) => {
  const { source, embedder } = planted();
  const scores = await scoreByEmbedding(source, labels, embedder);
  t.deepEqual(
    scores.map(({ latent }) => latent),
    [0, 1, 2, 3, 4],
  );
  for (const { score } of scores.slice(0, 4)) {
    t.true((score?.value ?? 0) > 0.98);
    t.is(score?.n, 100);
  }
  t.is(scores[4].reason, "active in no document");
  const wrong = labels.slice(0, 4).map((label, i) => ({ ...label, text: THEMES[(i + 1) % 4] }));
  for (const { score } of await scoreByEmbedding(source, wrong, embedder)) {
    t.true((score?.value ?? 1) < 0.5);
  }
  t.deepEqual(await scoreByEmbedding(source, labels, embedder), scores);
});

test("documents that the label was made from are excluded", async (t) => {
  const { source, embedder } = planted();
  const shown = source.documents.filter((_, i) => i % 4 === 0).slice(0, 95);
  const examples = { explain: shown.map(({ id }) => id), validate: [], score: [] };
  const [{ score, reason }] = await scoreByEmbedding(
    source,
    [{ ...labels[0], examples }],
    embedder,
  );
  t.true(score === undefined ? reason !== undefined : score.n < 100);
});

test("embeddings are required and must have the embedder's width", async (t) => {
  const { source, embedder } = planted();
  await t.throwsAsync(scoreByEmbedding({ ...source, embeddings: undefined }, labels, embedder), {
    instanceOf: RangeError,
    message: /needs embeddings/,
  });
  await t.throwsAsync(scoreByEmbedding(source, labels, { ...embedder, d: 8 }), {
    message: /16 wide, the embedder's 8/,
  });
});

test("a label keeps one score per name, placed first if it has no other", (t) => {
  const score = {
    name: "embedding-auc",
    value: 0.9,
    n: 100,
    interval: [0.8, 0.95] as [number, number],
  };
  const bare = withScore(labels[0], score);
  t.like(bare.scores[0], { value: 0.9, name: "embedding-auc", n: 100 });
  const other = withScore({ ...labels[0], scores: [{ name: "f1", value: 0.5, n: 9 }] }, score);
  t.like(other.scores[0], { value: 0.5, name: "f1" });
  t.deepEqual(other.scores.slice(1), [score]);
  t.deepEqual(withScore(other, { ...score, value: 0.7 }).scores.slice(1).length, 1);
});
