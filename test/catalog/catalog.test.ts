import test from "ava";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parquetMetadata, parquetReadObjects } from "hyparquet";
import { FormatError, createCodes, createMatrix, invertCodes } from "../../src/core/index.js";
import { computeCoactivation } from "../../src/families/index.js";
import { parseCsv } from "../../src/files/index.js";
import { NO_NEIGHBOUR } from "../../src/projection/index.js";
import {
  type CatalogInputs,
  type CatalogRow,
  buildCatalog,
  CATALOG_COLUMNS,
  catalogToCsv,
  catalogToJsonl,
  catalogToParquet,
  writeCatalog,
  readCatalog,
} from "../../src/catalog/index.js";
import { inFolder } from "../support/folder.js";

/** 4 documents, 5 latents, k 2; latent 3 only fills a slot with 0, latent 4 is dead. */
function sampleInputs(): CatalogInputs {
  const codes = createCodes(
    4,
    2,
    5,
    Uint32Array.of(0, 1, 0, 1, 0, 2, 2, 3),
    Float32Array.of(0.5, 0.25, 0.75, 0.5, 0.125, 0.1, 1, 0),
  );
  return {
    postings: invertCodes(codes),
    documents: [
      { id: "0004001", title: '=cmd|"x"!A1, "quoted"' },
      { id: "b", title: "line\nbreak; <b>ü</b> 水" },
      { id: "c", title: "", text: `${"long text ".repeat(20)}` },
      { id: "d", title: "last" },
    ],
    labels: [
      {
        of: "latent",
        id: 0,
        text: "dog, hound",
        source: "keywords",
        scores: [{ name: "keyword-coverage", value: 0.123456789, n: 4, interval: [-0.1, 0.5] }],
        keywords: ["dog", "hound", "breed"],
      },
      {
        of: "latent",
        id: 1,
        text: "canines",
        source: "llm",
        model: "some-model",
        promptVersion: "2",
        date: "2025-01-01T00:00:00Z",
        scores: [
          { name: "pearson", value: NaN, n: 6 },
          { name: "f1", value: 0.8, n: 6, interval: [0.4, 0.95] },
        ],
      },
      {
        of: "latent",
        id: 4,
        text: "",
        source: "keywords",
        reason: "active in no document",
        scores: [],
      },
    ],
    families: [{ parent: 0, members: [{ latent: 1 }, { latent: 2 }] }],
    places: createMatrix(5, 2, Float32Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8, NaN)),
    neighbours: {
      rows: 5,
      count: 2,
      indices: Uint32Array.of(1, 2, 0, 2, 0, 1, 0, NO_NEIGHBOUR, NO_NEIGHBOUR, NO_NEIGHBOUR),
      scores: Float32Array.of(0.9, 0.1, 0.9, 0.2, 0.1, 0.2, 0.3, 0, 0, 0),
    },
    coactivation: computeCoactivation(codes),
    matches: [
      {
        latent: 0,
        active: 3,
        classIndex: 0,
        classId: "n1",
        classSize: 3,
        hits: 2,
        precision: 2 / 3,
        recall: 2 / 3,
        f1: 2 / 3,
        interval: [0.3, 0.9],
        threshold: 0.1,
      },
    ],
    classNames: new Map([["n1", "dog"]]),
    heldOutF1: [0.5, 0, 0, 0, NaN],
    chanceF1: new Map([[0, 0.125]]),
    baselines: [
      { units: "k-means", latentF1: [0.75, 0.5, 0, 0, 0] },
      { units: "random decoder", latentF1: [0.0625, 0, 0, 0, 0] },
    ],
  };
}

