import { writeFile } from "node:fs/promises";
import path from "node:path";
import { gzipSync } from "node:zlib";
import test from "ava";
import { FormatError } from "../../src/core/index.js";
import { type CorpusOptions, readCorpus } from "../../src/corpus/index.js";
import { atLength } from "../support/campaign.js";
import { inFolder } from "../support/folder.js";

/** Ids, titles and texts of a file's documents. */
async function read(
  name: string,
  content: string | Uint8Array,
  options: CorpusOptions = {},
): Promise<string[][]> {
  let found: string[][] = [];
  await inFolder(async (folder) => {
    const file = path.join(folder, name);
    await writeFile(file, content);
    found = (await readCorpus(file, options)).map(({ id, title, text }) => [id, title, text]);
  });
  return found;
}

const EXPECTED = [
  ["1", "Füße", "Füße\n\na, b; c"],
  ["2", "Two", "Two\n\nd"],
];
const table = (delimiter: string): string =>
  [`id${delimiter}title${delimiter}abstract`, `1${delimiter}Füße${delimiter}"a, b; c"`]
    .concat(`2${delimiter}Two${delimiter}d`)
    .join("\r\n");
const utf16 = (text: string, mark: boolean, isBig: boolean): Buffer => {
  const bytes = Buffer.from(`${mark ? "\ufeff" : ""}${text}`, "utf16le");
  return isBig ? bytes.swap16() : bytes;
};
const cp1252 = (text: string): Buffer => Buffer.from(text.replaceAll("’", "\u0092"), "latin1");

const TABLES: Record<string, [name: string, content: string | Uint8Array]> = {
  commas: ["a.csv", table(",")],
  semicolons: ["a.csv", table(";")],
  bars: ["a.csv", table("|")],
  "tabs in a .csv": ["a.csv", table("\t")],
  "a .tsv": ["a.tsv", table("\t")],
  "a packed .tsv": ["A.TSV.gz", gzipSync(table("\t"))],
  "a line sep=;": ["a.csv", `sep=;\r\n${table(";")}`],
  "a line sep=, behind a byte order mark": ["a.csv", `\ufeffSEP=,\n${table(",")}`],
  "Windows-1252": ["a.csv", cp1252(table(";"))],
  "UTF-16 with a mark": ["a.csv", utf16(table("\t"), true, false)],
  "UTF-16, big-endian": ["a.csv", utf16(table("\t"), true, true)],
  "UTF-16 without a mark": ["a.csv", utf16(table("\t"), false, false)],
  "big-endian UTF-16 without a mark": ["a.csv", utf16(table(","), false, true)],
  "names in capitals": ["a.csv", table(",").replace("id,title,abstract", "ID, Title ,Abstract")],
  "JSON lines in UTF-16": [
    "a.jsonl",
    utf16(
      EXPECTED.map(([id, , text]) => JSON.stringify({ id, title: "", text })).join("\n"),
      true,
      false,
    ),
  ],
};
for (const [name, [file, content]] of Object.entries(TABLES)) {
  test(`a corpus is read from ${name}`, async (t) => {
    const found = await read(file, content);
    t.deepEqual(
      found.map(([id, , text]) => [id, text]),
      EXPECTED.map(([id, , text]) => [id, text]),
    );
  });
}

