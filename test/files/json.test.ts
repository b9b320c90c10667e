import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import test from "ava";
import { FormatError } from "../../src/core/index.js";
import {
  bytesSource,
  parseJson,
  readJson,
  readJsonl,
  readLines,
  readText,
  stringifyJson,
  writeJson,
  writeJsonl,
} from "../../src/files/index.js";
import { atLength } from "../support/campaign.js";
import { inFolder } from "../support/folder.js";
import { sharedPath } from "../support/shared.js";

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const out: T[] = [];
  for await (const item of items) out.push(item);
  return out;
}

test("parseJson reads bare NaN and infinities, but not inside strings", (t) => {
  const text =
    '{"a": NaN, "b": [-Infinity, Infinity], "NaN": "NaN \\"Infinity\\\\", "c": {"d": NaN}}';
  t.deepEqual(parseJson(text, "x"), {
    a: NaN,
    b: [-Infinity, Infinity],
    NaN: 'NaN "Infinity\\',
    c: { d: NaN },
  });
  t.is(parseJson("NaN", "x"), NaN);
  t.is(parseJson("\ufeff-Infinity", "x"), -Infinity);
});

test("parseJson keeps strings that hold private characters beside a NaN", (t) => {
  t.deepEqual(parseJson('["\ue000", "\\uE001", NaN]', "x"), ["\ue000", "\ue001", NaN]);
});

test("parseJson finds a free private character beside all the others", (t) => {
  const letters = Array.from({ length: 0x18ff }, (_, i) => String.fromCharCode(0xe000 + i)).join(
    "",
  );
  t.deepEqual(parseJson(`["${letters}", NaN]`, "x"), [letters, NaN]);
});

test("parseJson names the file and the line of an error", (t) => {
  const error = t.throws(() => parseJson('{"a": NaN,\n"b": 1,\n"c" 2}', "file.json"), {
    instanceOf: FormatError,
  });
  t.regex(error?.message ?? "", /^file\.json: not valid JSON on line 3: /);
  t.throws(() => parseJson("-NaN", "x"), { instanceOf: FormatError });
  t.throws(() => parseJson("NaNNaN", "x"), { instanceOf: FormatError });
  t.throws(() => parseJson(" \n", "x"), { message: "x: expected JSON, found nothing" });
  t.throws(() => parseJson("[".repeat(200_000), "x"), { message: /nested over 1000 deep/ });
});

test("stringifyJson writes NaN as null and typed arrays as arrays", (t) => {
  const value = { a: NaN, b: Float32Array.of(1, 0.5), c: 3n, d: 2n ** 64n };
  t.is(stringifyJson(value), '{"a":null,"b":[1,0.5],"c":3,"d":"18446744073709551616"}');
});

test("parseJson reads the paper's labels with their bare NaN", async (t) => {
  const path = sharedPath("data/paper/feature_analysis_results_16_partial.json");
  if (path === undefined) {
    t.log("skipped: the paper's data is absent");
    t.pass();
    return;
  }
  const rows = (await readJson(path)) as { label: string; pearson_correlation: number }[];
  t.is(rows.length, 910);
  t.is(rows.filter((row) => Number.isNaN(row.pearson_correlation)).length, 1);
});

test("readText and readLines unpack gzip by name and pass over a byte order mark", async (t) => {
  const text = "\ufeffä\r\nb\n\nlast";
  for (const source of [
    bytesSource("a.txt", Buffer.from(text)),
    bytesSource("a.txt.GZ", gzipSync(text)),
  ]) {
    t.is(await readText(source), "ä\r\nb\n\nlast");
    t.deepEqual(await all(readLines(source)), ["ä", "b", "", "last"]);
  }
  t.deepEqual(await all(readLines(bytesSource("e", new Uint8Array(0)))), []);
});

