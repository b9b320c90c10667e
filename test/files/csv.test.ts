import test from "ava";
import { FormatError } from "../../src/core/index.js";
import { formatCsv, parseCsv, readText } from "../../src/files/index.js";
import { sharedPath } from "../support/shared.js";

test("parseCsv keeps values as text, zeros in front included", (t) => {
  t.deepEqual(parseCsv("id,x\n0004001,1.50\n", "a"), {
    columns: ["id", "x"],
    rows: [["0004001", "1.50"]],
  });
});

test("parseCsv reads quoted delimiters, doubled quotes and line ends in fields", (t) => {
  const text = '\ufeffa,b\r\n"x, ""y""","line\r\nbreak"\r\n,""\r\n\r\nlast,5" pipe';
  t.deepEqual(parseCsv(text, "a"), {
    columns: ["a", "b"],
    rows: [
      ['x, "y"', "line\r\nbreak"],
      ["", ""],
      ["last", '5" pipe'],
    ],
  });
  t.deepEqual(parseCsv("a\tb\n1,5\t2", "a", { delimiter: "\t" }).rows, [["1,5", "2"]]);
});

test("parseCsv names the line of what is malformed", (t) => {
  const cases: [string, RegExp][] = [
    ["", /csv has no header row with column names/],
    ['a,b\n1,"2', /line 2 opens a quote that is never closed/],
    ['a,b\n"1"x,2', /line 2 has text after a closing quote/],
    ['a,b\n"1\n1",2\n\n3', /line 5 has 1 fields, expected 2/],
  ];
  for (const [text, message] of cases) {
    t.throws(() => parseCsv(text, "f.csv"), { instanceOf: FormatError, message });
  }
});

test("formatCsv writes what parseCsv reads", (t) => {
  const columns = ["label", "n", "ok"];
  const rows = [
    ['say "hi", twice', 1.5, true],
    ["two\nlines", null, false],
    [" padded ", NaN, undefined],
  ];
  const text = formatCsv(columns, rows);
  t.is(text, 'label,n,ok\n"say ""hi"", twice",1.5,true\n"two\nlines",,false\n" padded ",,\n');
  t.deepEqual(parseCsv(text, "x").rows[1], ["two\nlines", "", "false"]);
  t.deepEqual(parseCsv(formatCsv(["one"], [[""], ["a"]]), "x").rows, [[""], ["a"]]);
  t.throws(() => formatCsv(["a"], [[1, 2]]), { instanceOf: RangeError });
});

test("formatCsv keeps texts from being formulas, and parseCsv gives them back", (t) => {
  const rows = [
    "=1+1",
    "+1",
    "-x",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    " =1",
    "＝1",
    "'=1",
    "''-",
    "'tis",
    "a=b",
    "",
  ];
  const table = [...rows.map((text) => [text, -1]), ["=a", NaN]];
  const text = formatCsv(["-label", "n"], table);
  const cells = parseCsv(text, "x");
  t.is(cells.columns[0], "'-label");
  t.deepEqual(
    cells.rows.map(([cell]) => /^[=+\-@\t\r\n\s＝]/.test(cell)),
    cells.rows.map(() => false),
  );
  t.deepEqual(cells.rows[1], ["'+1", "-1"], "a number stays one");
  const read = parseCsv(text, "x", { guarded: true });
  t.is(read.columns[0], "-label");
  t.deepEqual(
    read.rows.map(([cell]) => cell),
    [...rows, "=a"],
  );
  t.deepEqual(
    parseCsv(formatCsv(["a", "n"], table, { raw: true }), "x").rows.map(([cell]) => cell),
    [...rows, "=a"],
  );
});

test("parseCsv reads the reference's paper metadata", async (t) => {
  const path = sharedPath("reference/paper_metadata.csv");
  if (path === undefined) {
    t.log("skipped: the reference kit is absent");
    t.pass();
    return;
  }
  const { columns, rows } = parseCsv(await readText(path), path);
  t.deepEqual(columns, ["arxiv_id", "title", "citation_count", "author", "year"]);
  t.is(rows.length, 6000);
});

test("cells of a table hold nothing that steers a terminal, unless they are wanted raw", (t) => {
  const hostile = "a\u001b]52;c;x\u0007b\u009b2Jc\u202ed\u2028e\u0000f\u007f\r\n\tg é\u200dh";
  const safe = formatCsv(["label"], [[hostile], ["\u0000=1+1"]]);
  t.notRegex(
    safe,
    /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e]/,
  );
  t.deepEqual(parseCsv(safe, "x").rows, [
    ["a\ufffd]52;c;x\ufffdb\ufffd2Jc\ufffdd\ufffde\ufffdf\ufffd\r\n\tg é\u200dh"],
    ["\ufffd=1+1"],
  ]);
  t.deepEqual(parseCsv(formatCsv(["label"], [[hostile]], { raw: true }), "x").rows, [[hostile]]);
});
