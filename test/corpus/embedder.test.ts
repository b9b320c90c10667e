import test from "ava";
import { dot, matrixRow, rowNorms } from "../../src/core/index.js";
import { createOfflineEmbedder, readCorpus } from "../../src/corpus/index.js";
import { readNpyMatrix } from "../../src/files/index.js";

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
