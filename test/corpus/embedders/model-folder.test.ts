import test from "ava";
import { cp, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { ArgumentError, FormatError } from "../../../src/core/index.js";
import { openModelFolder } from "../../../src/corpus/index.js";
import { readJson } from "../../../src/files/index.js";
import { inFolder } from "../../support/folder.js";

const MODELS = "test/fixtures/models";

// The rows are those of sentence-transformers, see test/fixtures/make_models.py.
for (const [name, long] of [
  ["wordpiece-mean", 1],
  ["unigram-cls", 4],
] as const) {
  test(`texts get the rows that sentence-transformers gives with ${name}`, async (t) => {
    const folder = path.join(MODELS, name);
    const { texts, rows } = (await readJson(path.join(folder, "expected.json"))) as {
      texts: string[];
      rows: number[][];
    };
    const embedder = await openModelFolder(folder);
    t.regex(embedder.id, new RegExp(`^onnx:${name}@[0-9a-f]{8}$`));
    t.is(embedder.d, 8);
    let cut = 0;
    const { data } = await embedder.embed(texts, { onCut: (count) => (cut += count) });
    t.is(cut, long);
    const differences = rows.flat().map((value, i) => Math.abs(value - data[i]));
    t.is(data.length, rows.flat().length);
    t.true(Math.max(...differences) < 2e-6, String(Math.max(...differences)));
  });
}

test("a model is named by its own file, too, and stays itself wherever it lies", async (t) => {
  const file = path.join(MODELS, "unigram-cls/onnx/model.onnx");
  const [byFile, byFolder] = [
    await openModelFolder(file),
    await openModelFolder(path.join(MODELS, "unigram-cls")),
  ];
  t.is(byFile.id, byFolder.id);
  t.deepEqual(await byFile.embed(["a dog"]), await byFolder.embed(["a dog"]));
  t.is((await byFile.embed([])).rows, 0);
});

test("an abort stops between batches", async (t) => {
  const embedder = await openModelFolder(path.join(MODELS, "wordpiece-mean"));
  const controller = new AbortController();
  const texts = Array.from({ length: 40 }, (_, i) => `text ${i}`);
  const reports: number[] = [];
  const embedding = embedder.embed(texts, {
    signal: controller.signal,
    onProgress: ({ done }) => {
      reports.push(done);
      controller.abort(new Error("enough"));
    },
  });
  await t.throwsAsync(embedding, { message: "enough" });
  t.deepEqual(reports, [16]);
});

test("a folder that cannot be run as its files say is refused, naming the file", async (t) => {
  const broken: [
    change: (folder: string) => Promise<unknown>,
    message: RegExp,
    kind: typeof FormatError | typeof ArgumentError,
  ][] = [
    [(dir) => rm(path.join(dir, "model.onnx")), /expected model.onnx or onnx/, ArgumentError],
    [(dir) => rm(path.join(dir, "tokenizer.json")), /expected tokenizer.json in/, ArgumentError],
    [(dir) => writeFile(path.join(dir, "tokenizer.json"), "{"), /tokenizer.json/, FormatError],
    [
      (dir) => writeFile(path.join(dir, "tokenizer.json"), '{"model":{"type":"Odd"}}'),
      /tokenizer.json: is not a known kind of tokenizer/,
      FormatError,
    ],
    ...[
      { post_processor: { type: "BertProcessing" } },
      { model: { type: "WordPiece", unk_token: "[UNK]", vocab: { "[UNK]": {}, a: 0.5 } } },
      { model: { type: "WordPiece", unk_token: "[UNK]", vocab: { "[UNK]": 1, width: 99_999 } } },
    ].map((change): (typeof broken)[number] => [
      async (dir) => {
        const file = path.join(dir, "tokenizer.json");
        const content = JSON.parse(await readFile(file, "utf8")) as object;
        await writeFile(file, JSON.stringify({ ...content, ...change }));
      },
      /tokenizer.json: (cannot tokenize a text|expected whole numbers as tokens)|model.onnx: ONNX Runtime cannot run it/,
      FormatError,
    ]),
    [
      (dir) => writeFile(path.join(dir, "model.onnx"), "no model"),
      /model.onnx: ONNX Runtime cannot load it/,
      FormatError,
    ],
    [
      (dir) =>
        writeFile(
          path.join(dir, "1_Pooling/config.json"),
          '{"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": true}',
        ),
      /config.json: expected a pooling of mean, cls, max, lasttoken, got cls and mean/,
      FormatError,
    ],
    [
      async (dir) => {
        const file = path.join(dir, "modules.json");
        await writeFile(
          file,
          (await readFile(file, "utf8")).replace("normalize.Normalize", "Dense"),
        );
      },
      /modules.json: expected Transformer, Pooling and Normalize, got Dense/,
      FormatError,
    ],
  ];
  for (const [change, message, kind] of broken) {
    await inFolder(async (folder) => {
      const copy = path.join(folder, "model");
      await cp(path.join(MODELS, "wordpiece-mean"), copy, { recursive: true });
      await change(copy);
      const error = await t.throwsAsync(openModelFolder(copy), { message });
      t.true(error instanceof kind, error?.name);
    });
  }
  await t.throwsAsync(openModelFolder("no/such"), {
    instanceOf: ArgumentError,
    message: "onnx: no such folder: no/such",
  });
});

test("older names of a pooling mean the same", async (t) => {
  const { texts } = (await readJson(path.join(MODELS, "wordpiece-mean/expected.json"))) as {
    texts: string[];
  };
  const rows = async (pooling: object): Promise<Float32Array> =>
    inFolder(async (folder) => {
      const copy = path.join(folder, "model");
      await cp(path.join(MODELS, "wordpiece-mean"), copy, { recursive: true });
      await writeFile(path.join(copy, "1_Pooling/config.json"), JSON.stringify(pooling));
      return (await (await openModelFolder(copy)).embed(texts)).data;
    });
  const older = { pooling_mode_cls_token: false };
  t.deepEqual(
    await rows({ ...older, pooling_mode_mean_tokens: true }),
    await rows({ pooling_mode: "mean" }),
  );
  const max = await rows({ ...older, pooling_mode_max_tokens: true });
  t.deepEqual(max, await rows({ pooling_mode: ["max"] }));
  t.notDeepEqual(max, await rows({ ...older, pooling_mode_lasttoken: true }));
});
