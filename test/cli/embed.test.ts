import test from "ava";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { readNpyMatrix } from "../../src/files/index.js";
import { runCli } from "../support/cli/run-cli.js";
import { inFolder } from "../support/folder.js";
import {
  type EmbeddingAnswer,
  type EmbeddingRequest,
  startEmbeddingServer,
  vectorOf,
} from "../support/servers/embedding-server.js";

const KEY = "sk-secretSecret123456";

process.env.FEATURE_FAMILIES_EMBEDDER_API_KEY = KEY;

function start(args: string[]): ChildProcess {
  return spawn(process.execPath, ["build/src/cli/main.js", "embed", ...args]);
}

async function run(args: string[]): Promise<{ code: number; text: string }> {
  const { code, stdout, stderr } = await runCli(["embed", ...args]);
  return { code, text: stdout + stderr };
}

async function writeCorpus(file: string, count: number): Promise<string[]> {
  const texts = Array.from({ length: count }, (_, i) => `document ${"x".repeat(i % 50)} ${i}`);
  const rows = texts.map((abstract, i) => JSON.stringify({ id: `d${i}`, title: "", abstract }));
  await writeFile(file, rows.join("\n"));
  return texts;
}

async function withServer(
  answer: (request: EmbeddingRequest, number: number) => EmbeddingAnswer,
  use: (folder: string, args: string[], requests: EmbeddingRequest[]) => Promise<void>,
  options: { serialMs?: number } = {},
): Promise<void> {
  const server = await startEmbeddingServer(answer, options);
  try {
    await inFolder(async (folder) => {
      const args = ["--corpus", path.join(folder, "c.jsonl"), "--out", path.join(folder, "out")];
      const model = ["--embedder", "m", "--embedder-url", server.baseUrl, "--batch", "20"];
      await use(folder, [...args, ...model], server.requests);
    });
  } finally {
    await server.close();
  }
}

test("a killed run goes on and asks for no document twice", async (t) => {
  let child: ChildProcess | undefined;
  await withServer(
    (request, number) => {
      if (number === 6) child?.kill("SIGKILL");
      return { vectors: request.input.map(vectorOf) };
    },
    async (folder, args, requests) => {
      const texts = await writeCorpus(path.join(folder, "c.jsonl"), 400);
      child = start([...args, "--parallel", "1"]);
      await once(child, "close");
      t.false(existsSync(path.join(folder, "out/embeddings.npy")));
      const { code, text } = await run(args);
      t.is(code, 0, text);
      const matrix = await readNpyMatrix(path.join(folder, "out/embeddings.npy"));
      t.deepEqual([...matrix.data], texts.flatMap(vectorOf));
      const asked = requests.flatMap(({ input }) => input).filter((input) => input !== "width");
      // The batch that was under way when the process died may be paid twice, no other.
      t.true(asked.length <= 400 + 20, String(asked.length));
      t.deepEqual(readdirSync(path.join(folder, "out")).sort(), [
        "documents.jsonl",
        "embedder.json",
        "embeddings.npy",
      ]);
      const before = requests.length;
      const again = await run(args);
      t.is(again.code, 0);
      // Opening the embedder asks for its width.
      t.is(requests.length, before + 1);
    },
  );
});

test("a document that fails is listed and left out, never a row of zeros", async (t) => {
  let mended = false;
  await withServer(
    ({ input }) => {
      if (!mended && input.includes("document xxx 3")) return { status: 400, message: "refused" };
      return {
        vectors: input.map((text) => (!mended && text.endsWith(" 7") ? [0, 0, 0] : vectorOf(text))),
      };
    },
    async (folder, args) => {
      await writeCorpus(path.join(folder, "c.jsonl"), 30);
      const first = await run(args);
      t.is(first.code, 1, first.text);
      t.regex(first.text, /embedded 28 documents/);
      t.regex(first.text, /2 failed and were left out/);
      const ids = (name: string): string[] =>
        readFileSync(path.join(folder, "out", name), "utf8")
          .trim()
          .split("\n")
          .map((line) => (JSON.parse(line) as { id: string }).id);
      t.deepEqual(ids("embed-failed.jsonl"), ["d3", "d7"]);
      t.is(ids("documents.jsonl").length, 28);
      t.is((await readNpyMatrix(path.join(folder, "out/embeddings.npy"))).rows, 28);
      for (const name of readdirSync(path.join(folder, "out"))) {
        t.false(readFileSync(path.join(folder, "out", name)).includes(KEY), name);
      }
      mended = true;
      const second = await run(args);
      t.is(second.code, 0, second.text);
      t.regex(second.text, /embedded 30 documents/);
      t.false(existsSync(path.join(folder, "out/embed-failed.jsonl")));
    },
  );
});

