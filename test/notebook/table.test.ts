import test from "ava";
import {
  selectColumns,
  tableFromRecords,
  tableToHtml,
  tableToText,
} from "../../src/notebook/index.js";

test("tableFromRecords puts values under their own names, whatever the order of keys", (t) => {
  const table = tableFromRecords([{ a: 1, b: 2 }, { b: 20, a: 10 }, { b: 3 }]);
  t.deepEqual(table, {
    columns: ["a", "b"],
    rows: [
      [1, 2],
      [10, 20],
      [undefined, 3],
    ],
  });
});

test("tableFromRecords keeps the asked columns in the asked order", (t) => {
  const table = tableFromRecords([{ a: 1, b: 2, c: 3 }], { columns: ["c", "a"] });
  t.deepEqual(table, { columns: ["c", "a"], rows: [[3, 1]] });
  t.throws(() => tableFromRecords([{ a: 1 }], { columns: ["x"] }), {
    instanceOf: RangeError,
    message: 'table: there is no column "x", only a',
  });
});

test("selectColumns keeps and orders columns; no records still have the asked columns", (t) => {
  const table = { columns: ["a", "b"], rows: [[1, 2]] };
  t.deepEqual(selectColumns(table, ["b"]), { columns: ["b"], rows: [[2]] });
  t.deepEqual(tableFromRecords([], { columns: ["b"] }), { columns: ["b"], rows: [] });
});

test("tableToHtml escapes headers and cells", (t) => {
  const html = tableToHtml({ columns: ["<a>"], rows: [['<img src=x onerror="f()">']] });
  t.false(html.includes("<img"));
  t.true(html.includes("&lt;a&gt;"));
  t.true(html.includes("&lt;img src=x onerror=&quot;f()&quot;&gt;"));
});

test("tableToText aligns numbers to the right and rounds them", (t) => {
  const table = {
    columns: ["word", "share"],
    rows: [
      ["dog", 0.123456],
      ["lynx", 12],
    ],
  };
  t.is(tableToText(table), "word   share\n----  ------\ndog   0.1235\nlynx      12");
});

test("a long table says how many rows it leaves out", (t) => {
  const rows = Array.from({ length: 1025 }, (_, i) => [i]);
  const text = tableToText({ columns: ["i"], rows }, { maxRows: 2 });
  t.is(text, "i\n-\n0\n1\n… and 1,023 more rows");
});

test("a row of the wrong length is refused", (t) => {
  t.throws(() => tableToText({ columns: ["a", "b"], rows: [[1]] }), {
    instanceOf: RangeError,
    message: "table: row 0 has 1 cells, expected 2 (a, b)",
  });
});

test("long text is cut and lists are joined", (t) => {
  const text = tableToText({ columns: ["x"], rows: [["abcdef"], [["u", "v"]]] }, { maxWidth: 4 });
  t.is(text, "x\n----\nabc…\nu, v");
});