const ROWS = [
  { id: 7, title: "Füße", abstract: 'say "7": {now}' },
  { id: 3, title: "Two", abstract: "d" },
];
const column = (name: keyof (typeof ROWS)[0]): unknown[] => ROWS.map((row) => row[name]);
// As pandas writes a frame whose rows are in the order 7, 3.
const byColumn = `{"id":{"7":7,"3":3},"title":{"7":"Füße","3":"Two"},"abstract":{"7":"say \\"7\\": {now}","3":"d"}}`;
const byRow = `{"7":${JSON.stringify(ROWS[0])},"3":${JSON.stringify(ROWS[1])}}`;
const JSONS: Record<string, [name: string, content: string]> = {
  "a pretty list": ["a.json", JSON.stringify(ROWS, null, 2)],
  "a list on one line in a .jsonl": ["a.jsonl", JSON.stringify(ROWS)],
  "a pretty list in a .jsonl": ["a.jsonl", JSON.stringify(ROWS, null, 2)],
  "pretty objects, one after the other": [
    "a.json",
    ROWS.map((row) => JSON.stringify(row, null, 2)).join("\n"),
  ],
  "pretty objects in a .jsonl": [
    "a.jsonl",
    ROWS.map((row) => JSON.stringify(row, null, 4)).join("\n\n"),
  ],
  "a record per line in a .json": ["a.json", ROWS.map((row) => JSON.stringify(row)).join("\r\n")],
  "pandas, by column": ["a.json", byColumn],
  "pandas, by row": ["a.json", byRow],
  "pandas, pretty": ["a.json", byRow.replaceAll(",", ",\n  ")],
  "pandas, split": [
    "a.json",
    JSON.stringify({
      columns: ["id", "title", "abstract"],
      index: [7, 3],
      data: ROWS.map((row) => Object.values(row)),
    }),
  ],
  "pandas, table": ["a.json", JSON.stringify({ schema: { fields: [] }, data: ROWS })],
  "a list under a name": ["a.json", JSON.stringify({ papers: ROWS })],
  "an object of lists": [
    "a.json",
    JSON.stringify({ id: column("id"), title: column("title"), abstract: column("abstract") }),
  ],
};
for (const [name, [file, content]] of Object.entries(JSONS)) {
  test(`a corpus is read from JSON: ${name}`, async (t) => {
    t.deepEqual(await read(file, content), [
      ["7", "Füße", 'Füße\n\nsay "7": {now}'],
      ["3", "Two", "Two\n\nd"],
    ]);
  });
}

test("columns of a pandas layout that are named have names of their own", async (t) => {
  const columns = { id: "key", text: "body" };
  const rows = '{"0":{"key":"a","body":"x"},"1":{"key":"b","body":"y"}}';
  const byName = '{"key":{"0":"a","1":"b"},"body":{"0":"x","1":"y"}}';
  for (const content of [rows, byName]) {
    t.deepEqual(await read("a.json", content, { columns }), [
      ["a", "", "x"],
      ["b", "", "y"],
    ]);
  }
  await t.throwsAsync(read("a.json", '{"id":[1,2],"text":["x"]}'), {
    instanceOf: FormatError,
    message: /expected equally many values in each column, got 2 in "id" and 1 in "text"$/,
  });
});

test("quotes in a .tsv may be text", async (t) => {
  t.deepEqual(await read("a.tsv", 'id\ttitle\ttext\n1\t"Big" dogs\t6" pipes\n2\t"\tx\n'), [
    ["1", '"Big" dogs', '6" pipes'],
    ["2", '"', "x"],
  ]);
});

test("documents without ids are numbered from 0, and must all be without", async (t) => {
  t.deepEqual(await read("a.csv", "title;text\nA;x\nB;y\n"), [
    ["0", "A", "x"],
    ["1", "B", "y"],
  ]);
  t.deepEqual(await read("a.jsonl", '{"text":"x"}\n\n{"text":"y"}'), [
    ["0", "", "x"],
    ["1", "", "y"],
  ]);
  await t.throwsAsync(read("a.jsonl", '{"text":"x"}\n{"text":"y","id":"1"}'), {
    message: /line 2: has an id, which the first row does not$/,
  });
});

test("ids beyond 2^53 keep all their digits", async (t) => {
  const ids = ["9007199254740993", "9007199254740992", "-12345678901234567890"];
  const rows = ids.map(
    (id) => `{"id": ${id},"text":"x 12345678901234567890","n":0.12345678901234567}`,
  );
  for (const [name, content] of [
    ["a.jsonl", rows.join("\n")],
    ["a.json", `[${rows.join(",")}]`],
    ["a.csv", `id,text\n${ids.map((id) => `${id},x`).join("\n")}`],
  ]) {
    t.deepEqual(
      (await read(name, content)).map(([id]) => id),
      ids,
    );
  }
});