test("buildCatalog gathers what is known of each latent", (t) => {
  const rows = buildCatalog(sampleInputs(), { topDocuments: 2 });
  t.is(rows.length, 5);
  const [first, second, third, fourth, last] = rows;
  t.like(first, {
    index: 0,
    label: "dog, hound",
    label_source: "keywords",
    score: 0.123457,
    score_name: "keyword-coverage",
    score_n: 4,
    score_low: -0.1,
    score_high: 0.5,
    active: 3,
    density: 0.75,
    mean_activation: 0.458333,
    max_activation: 0.75,
    x: 0,
    y: 1,
    class: "n1",
    class_name: "dog",
    class_f1: 0.666667,
    class_held_out: 0.5,
    class_chance: 0.125,
    class_kmeans: 0.75,
    class_random_documents: null,
    class_random_decoder: 0.0625,
  });
  t.deepEqual(first.families, [{ id: 0, name: "dog, hound", role: "parent", stability: null }]);
  t.deepEqual(first.nearest, [
    { index: 1, cosine: 0.9 },
    { index: 2, cosine: 0.1 },
  ]);
  // activations over the documents: latent 0 (.5, .75, .125, 0), latent 1 (.25, .5, 0, 0), latent 2 (0, 0, .1, 1)
  t.deepEqual(
    first.coactive.map(({ index, documents }) => [index, documents]),
    [
      [1, 2],
      [2, 1],
    ],
  );
  const expected = (0.5 * 0.25 + 0.75 * 0.5) / Math.hypot(0.5, 0.75, 0.125) / Math.hypot(0.25, 0.5);
  t.true(Math.abs(first.coactive[0].cosine - expected) < 1e-5);
  t.deepEqual(first.top_documents, [
    { id: "b", title: "line\nbreak; <b>ü</b> 水", value: 0.75 },
    { id: "0004001", title: '=cmd|"x"!A1, "quoted"', value: 0.5 },
  ]);
  t.deepEqual(second.scores, [
    { name: "pearson", value: null, n: 6, low: null, high: null },
    { name: "f1", value: 0.8, n: 6, low: 0.4, high: 0.95 },
  ]);
  t.is(second.score, null);
  t.is(second.model, "some-model");
  t.deepEqual(third.families, [{ id: 0, name: "dog, hound", role: "member", stability: null }]);
  t.is(third.label_source, null);
  t.is([...third.top_documents[1].title].length, 101, "a text's start stands for a missing title");
  t.like(fourth, { active: 1, mean_activation: null, max_activation: null, coactive: [] });
  t.like(last, { label: "", label_note: "active in no document", active: 0, density: 0, y: null });
});

test("buildCatalog needs nothing but postings and documents, and refuses what does not fit", (t) => {
  const { postings, documents } = sampleInputs();
  const rows = buildCatalog({ postings, documents });
  t.like(rows[0], {
    label: "",
    label_source: null,
    x: null,
    families: [],
    nearest: [],
    class: null,
  });
  t.throws(() => buildCatalog({ postings, documents: documents.slice(1) }), {
    instanceOf: RangeError,
    message: "buildCatalog: expected 4 documents, got 3",
  });
  t.throws(() => buildCatalog({ postings, documents, places: createMatrix(4, 2) }), {
    instanceOf: RangeError,
    message: "buildCatalog: expected places [5, 2], got [4, 2]",
  });
});

test("every row has the same keys in the order of the columns", (t) => {
  const names = CATALOG_COLUMNS.map(({ name }) => name);
  for (const row of buildCatalog(sampleInputs())) {
    t.deepEqual(Object.keys(row), names);
  }
  const [line] = catalogToJsonl(buildCatalog(sampleInputs())).split("\n");
  t.deepEqual(Object.keys(JSON.parse(line) as CatalogRow), names);
});

test("a catalog written as JSONL reads back the same", async (t) => {
  await inFolder(async (folder) => {
    const rows = buildCatalog(sampleInputs());
    await writeCatalog(folder, rows);
    t.deepEqual(await readCatalog(join(folder, "catalog.jsonl")), rows);
  });
});

test("the CSV holds texts unchanged and lists as JSON", (t) => {
  const rows = buildCatalog(sampleInputs());
  const { columns, rows: cells } = parseCsv(catalogToCsv(rows), "catalog.csv");
  const cell = (row: number, name: string): string => cells[row][columns.indexOf(name)];
  t.is(cell(0, "label"), "dog, hound");
  t.is(cell(4, "score"), "");
  t.deepEqual(JSON.parse(cell(0, "top_documents")), rows[0].top_documents);
  t.deepEqual(JSON.parse(cell(1, "scores")), rows[1].scores);
  const formulas = rows.map((row) => ({
    ...row,
    label: `=HYPERLINK("x")${row.index}`,
    note: "-1",
  }));
  t.regex(catalogToCsv(formulas), /"'=HYPERLINK\(""x""\)0"/);
  t.regex(catalogToCsv(formulas, { raw: true }), /,"=HYPERLINK\(""x""\)0"/);
  const back = parseCsv(catalogToCsv(formulas), "catalog.csv", { guarded: true });
  t.is(back.rows[0][columns.indexOf("label")], '=HYPERLINK("x")0');
});