test("readLines joins lines and letters that are cut between chunks", async (t) => {
  const lines = Array.from({ length: 50_000 }, (_, i) => `line ${i} ${"é".repeat(i % 40)}`);
  const bytes = Buffer.from(`${lines.join("\n")}\n`);
  t.deepEqual(await all(readLines(bytesSource("long", bytes))), lines);
});

(atLength ? test : test.skip)("readLines refuses a line that no string can hold", async (t) => {
  const chunk = Buffer.alloc(1024 * 1024, "x");
  chunk.set(Buffer.from("first\n"));
  const rest = Buffer.alloc(1024 * 1024, "x");
  const source = {
    name: "endless",
    byteLength: 600 * chunk.length,
    read: (start: number) => Promise.resolve(start === 0 ? chunk : rest),
    readInto: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
  await t.throwsAsync(all(readLines(source)), {
    instanceOf: FormatError,
    message: /endless: line 2 has over 536869888 characters/,
  });
});

test("readText refuses other encodings, damaged gzip and bombs", async (t) => {
  const packed = gzipSync("some text that is long enough to be cut");
  const bomb = gzipSync(Buffer.alloc(70 * 1024 * 1024));
  const cases: [string, Uint8Array, RegExp][] = [
    ["latin1.txt", Uint8Array.of(0x61, 0xe9, 0x61), /not UTF-8 text/],
    ["cut.gz", packed.subarray(0, packed.length - 9), /gzip data is damaged or truncated/],
    ["plain.gz", Buffer.from("plain"), /gzip data is damaged or truncated: incorrect header check/],
    ["empty.gz", new Uint8Array(0), /gzip data is damaged or truncated/],
    ["bomb.gz", bomb, /unpacks to over 67108864 bytes from \d+/],
  ];
  for (const [name, bytes, message] of cases) {
    await t.throwsAsync(readText(bytesSource(name, bytes)), { instanceOf: FormatError, message });
  }
  await t.throwsAsync(all(readLines(bytesSource("s.gz", packed), { mostUnpacked: 5 })), {
    message: /unpacks to over 5 bytes/,
  });
});

test("readJsonl gives line numbers, passes over blank lines and names a bad one", async (t) => {
  const source = bytesSource("a.jsonl", Buffer.from('{"a":1}\n\n[NaN]\n'));
  t.deepEqual(await all(readJsonl(source)), [
    { line: 1, value: { a: 1 } },
    { line: 3, value: [NaN] },
  ]);
  await t.throwsAsync(all(readJsonl(bytesSource("b.jsonl", Buffer.from("1\n{\n")))), {
    instanceOf: FormatError,
    message: /^b\.jsonl: line 2: not valid JSON/,
  });
});

for (const name of ["rows.jsonl", "rows.jsonl.gz"]) {
  test(`writeJsonl writes ${name} that readJsonl reads`, (t) =>
    inFolder(async (folder) => {
      const rows = Array.from({ length: 9_000 }, (_, i) => ({ id: `0${i}`, text: "line\nfeed" }));
      await writeJsonl(join(folder, name), rows);
      t.deepEqual(
        (await all(readJsonl(join(folder, name)))).map(({ value }) => value),
        rows,
      );
      await writeJsonl(join(folder, `again-${name}`), rows);
      t.deepEqual(readFileSync(join(folder, name)), readFileSync(join(folder, `again-${name}`)));
    }));

  test(`a failing writeJsonl of ${name} leaves nothing behind`, (t) =>
    inFolder(async (folder) => {
      const cyclic: unknown[] = [];
      cyclic.push(cyclic);
      await t.throwsAsync(writeJsonl(join(folder, name), [1, cyclic]), { instanceOf: TypeError });
      t.throws(() => readFileSync(join(folder, name)));
    }));
}

test("writeJson writes what readJson reads", (t) =>
  inFolder(async (folder) => {
    await writeJson(join(folder, "a.json"), { a: [1, 2] });
    t.deepEqual(await readJson(join(folder, "a.json")), { a: [1, 2] });
  }));
