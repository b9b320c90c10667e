import test from "ava";
import { existsSync } from "node:fs";
import { readFile, readdir, stat } from "node:fs/promises";
import path from "node:path";
import { ApiError, createMatrix } from "../../src/core/index.js";
import { type Document, type Embedder, embedCorpus } from "../../src/corpus/index.js";
import { readNpyMatrix } from "../../src/files/index.js";
import { createEmbeddingModel } from "../../src/llm/index.js";
import { inFolder } from "../support/folder.js";
import {
  type EmbeddingAnswer,
  type EmbeddingRequest,
  startEmbeddingServer,
  vectorOf,
} from "../support/servers/embedding-server.js";

const well = ({ input }: EmbeddingRequest): EmbeddingAnswer => ({ vectors: input.map(vectorOf) });

function makeDocuments(count: number): Document[] {
  return Array.from({ length: count }, (_, i) => ({
    id: `d${i}`,
    title: "",
    text: `text ${"x".repeat(i % 7)} ${i}`,
    classes: [],
  }));
}

/** Runs `use` with an empty folder, a model of a server that answers so, and the texts of each of its requests. */
async function withModel(
  answer: (request: EmbeddingRequest, number: number) => EmbeddingAnswer,
  use: (folder: string, model: Embedder, inputs: () => string[][]) => Promise<void>,
): Promise<void> {
  const server = await startEmbeddingServer(answer);
  try {
    const options = { baseUrl: server.baseUrl, env: {}, waitMs: 1, attempts: 2 };
    const model = await createEmbeddingModel({ model: "m", ...options });
    // Without the request for the width.
    const inputs = (): string[][] => server.requests.slice(1).map(({ input }) => input);
    await inFolder((folder) => use(folder, model, inputs));
  } finally {
    await server.close();
  }
}

async function vectorsOf(folder: string): Promise<number[]> {
  return [...(await readNpyMatrix(path.join(folder, "embeddings.npy"))).data];
}

test("a batch that fails every time is tried in halves, each half only twice", async (t) => {
  const documents = makeDocuments(4);
  const server = await startEmbeddingServer((request) =>
    request.input.includes(documents[1].text) ? { status: 500 } : well(request),
  );
  try {
    const options = { baseUrl: server.baseUrl, env: {}, waitMs: 1, attempts: 5 };
    const model = await createEmbeddingModel({ model: "m", ...options });
    await inFolder(async (folder) => {
      const { failed } = await embedCorpus(documents, model, folder, { parallel: 1 });
      t.deepEqual(
        failed.map(({ id }) => id),
        ["d1"],
      );
      const sizes = server.requests.slice(1).map(({ input }) => input.length);
      t.deepEqual(sizes, [4, 4, 4, 4, 4, 2, 2, 1, 1, 1, 2]);
    });
  } finally {
    await server.close();
  }
});

test("a document that fails alone in its batch ends nothing: the others are written", async (t) => {
  let isMended = false;
  const documents = makeDocuments(7);
  await withModel(
    (request) =>
      !isMended && request.input.includes(documents[6].text)
        ? { status: 400, message: "too long" }
        : well(request),
    async (folder, model, inputs) => {
      const first = await embedCorpus(documents, model, folder, { batch: 3, parallel: 1 });
      t.is(first.rows, 6);
      t.is(first.stopped, undefined);
      t.deepEqual(
        first.failed.map(({ id }) => id),
        ["d6"],
      );
      t.regex(first.failed[0].reason, /too long/);
      t.deepEqual(
        await vectorsOf(folder),
        documents.slice(0, 6).flatMap(({ text }) => vectorOf(text)),
      );
      const before = inputs().length;
      isMended = true;
      const second = await embedCorpus(documents, model, folder, { batch: 3, parallel: 1 });
      t.deepEqual(second.failed, []);
      t.deepEqual(inputs().slice(before), [[documents[6].text]]);
      t.is(second.rows, 7);
    },
  );
});

test("a server that takes 32 texts at a time gets halves, and then no more than it takes", async (t) => {
  const documents = makeDocuments(400);
  await withModel(
    (request) =>
      request.input.length > 32 ? { status: 422, message: "at most 32 inputs" } : well(request),
    async (folder, model, inputs) => {
      const { rows, failed } = await embedCorpus(documents, model, folder, { parallel: 1 });
      t.deepEqual([rows, failed], [400, []]);
      const sizes = inputs().map(({ length }) => length);
      t.deepEqual(sizes, [100, 50, 25, 25, 50, 25, 25, ...Array<number>(12).fill(25)]);
      t.deepEqual(
        await vectorsOf(folder),
        documents.flatMap(({ text }) => vectorOf(text)),
      );
    },
  );
});

