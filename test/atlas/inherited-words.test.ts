import test from "ava";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { parquetWriteBuffer } from "hyparquet-writer";
import { buildFolder } from "../../src/atlas/steps/index.js";
import { correctLabel, importLabels } from "../../src/atlas/labels/index.js";
import { openAtlas } from "../../src/atlas/index.js";
import { readCatalog } from "../../src/catalog/index.js";
import { cleanText, readClassTree, readCorpus } from "../../src/corpus/index.js";
import { parseGraphml } from "../../src/families/index.js";
import {
  parseCsv,
  readSafetensors,
  streamParquetRows,
  writeSafetensors,
} from "../../src/files/index.js";
import { findPrice, readPrices } from "../../src/llm/index.js";
import { tableFromRecords } from "../../src/notebook/index.js";
import { readFilter } from "../../src/search/index.js";
import { inFolder } from "../support/folder.js";
import { buildPlantedAtlas } from "../support/atlases/planted-atlas.js";

/** Words that every object has as a key without being given it. */
const WORDS = ["__proto__", "constructor", "toString", "hasOwnProperty"];

test("labels, classes, families and models called __proto__ and the like pass through an atlas", async (t) => {
  await inFolder(async (folder) => {
    const { dir, planted, built } = await buildPlantedAtlas(folder, {
      themes: 8,
      active: 50,
      documents: 1800,
      groups: [[0, 1, 2, 3, 4, 5]],
    });
    const rows = planted.documents.map((document, row) => ({
      ...document,
      text: `${document.text} constructor toString __proto__`,
      classes: [WORDS[row % WORDS.length]],
    }));
    await writeFile(built.corpus, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
    await buildFolder(built);
    const lines = WORDS.map((label, latent) =>
      JSON.stringify({
        of: "latent",
        latent,
        label,
        source: "llm",
        model: label,
        scores: [{ name: label, value: 0.5, n: 4 }],
      }),
    );
    const file = path.join(folder, "labels.jsonl");
    await writeFile(file, lines.join("\n"));
    await importLabels(dir, [file], { device: "cpu" });
    await correctLabel(dir, { latent: 0, of: "family", label: "__proto__" }, { device: "cpu" });

    const atlas = await openAtlas(dir, { device: "cpu" });
    const labels = await atlas.labels();
    const catalog = await readCatalog(path.join(dir, "catalog.jsonl"));
    for (const [latent, word] of WORDS.entries()) {
      t.like(labels.get(latent), { text: word, model: word });
      t.like(catalog[latent], { label: word, model: word, score_name: word, score: 0.5 });
      t.is((await atlas.latent(word)).id, latent);
    }
    const content = JSON.parse(await readFile(path.join(dir, "families.json"), "utf8")) as object;
    t.deepEqual(Object.keys(content), ["__proto__"]);
    const [family] = await atlas.families();
    t.is(family.label?.text, "__proto__");
    t.is((await atlas.family("__proto__")).parent, 0);
    t.true(catalog[1].families.some(({ name }) => name === "__proto__"));

    const csv = parseCsv(await readFile(path.join(dir, "catalog.csv"), "utf8"), "catalog.csv");
    const parquet = [];
    for await (const row of streamParquetRows(path.join(dir, "catalog.parquet"))) parquet.push(row);
    const graph = parseGraphml(await readFile(path.join(dir, "spanning-forest.graphml"), "utf8"));
    for (const [latent, word] of WORDS.entries()) {
      t.is(csv.rows[latent][1], word);
      t.is(parquet[latent].label, word);
      t.true(graph.nodes.some(({ attributes }) => attributes.get("label") === word));
      t.true(catalog.some((row) => row.class === word));
    }
    const audit = await atlas.audit();
    t.is(audit.labels.get(0), "__proto__");
    const page = path.join(folder, "page.html");
    await atlas.export("page", page);
    const [tree] = [await atlas.figure("family-tree", { family: 0 })];
    t.regex(JSON.stringify(tree), /__proto__.*constructor|constructor.*__proto__/s);
    await t.throwsAsync(atlas.figure("constructor"), { message: /unknown figure/ });
    await atlas.close();
  });
});

test("columns called __proto__ and the like are read from CSV, JSON lines and Parquet", async (t) => {
  await inFolder(async (folder) => {
    const columns = { id: "__proto__", text: "constructor", classes: "toString" };
    const csv = path.join(folder, "corpus.csv");
    await writeFile(csv, "__proto__,constructor,toString\na,a text,hasOwnProperty\n");
    const jsonl = path.join(folder, "corpus.jsonl");
    await writeFile(
      jsonl,
      '{"__proto__":"a","constructor":"a text","toString":["hasOwnProperty"]}\n',
    );
    const parquet = path.join(folder, "corpus.parquet");
    const columnData = [
      { name: "__proto__", data: ["a"] },
      { name: "constructor", data: ["a text"] },
      { name: "toString", data: ["hasOwnProperty"] },
    ];
    await writeFile(parquet, Buffer.from(parquetWriteBuffer({ columnData })));
    for (const file of [csv, jsonl, parquet]) {
      t.deepEqual(
        await readCorpus(file, { columns }),
        [{ id: "a", title: "", text: "a text", classes: ["hasOwnProperty"] }],
        file,
      );
      await t.throwsAsync(readCorpus(file, { columns: { ...columns, text: "valueOf" } }), {
        message: /expected a column "valueOf"/,
      });
    }
  });
});

test("a filter reads a row's own columns alone", async (t) => {
  await inFolder(async (folder) => {
    const corpus = path.join(folder, "corpus.jsonl");
    const rows = [
      '{"id":"a","text":"a","constructor":"x"}',
      '{"id":"b","text":"b"}',
      '{"id":"c","text":"c","__proto__":"x"}',
    ];
    await writeFile(corpus, rows.join("\n"));
    const documents = await readCorpus(corpus);
    const found = async (where: string): Promise<number[]> => {
      const accept = await readFilter({ where }, documents, corpus);
      return [0, 1, 2].filter((row) => accept?.(row));
    };
    t.deepEqual(await found("constructor=x"), [0]);
    t.deepEqual(await found("__proto__=x"), [2]);
    t.deepEqual(await found(`constructor=${String(Object)}`.split("\n")[0]), []);
    await t.throwsAsync(found("toString=x"), { message: /no column "toString"/ });
  });
});

test("models, classes, tensors, entities and table columns of these names work like others", async (t) => {
  await inFolder(async (folder) => {
    const prices = path.join(folder, "prices.json");
    await writeFile(prices, '{"__proto__":{"input":1},"constructor":{"input":2}}');
    const table = await readPrices(prices);
    t.deepEqual(findPrice("__proto__", table), { input: 1 });
    t.deepEqual(findPrice("constructor", table), { input: 2 });
    t.is(findPrice("toString", table), undefined);
    t.truthy(findPrice("gpt-4o-mini", table));

    const tree = path.join(folder, "classes.jsonl");
    await writeFile(
      tree,
      '{"id":"__proto__","name":"constructor"}\n{"id":"toString","parents":["__proto__"]}\n',
    );
    const { parents, names } = await readClassTree(tree);
    t.deepEqual(parents.get("toString"), ["__proto__"]);
    t.is(names.get("__proto__"), "constructor");

    const tensors = path.join(folder, "a.safetensors");
    const tensor = { dtype: "float32" as const, shape: [1], data: Float32Array.of(1) };
    await writeSafetensors(tensors, new Map(WORDS.map((word) => [word, tensor])));
    t.deepEqual([...(await readSafetensors(tensors)).tensors.keys()].sort(), [...WORDS].sort());
  });
  t.is(cleanText("a &constructor; &amp; b"), "a &constructor; & b");
  const records = [JSON.parse('{"__proto__":1,"toString":2}') as object, { other: 3 }];
  t.deepEqual(tableFromRecords(records), {
    columns: ["__proto__", "toString", "other"],
    rows: [
      [1, 2, undefined],
      [undefined, undefined, 3],
    ],
  });
});