test("a null, missing, blank or NaN text is one rule in all formats: kept or skipped, and counted", async (t) => {
  const files: [string, string][] = [
    ["a.jsonl", '{"id":"1","text":"x"}\n{"id":"2","text":null}\n{"id":"3","text":" "}\n{"id":"4"}'],
    ["a.json", '[{"id":"1","text":"x"},{"id":"2","text":NaN},{"id":"3","text":""},{"id":"4"}]'],
    ["a.csv", 'id,text\n1,x\n2,\n3,""\n4," "\n'],
    ["b.json", '{"id":{"0":1,"1":2,"2":3,"3":4},"text":{"0":"x","1":null,"2":null,"3":""}}'],
  ];
  for (const [name, content] of files) {
    const counts: number[] = [];
    const onEmpty = (count: number): void => void counts.push(count);
    const kept = await read(name, content, { onEmpty });
    t.deepEqual(
      kept.map(([id, , text]) => [id, text.trim()]),
      [
        ["1", "x"],
        ["2", ""],
        ["3", ""],
        ["4", ""],
      ],
    );
    const skipped = await read(name, content, { onEmpty, empty: "skip" });
    t.deepEqual(skipped, [["1", "", "x"]]);
    t.deepEqual(counts, [3, 3]);
  }
  const titled = '{"id":"1","title":"A","abstract":null}\n{"id":"2","title":null,"abstract":"b"}';
  t.deepEqual(await read("a.jsonl", titled), [
    ["1", "A", "A"],
    ["2", "", "b"],
  ]);
});

test("of two columns of one name none is chosen, unless nothing is read of them", async (t) => {
  await t.throwsAsync(read("a.csv", "id,text,text\n1,a,b\n"), {
    instanceOf: FormatError,
    message: /a\.csv: has two columns "text"$/,
  });
  t.deepEqual(await read("a.csv", ",,id,text\n0,0,1,a\n"), [["1", "", "a"]]);
});

test("an unusual encoding is reported, damaged UTF-8 is refused", async (t) => {
  const warnings: string[] = [];
  const onWarning = (warning: string): void => void warnings.push(warning);
  t.deepEqual(await read("a.csv", cp1252("id,text\n1,it’s é\n"), { onWarning }), [
    ["1", "", "it’s é"],
  ]);
  t.regex(warnings.join(), /a\.csv is not valid UTF-8 and is read as Windows-1252$/);
  const lines = Array.from(
    { length: 20_000 },
    (_, i) => `{"id":"${i}","text":"${"a ".repeat(40)}"}`,
  );
  lines.push('{"id":"x","text":"it’s é"}', '{"id":"y","text":"ÿ"}');
  for (const [name, content] of [
    ["b.jsonl", `${lines.join("\n")}\n`],
    ["c.jsonl.gz", `${lines.join("\n")}\n`],
    ["d.json", `[${lines.join(",")}]`],
  ]) {
    const bytes = cp1252(content);
    const found = await read(name, name.endsWith(".gz") ? gzipSync(bytes) : bytes, { onWarning });
    t.deepEqual(found.slice(-2), [
      ["x", "", "it’s é"],
      ["y", "", "ÿ"],
    ]);
    t.is(warnings.filter((one) => one.includes(name)).length, 1);
  }
  const damaged = Buffer.from("id,text\n1,äöüß\n2,é\n");
  damaged[damaged.length - 2] = 0x20;
  const refusal = /a\.(csv|jsonl): not UTF-8 text; if it is .*iconv/;
  await t.throwsAsync(read("a.csv", damaged), { message: refusal });
  const rows = Buffer.from('{"id":"1","text":"äöüß"}\n{"id":"2","text":"é"}\n');
  rows[rows.length - 4] = 0x20;
  await t.throwsAsync(read("a.jsonl", rows), { message: refusal });
});

(atLength ? test : test.skip)(
  "a JSON corpus on one line of over 64 Mi characters is read, packed or a line of a .jsonl too",
  async (t) => {
    await inFolder(async (folder) => {
      const text = "word ".repeat(200_000);
      const rows = Array.from({ length: 70 }, (_, i) => ({
        id: `${i}`,
        text: `${text}${Math.sqrt(i)}`,
      }));
      const content = JSON.stringify(rows);
      t.true(content.length > 64 * 1024 * 1024);
      for (const [name, bytes] of [
        ["a.json", content],
        ["a.json.gz", gzipSync(content, { level: 0 })],
        [
          "b.json",
          JSON.stringify({ doc_ids: rows.map(({ id }) => id), abstracts: rows.map((r) => r.text) }),
        ],
      ] as const) {
        const file = path.join(folder, name);
        await writeFile(file, bytes);
        const documents = await readCorpus(file);
        t.is(documents.length, 70);
        t.is(documents[69].text, rows[69].text);
      }
      const file = path.join(folder, "c.jsonl");
      await writeFile(file, `{"id":"a","text":"b"}\n{"id":"c","text":"d","more":${content}}\n`);
      t.is((await readCorpus(file))[1].text, "d");
    });
  },
);
