import test from "ava";
import { utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import { FormatError } from "../../src/core/index.js";
import { openDocuments, readCorpus } from "../../src/corpus/index.js";
import { inFolder } from "../support/folder.js";

const record = (i: number): string =>
  JSON.stringify({
    id: `d${i}`,
    title: `Ünïcode ${i}`,
    abstract: "x".repeat(i % 40),
    classes: "a b",
  });

const RECORDS = Array.from({ length: 1000 }, (_, i) => record(i));

/** Files of JSON lines whose documents are read where they lie. */
const PLAIN: Record<string, string> = {
  "one record per line": `${RECORDS.join("\n")}\n`,
  "no line break at the end": RECORDS.join("\n"),
  "blank lines, CRLF and blanks before records": `\n \r\n${RECORDS.join("\r\n\n  \t")}\r\n\n  \n`,
  "a byte order mark": `\uFEFF${RECORDS.join("\n")}`,
  "a record longer than a chunk": `${RECORDS[0]}\n{"id":"long","abstract":"${"é".repeat(3 << 20)}"}\n${RECORDS[1]}`,
  "no ids": RECORDS.map((line) => line.replace(/"id":"d\d+",/, "")).join("\n"),
};

for (const [what, content] of Object.entries(PLAIN)) {
  test(`documents read by their numbers are those of the corpus: ${what}`, async (t) => {
    await inFolder(async (folder) => {
      const file = path.join(folder, "corpus.jsonl");
      await writeFile(file, content);
      const all = await readCorpus(file);
      const read = await openDocuments(file);
      const numbers = [all.length - 1, 0, 0, 1, 255, 256, 700].filter((i) => i < all.length);
      t.deepEqual(
        await read?.(numbers),
        numbers.map((i) => all[i]),
      );
      t.deepEqual(await read?.(Array.from(all.keys())), all);
      await t.throwsAsync(async () => read?.([all.length]), {
        instanceOf: FormatError,
        message: `${file}: has no document ${all.length}, or was rewritten after it was opened`,
      });
    });
  });
}

test("documents of a corpus that is written anew in the same length are an error, not other documents", async (t) => {
  await inFolder(async (folder) => {
    const file = path.join(folder, "corpus.jsonl");
    await writeFile(file, RECORDS.join("\n"));
    await utimes(file, 1e9, 1e9);
    const all = await readCorpus(file);
    const read = await openDocuments(file);
    t.deepEqual(await read?.([700]), [all[700]]);
    await writeFile(file, [...RECORDS].reverse().join("\n"));
    await t.throwsAsync(async () => read?.([5]), {
      message: /: has no document 5, or was rewritten/,
    });
    await writeFile(file, RECORDS.join("\n"));
    await utimes(file, 1e9, 1e9);
    t.deepEqual(await read?.([5]), [all[5]]);
  });
});

/** Corpora that only a reader of the whole file understands. */
const OTHERS: [name: string, content: string | Buffer][] = [
  ["rows.csv", "id,text\n1,a\n"],
  ["rows.json", `[${RECORDS.join(",")}]`],
  ["windows-1252.jsonl", Buffer.from(RECORDS.join("\n"), "latin1")],
  ["utf-16.jsonl", Buffer.from(`\uFEFF${RECORDS.join("\n")}`, "utf16le")],
  // A blank of Unicode, which is no record.
  ["blank.jsonl", `${RECORDS[0]}\n\u00A0\n${RECORDS[1]}`],
];

for (const [name, content] of OTHERS) {
  test(`documents are not read by their numbers from ${name}`, async (t) => {
    await inFolder(async (folder) => {
      const file = path.join(folder, name);
      await writeFile(file, content);
      t.true((await readCorpus(file)).length > 0);
      t.is(await openDocuments(file), undefined);
    });
  });
}