test("where the server fails for good, what has come is written and the rest is listed", async (t) => {
  const documents = makeDocuments(50);
  let isPaid = true;
  await withModel(
    (request, number) =>
      isPaid || number < 3 ? well(request) : { status: 401, message: "no credit" },
    async (folder, model, inputs) => {
      isPaid = false;
      const first = await embedCorpus(documents, model, folder, { batch: 10, parallel: 1 });
      t.is(first.rows, 20);
      t.regex(first.stopped ?? "", /HTTP 401.* no credit/);
      t.is(first.failed.length, 30);
      t.true(first.failed.every(({ reason }) => reason === first.stopped));
      t.is(inputs().length, 3);
      const lines = (await readFile(path.join(folder, "embed-failed.jsonl"), "utf8")).trim();
      t.is(lines.split("\n").length, 30);
      isPaid = true;
      const second = await embedCorpus(documents, model, folder, { batch: 10, parallel: 1 });
      t.deepEqual([second.rows, second.stopped, second.failed], [50, undefined, []]);
      // Refused ones aside, each text was asked for once.
      const asked = [...inputs().slice(0, 2), ...inputs().slice(3)].flat();
      t.deepEqual(asked.sort(), documents.map(({ text }) => text).sort());
    },
  );
});

test("where nothing can be embedded it ends soon, with the embedder's error and without files", async (t) => {
  await withModel(
    (request, number) => (number === 0 ? well(request) : { status: 400, message: "no such model" }),
    async (folder, model, inputs) => {
      const embedding = embedCorpus(makeDocuments(400), model, folder, { parallel: 1 });
      await t.throwsAsync(embedding, { instanceOf: ApiError, message: /no such model/ });
      t.true(inputs().length < 40, String(inputs().length));
      t.false(existsSync(path.join(folder, "embeddings.npy")));
    },
  );
});

test("a corpus that grew is asked for its new texts alone, one that did not for nothing", async (t) => {
  const documents = makeDocuments(30);
  await withModel(well, async (folder, model, inputs) => {
    await embedCorpus(documents.slice(0, 20), model, folder);
    const { mtimeMs } = await stat(path.join(folder, "embeddings.npy"));
    t.is((await embedCorpus(documents.slice(0, 20), model, folder)).rows, 20);
    t.is((await stat(path.join(folder, "embeddings.npy"))).mtimeMs, mtimeMs);
    t.is(inputs().length, 1);
    const { rows } = await embedCorpus([...documents].reverse(), model, folder);
    t.is(rows, 30);
    t.deepEqual(
      await vectorsOf(folder),
      [...documents].reverse().flatMap(({ text }) => vectorOf(text)),
    );
    const grown = documents.slice(20).map(({ text }) => text);
    t.deepEqual(inputs().slice(1), [grown.reverse()]);
    t.deepEqual((await readdir(folder)).sort(), [
      "documents.jsonl",
      "embedder.json",
      "embeddings.npy",
    ]);
  });
});

test("a text that several documents have is asked for once", async (t) => {
  const documents = [...makeDocuments(5), ...makeDocuments(6)];
  await withModel(
    (request) =>
      request.input.includes(documents[2].text) ? { status: 400, message: "no" } : well(request),
    async (folder, model, inputs) => {
      const { rows, failed } = await embedCorpus(documents, model, folder, { batch: 1 });
      t.is(rows, 9);
      t.deepEqual(
        failed.map(({ id, reason }) => [id, reason.endsWith("no")]),
        [
          ["d2", true],
          ["d2", true],
        ],
      );
      t.is(inputs().length, 6);
    },
  );
});

test("many calls that wait for their turn set off no warning", async (t) => {
  const warnings: Error[] = [];
  const note = (warning: Error): void => void warnings.push(warning);
  process.on("warning", note);
  await withModel(well, async (folder, model) => {
    const { signal } = new AbortController();
    const { rows } = await embedCorpus(makeDocuments(40), model, folder, { batch: 1, signal });
    t.is(rows, 40);
  });
  process.off("warning", note);
  t.deepEqual(
    warnings.filter(({ name }) => name === "MaxListenersExceededWarning"),
    [],
  );
});

test("another embedder takes nothing from what the first finished", async (t) => {
  const embedder = (id: string, value: number): Embedder => ({
    id,
    d: 2,
    embed: (texts) =>
      Promise.resolve(
        createMatrix(texts.length, 2, new Float32Array(2 * texts.length).fill(value)),
      ),
  });
  await inFolder(async (folder) => {
    const documents = makeDocuments(3);
    await embedCorpus(documents, embedder("one", 1), folder);
    await embedCorpus(documents, embedder("two", 2), folder);
    t.deepEqual(await vectorsOf(folder), Array<number>(6).fill(2));
    const record = await readFile(path.join(folder, "embedder.json"), "utf8");
    t.deepEqual(JSON.parse(record), { embedder: "two", d: 2, compat: false });
  });
});