test("the Parquet file has typed columns and reads back the same", async (t) => {
  const rows = buildCatalog(sampleInputs());
  const { buffer } = catalogToParquet(rows);
  const types = new Map(parquetMetadata(buffer as ArrayBuffer).schema.map((e) => [e.name, e.type]));
  t.is(types.get("x"), "DOUBLE");
  t.is(types.get("index"), "INT32");
  const back = await parquetReadObjects({ file: buffer as ArrayBuffer });
  t.deepEqual(back as unknown, rows as unknown);
  const none = await parquetReadObjects({ file: catalogToParquet([]).buffer as ArrayBuffer });
  t.deepEqual(none, []);
});

test("the files of 12,000 latents are written within seconds", async (t) => {
  await inFolder(async (folder) => {
    const [row] = buildCatalog(sampleInputs());
    const rows = Array.from({ length: 12_000 }, (_, index) => ({ ...row, index }));
    await writeCatalog(folder, rows);
    const bytes = readFileSync(join(folder, "catalog.parquet"));
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
    const back = await parquetReadObjects({ file, columns: ["index", "label"] });
    t.is(back.length, 12_000);
    t.deepEqual(back[11_999], { index: 11_999, label: "dog, hound" });
  });
});

test("readCatalog takes rows with only index and label, and tells what is wrong with others", async (t) => {
  await inFolder(async (folder) => {
    const path = join(folder, "catalog.jsonl");
    writeFileSync(
      path,
      '{"index": 3, "label": "x", "extra": 1}\n\n{"label":"y","index":1,"score":NaN}\n',
    );
    const rows = await readCatalog(path);
    t.deepEqual(
      rows.map(({ index, label, families, x }) => ({ index, label, families, x })),
      [
        { index: 3, label: "x", families: [], x: null },
        { index: 1, label: "y", families: [], x: null },
      ],
    );
    for (const [text, message] of [
      ['{"label": "x"}', /line 1: index must be a whole number from 0, got null/],
      ['{"index": 1}', /line 1: label is missing/],
      ['{"index": -1, "label": ""}', /index must be a whole number from 0, got -1/],
      ['{"index": 1, "label": 5}', /label must be a string, got 5/],
      ['{"index": 1, "label": "", "families": {}}', /families must be a list, got \{\}/],
      ['{"index": 1, "label": "", "nearest": [3]}', /nearest\[0\] must be an object, got 3/],
      ['{"index": 1, "label": "", "nearest": [{"index": 0.5}]}', /nearest\[0\]\.index must be/],
      ['{"index": 1, "label": ""}\n{"index": 1, "label": ""}', /line 2 repeats latent 1 of line 1/],
      ["[]", /line 1: expected an object/],
      ['{"index": 1, "label": "', /line 1/],
    ] as const) {
      writeFileSync(path, text);
      await t.throwsAsync(readCatalog(path), { instanceOf: FormatError, message });
    }
  });
});

test("a lone surrogate becomes U+FFFD in all three files, as UTF-8 cannot hold it", async (t) => {
  const codes = createCodes(1, 1, 1, Uint32Array.of(0), Float32Array.of(1));
  const rows = buildCatalog({
    postings: invertCodes(codes),
    documents: [{ id: "a", title: "cut \ud83d off 😀" }],
    labels: [
      {
        of: "latent",
        id: 0,
        text: "end \udc00",
        source: "llm",
        scores: [],
        keywords: ["\ud800"],
      },
    ],
  });
  const [first] = catalogToJsonl(rows).split("\n");
  t.false(/\\ud[89a-f]/.test(first));
  t.like(JSON.parse(first), { label: "end \ufffd", keywords: ["\ufffd"] });
  t.true(catalogToCsv(rows).includes("cut \ufffd off 😀"));
  const parquet = catalogToParquet(rows);
  const [read] = await parquetReadObjects({ file: parquet.buffer as ArrayBuffer });
  t.is(read.label, "end \ufffd");
});

test("files of many rows are written in parts, with the bytes of the whole text", async (t) => {
  const [first] = buildCatalog(sampleInputs());
  const rows = Array.from({ length: 2500 }, (_, index) => ({ ...first, index }));
  await inFolder(async (folder) => {
    await writeCatalog(folder, rows);
    const text = (name: string): string => readFileSync(join(folder, name), "utf8");
    t.true(text("catalog.csv") === catalogToCsv(rows));
    t.true(text("catalog.jsonl") === catalogToJsonl(rows));
    await writeCatalog(folder, []);
    t.is(text("catalog.csv"), catalogToCsv([]));
    t.is(text("catalog.jsonl"), "");
  });
});
