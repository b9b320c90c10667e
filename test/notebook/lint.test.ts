import test from "ava";
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import {
  NOTEBOOK_METADATA,
  type Notebook,
  type Output,
  parseNotebook,
  compareOutputs,
  lintNotebook,
  lintOutputs,
} from "../../src/notebook/index.js";

function oneCell(source: string, outputs: Output[] = [], count: number | null = 1): Notebook {
  const cell = {
    cell_type: "code" as const,
    source,
    metadata: {},
    execution_count: count,
    outputs,
  };
  return { nbformat: 4, nbformat_minor: 5, metadata: { ...NOTEBOOK_METADATA }, cells: [cell] };
}

function stream(name: "stdout" | "stderr", text: string): Output {
  return { output_type: "stream", name, text };
}

for (const [source, problem] of [
  ["await (async () => 1)();", /name the promise first/],
  ["await [f()];", /name the promise first/],
  ["for await (const x of xs) f(x);", /needs another await/],
  ['import { readFile } from "fs/promises";', /with "node:"/],
  ['const path = require("path");', /with "node:"/],
  ['import { f } from "../dist/index.js";', /import the library as/],
  ['import { f } from "./danfo.ts";', /without ".ts"/],
  ['import { f } from "feature-families/dist/sae";', /"feature-families" or a sub-path/],
  ['import { f } from "feature-families/sae/train";', /"feature-families" or a sub-path/],
  ["const u = import.meta.url;", /import\.meta/],
  ["console.log(__dirname);", /process\.cwd/],
  ["export const a = 1;", /cannot export/],
  ["const s = xs.toSorted();", /ES2022/],
  ["show(figure);", /await every show/],
] as const) {
  test(`a cell with ${source.slice(0, 40)} is reported`, (t) => {
    const findings = lintNotebook(oneCell(source));
    t.is(findings.length, 1, findings.join("\n"));
    t.regex(findings[0], problem);
    t.regex(findings[0], /^cell 1: /);
  });
}

test("a sound cell passes, and comments do not count", (t) => {
  const source = [
    'import { show, loadAtlas } from "feature-families";',
    'import { loadSae } from "feature-families/sae";',
    'import { readFile } from "node:fs/promises";',
    'import { frame } from "./danfo";',
    "// await (x) and import.meta are forbidden",
    "await null;",
    "for await (const row of rows) use(row);",
    "const names = rows.map(({ path }) => path);",
    "await show(figure);",
  ].join("\n");
  t.deepEqual(lintNotebook(oneCell(source)), []);
});

test("outputs that must not be committed are reported", (t) => {
  const plotly = { "application/vnd.plotly.v1+json": {} };
  const notebook = oneCell("f();", [
    { output_type: "error", ename: "RangeError", evalue: "no", traceback: [] },
    { output_type: "display_data", data: plotly, metadata: {} },
    stream("stdout", "read /home/ada/data.npy with sk-abcdefghijklmnopqrst"),
  ]);
  t.deepEqual(lintOutputs(notebook), [
    "cell 1: failed: RangeError: no",
    "cell 1: shows a figure without a picture",
    "cell 1: shows the absolute path /home/ada",
    "cell 1: shows what looks like a key, sk-abc…",
  ]);
  t.deepEqual(lintOutputs(oneCell("f();", [], null)), ["cell 1: was not run"]);
  t.deepEqual(lintOutputs({ ...oneCell("f();"), metadata: {} }), ['the kernel is not "tslab"']);
});

test("compareOutputs finds another text and a figure's other data, but for times, pictures and pieces", (t) => {
  const shown = (text: string, value: number, picture: string): Notebook =>
    oneCell("f();", [
      stream("stdout", text),
      {
        output_type: "display_data",
        data: {
          "application/vnd.plotly.v1+json": { data: [{ y: [value] }] },
          "image/png": picture,
        },
        metadata: {},
      },
    ]);
  const expected = shown("3 SAEs in 1.5 s, error 0.27", 1, "a");
  t.deepEqual(compareOutputs(expected, shown("3 SAEs in 12 s, error 0.27", 1, "b")), []);
  const [text, ...others] = compareOutputs(expected, shown("3 SAEs in 1.5 s, error 0.28", 1, "a"));
  t.regex(text, /^cell 1: outputs are out of date: expected .*error 0\.27.*, got .*error 0\.28/s);
  t.deepEqual(others, []);
  t.regex(compareOutputs(expected, shown("3 SAEs in 1.5 s, error 0.27", 2, "a"))[0], /out of date/);
});

test("compareOutputs finds a missing output and new text on standard error", (t) => {
  const picture: Output = { output_type: "display_data", data: { "image/png": "" }, metadata: {} };
  const expected = oneCell("f();", [stream("stdout", "bc"), picture]);
  t.deepEqual(
    compareOutputs(
      expected,
      oneCell("f();", [stream("stdout", "b"), stream("stdout", "c"), picture]),
    ),
    [],
  );
  t.deepEqual(compareOutputs(expected, oneCell("f();", [stream("stderr", "Error: x\n")])), [
    "cell 1: expected stdout, image/png, got stderr: Error: x",
  ]);
  t.deepEqual(compareOutputs(expected, oneCell("f();")), [
    "cell 1: expected stdout, image/png, got no output",
  ]);
});

const committed = existsSync("notebooks")
  ? readdirSync("notebooks").filter((name) => name.endsWith(".ipynb"))
  : [];

for (const name of committed) {
  const file = `notebooks/${name}`;
  test(`${file} is sound, was run, and shows nothing private`, (t) => {
    const notebook = parseNotebook(readFileSync(file, "utf8"), file);
    t.deepEqual([...lintNotebook(notebook), ...lintOutputs(notebook)], []);
    t.true(statSync(file).size < 2_000_000, "larger than 2 MB");
  });
}