test("another model does not go on with what the first began", async (t) => {
  await withServer(
    ({ input, model }) => ({
      vectors: input.map((text) =>
        model === "m" && text.endsWith(" 7") ? [0, 0, 0] : vectorOf(text),
      ),
    }),
    async (folder, args) => {
      await writeCorpus(path.join(folder, "c.jsonl"), 10);
      t.is((await run(args)).code, 1);
      const other = await run(args.map((word) => (word === "m" ? "other" : word)));
      t.is(other.code, 1);
      t.regex(other.text, /was started with another embedder/);
    },
  );
});

test("the offline model embeds the columns that it is told, in the authors' form", async (t) => {
  await inFolder(async (folder) => {
    const file = path.join(folder, "c.csv");
    await writeFile(
      file,
      "bibcode,heading,body,tags\n1,A dog,It barks.,cs.LG\n2,A cat,It purrs.,math\n",
    );
    const args = ["--corpus", file, "--out", path.join(folder, "out"), "--compat"];
    const columns = ["--columns", "id=bibcode,title=heading,text=body,classes=tags"];
    const { code, text } = await run([...args, ...columns, "--class", "cs.LG"]);
    t.is(code, 0, text);
    const matrix = await readNpyMatrix(path.join(folder, "out/embeddings.npy"));
    t.deepEqual([matrix.rows, matrix.cols], [1, 512]);
    t.is((await run([...args, "--columns", "id"])).code, 2);
    t.is((await run([...args, ...columns, "--class", "none"])).code, 2);
  });
});

test("a model folder embeds a corpus and the queries of its atlas", async (t) => {
  await inFolder(async (folder) => {
    const texts = await writeCorpus(path.join(folder, "c.jsonl"), 60);
    const out = path.join(folder, "out");
    const model = ["--embedder", "onnx:test/fixtures/models/wordpiece-mean"];
    const corpus = path.join(out, "documents.jsonl");
    for (const args of [
      ["embed", "--corpus", path.join(folder, "c.jsonl"), "--out", out, ...model],
      [
        ...["build", "--corpus", corpus, "--embeddings", path.join(out, "embeddings.npy")],
        ...["--k", "4", "--n", "8", "--epochs", "40", "--batch", "16", "--no-figures"],
        ...["--engine", "cpu"],
        ...["--out", path.join(folder, "atlas")],
      ],
    ]) {
      const { code, stderr } = await runCli(args);
      t.is(code, 0, stderr);
    }
    const search = ["search", texts[3], "--atlas", path.join(folder, "atlas"), "--json"];
    const { stdout, stderr } = await runCli([...search, ...model]);
    t.is(stderr, "");
    const { results } = JSON.parse(stdout) as { results: { id: string; score: number }[] };
    t.is(results[0].id, "d3");
    t.true(results[0].score > 0.99999);
    const other = await runCli(search);
    t.is(other.code, 2);
    t.regex(other.stderr, /the corpus was embedded by onnx:wordpiece-mean@[0-9a-f]{8}, not by /);
    // By another name the same model is known by what it gives.
    const named = "onnx:test/fixtures/models/wordpiece-mean/model.onnx";
    const record = path.join(out, "embedder.json");
    await writeFile(record, '{"embedder":"local/wordpiece","d":8,"compat":false}');
    const again = await runCli([...search, "--embedder", named]);
    t.is(again.code, 0, again.stderr);
  });
});

test("a server that queues what it cannot do at once is asked for each document once", async (t) => {
  let child: ChildProcess | undefined;
  await withServer(
    (request, number) => {
      if (number === 20) child?.kill("SIGKILL");
      return { vectors: request.input.map(vectorOf) };
    },
    async (folder, args, requests) => {
      const texts = await writeCorpus(path.join(folder, "c.jsonl"), 1200);
      child = start(args);
      await once(child, "close");
      const killed = requests.length;
      const { code, text } = await run(args);
      t.is(code, 0, text);
      const asked = requests.flatMap(({ input }) => input).filter((input) => input !== "width");
      // What was under way when the process died is paid twice, nothing else.
      t.true(asked.length <= 1200 + 64 * 20, String(asked.length));
      const later = requests.slice(killed).flatMap(({ input }) => input);
      t.is(new Set(later).size, later.length);
      const matrix = await readNpyMatrix(path.join(folder, "out/embeddings.npy"));
      t.deepEqual([...matrix.data], texts.flatMap(vectorOf));
    },
    { serialMs: 20 },
  );
});
