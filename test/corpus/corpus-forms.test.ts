import test from "ava";
import { readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import { DuckDBInstance } from "@duckdb/node-api";
import { parquetWriteBuffer } from "hyparquet-writer";
import { FormatError } from "../../src/core/index.js";
import { cleanText, compatInput, pythonText, readCorpus } from "../../src/corpus/index.js";
import { bytesSource, readParquetMatrix, streamParquetRows } from "../../src/files/index.js";
import { inFolder } from "../support/folder.js";
import { sharedPath } from "../support/shared.js";

test("markup, entities and line breaks are taken out, comparisons stay", (t) => {
  const cases: [string, string][] = [
    ["H<SUB>2</SUB>O at z &lt; 2,\n  a &gt; b", "H2O at z < 2, a > b"],
    ["one<P />two<br>three", "one\n\ntwo\n\nthree"],
    ["if a < b and c > d", "if a < b and c > d"],
    ["Title\n\nFirst\nline\r\n\r\nSecond", "Title\n\nFirst line\n\nSecond"],
    ["&amp;lt; &#233;&#xe9; &unknown; &#0;", "&lt; éé &unknown;"],
    ["  ", ""],
  ];
  for (const [dirty, clean] of cases) t.is(cleanText(dirty), clean);
});

test("lists are spelled as Python spells them", (t) => {
  t.is(pythonText(["Some title"]), "['Some title']");
  t.is(pythonText(["A star's end"]), `["A star's end"]`);
  t.is(pythonText([`It's "quoted"`]), `['It\\'s "quoted"']`);
  t.is(pythonText(["back\\slash\n"]), "['back\\\\slash\\n']");
  t.is(pythonText("plain"), "plain");
});

const ROWS = [
  {
    arxiv_id: "0001004",
    title: ["A star's\n end"],
    abstract: "x<SUB>1</SUB>\ny",
    categories: "cs.LG stat.ML",
  },
  { arxiv_id: "0001005", title: "Other", abstract: "text", categories: "math.CO" },
];

test("the authors' form, the clean one and the plain one of the same rows", async (t) => {
  await inFolder(async (folder) => {
    const file = path.join(folder, "rows.jsonl");
    await writeFile(file, ROWS.map((row) => JSON.stringify(row)).join("\n"));
    const texts = async (form?: "clean" | "compat"): Promise<string> =>
      (await readCorpus(file, { form }))[0].text;
    t.is(await texts(), "A star's\n end\n\nx<SUB>1</SUB>\ny");
    t.is(await texts("clean"), "A star's end\n\nx1 y");
    t.is(await texts("compat"), `["A star's\\n end"]\n\nx<SUB>1</SUB>\ny`);
    t.is(compatInput(await texts("compat")), `["A star's\\n end"]  x<SUB>1</SUB> y`);
  });
});

test("arXiv's dump is read line by line under its .json name, by class", async (t) => {
  await inFolder(async (folder) => {
    const file = path.join(folder, "arxiv-metadata-oai-snapshot.json");
    const dump = ROWS.map(({ arxiv_id: id, ...row }) => JSON.stringify({ id, ...row }));
    await writeFile(file, `${dump.join("\n")}\n`);
    t.is((await readCorpus(file)).length, 2);
    const kept = await readCorpus(file, { keep: ({ classes }) => classes.includes("cs.LG") });
    t.deepEqual(
      kept.map(({ id, classes }) => [id, classes]),
      [["0001004", ["cs.LG", "stat.ML"]]],
    );
  });
});

test("real arXiv rows are read by the default columns", async (t) => {
  const file = sharedPath("data/arxiv/csLG.jsonl.gz");
  if (file === undefined) {
    t.log("skipped: ../shared/data/arxiv is not here");
    t.pass();
    return;
  }
  const first = JSON.parse(gunzipSync(readFileSync(file)).toString().split("\n")[0]) as {
    title: string;
  };
  const documents = await readCorpus(file);
  t.true(documents.length > 100);
  t.true(documents[0].text.startsWith(`${first.title}\n\n`));
});

function parquet(ids: string[], embeddings?: number[][]): Uint8Array {
  const columns = [
    { name: "id", data: ids, type: "STRING" as const },
    { name: "year", data: ids.map((_, i) => BigInt(2000 + i)), type: "INT64" as const },
    { name: "title", data: ids.map((id) => `title ${id}`), type: "STRING" as const },
    { name: "abstract", data: ids.map((id) => `abstract ${id}`), type: "STRING" as const },
  ];
  return new Uint8Array(
    parquetWriteBuffer({
      columnData: [
        ...columns,
        ...(embeddings ? [{ name: "embedding", data: embeddings, type: "JSON" as const }] : []),
      ],
      rowGroupSize: [3],
    }),
  );
}

test("a folder of Parquet shards is one corpus, in the order of the names", async (t) => {
  await inFolder(async (folder) => {
    const shards = path.join(folder, "shards");
    await mkdir(shards);
    await writeFile(path.join(shards, "b.parquet"), parquet(["e", "f"]));
    await writeFile(path.join(shards, "a.parquet"), parquet(["a", "b", "c", "d"]));
    await mkdir(path.join(shards, "year=2001"));
    await writeFile(path.join(shards, "year=2001", "c.parquet"), parquet(["g"]));
    for (const hidden of ["._a.parquet", "_metadata.parquet"]) {
      await writeFile(path.join(shards, hidden), "none");
    }
    const documents = await readCorpus(shards);
    t.deepEqual(
      documents.map(({ id }) => id),
      ["a", "b", "c", "d", "e", "f", "g"],
    );
    t.is(documents[3].text, "title d\n\nabstract d");
    const years: unknown[] = [];
    const file = path.join(shards, "a.parquet");
    for await (const row of streamParquetRows(file, { columns: ["year"] })) years.push(row);
    t.deepEqual(years, [{ year: 2000 }, { year: 2001 }, { year: 2002 }, { year: 2003 }]);
    const none = streamParquetRows(file, { columns: ["nothing"] });
    await t.throwsAsync(none.next(), {
      instanceOf: FormatError,
      message: /has no column "nothing"; it has id, year, title, abstract/,
    });
  });
});

test("embeddings in a list column come as a matrix", async (t) => {
  const bytes = parquet(
    ["a", "b"],
    [
      [1, 2, 3],
      [4, 5, 6],
    ],
  );
  const matrix = await readParquetMatrix(bytesSource("e.parquet", bytes), "embedding");
  t.deepEqual([matrix.rows, matrix.cols, ...matrix.data], [2, 3, 1, 2, 3, 4, 5, 6]);
  const ragged = parquet(["a", "b"], [[1, 2, 3], [4]]);
  await t.throwsAsync(readParquetMatrix(bytesSource("e.parquet", ragged), "embedding"), {
    message: /e\.parquet: row 1: expected 3 numbers in embedding, got 1/,
  });
});

test("lists and zstd as DuckDB writes them are read", async (t) => {
  await inFolder(async (folder) => {
    const file = path.join(folder, "duck.parquet");
    const instance = await DuckDBInstance.create(":memory:");
    const connection = await instance.connect();
    await connection.run(
      `copy (select i::varchar as id, 'text ' || i as text, [i::float, 0.5] as embedding, ['cs.LG'] as categories
        from range(3000) t(i)) to '${file}' (format parquet, codec zstd, row_group_size 2048)`,
    );
    connection.closeSync();
    instance.closeSync();
    const documents = await readCorpus(file);
    t.is(documents.length, 3000);
    t.deepEqual(documents[2999], { id: "2999", title: "", text: "text 2999", classes: ["cs.LG"] });
    const matrix = await readParquetMatrix(file, "embedding");
    t.deepEqual([matrix.rows, matrix.cols, ...matrix.data.slice(-2)], [3000, 2, 2999, 0.5]);
  });
});

test("Parquet files that lie are refused before memory is taken", async (t) => {
  const good = parquet(["a", "b", "c"]);
  const read = async (bytes: Uint8Array): Promise<void> => {
    for await (const row of streamParquetRows(bytesSource("x.parquet", bytes))) t.truthy(row);
  };
  await read(good);
  const footer = good.slice();
  new DataView(footer.buffer).setUint32(footer.length - 8, 0x7fffffff, true);
  for (const bytes of [
    footer,
    good.subarray(0, good.length - 4),
    good.subarray(0, 3),
    new Uint8Array(64),
  ]) {
    await t.throwsAsync(read(bytes), { instanceOf: FormatError, message: /^x\.parquet: / });
  }
});
