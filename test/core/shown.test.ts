import test from "ava";
import { FormatError, shown } from "../../src/core/index.js";

test("a value is shown much as JSON", (t) => {
  const cases: [unknown, string][] = [
    [undefined, "nothing"],
    [null, "null"],
    ["a\nb", '"a\\nb"'],
    [1.5, "1.5"],
    [12345678901234567890n, "12345678901234567890"],
    [[1, "a", [true]], '[1,"a",[true]]'],
    [{ a: 1, b: { c: null } }, '{"a":1,"b":{"c":null}}'],
    [
      new Map<unknown, unknown>([
        ["a", 1],
        [2, []],
      ]),
      '{"a":1,"2":[]}',
    ],
    [new Set([1, 2]), "[1,2]"],
    [Float32Array.of(1, 2), "[1,2]"],
    [new Date(0), '"1970-01-01T00:00:00.000Z"'],
  ];
  for (const [value, expected] of cases) t.is(shown(value), expected);
});

test("whatever holds itself, is deep, wide or long is shown cut", (t) => {
  const own: unknown[] = [1];
  own.push(own);
  t.is(shown(own, 12), "[1,[1,[1,[1,…");
  let deep: unknown = [];
  for (let i = 0; i < 100_000; i++) deep = [deep];
  t.is(shown(deep, 3), "[[[…");
  const map = new Map<unknown, unknown>();
  map.set(map, map);
  for (const value of [map, "x".repeat(1e7), new Array<number>(1e6).fill(7), { a: own }]) {
    t.true(shown(value).length <= 61);
  }
});

test("no FormatError is longer than a paragraph, whatever the file holds", (t) => {
  const { message } = new FormatError("a.json", `got ${"x\u0000".repeat(1e6)}`);
  t.true(message.startsWith("a.json: got x?x?"));
  t.true(message.length < 1100);
});
