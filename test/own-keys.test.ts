import test from "ava";
import { ESLint } from "eslint";
import { atLength } from "./support/campaign.js";

const CASES: readonly [code: string, refused: number][] = [
  ["const table = { a: 1 }; export const f = (key: string) => Object.hasOwn(table, key);", 0],
  [
    "const table = { a: 1 } as Record<string, number>; export const f = (key: string) => table[key];",
    1,
  ],
  ["export const f = (table: Record<string, number>, key: string) => table[key];", 1],
  [
    "export const f = (text: string, key: string) => (JSON.parse(text) as Record<string, number>)[key];",
    1,
  ],
  ["export function f(table: Record<string, number>, key: string) { table[key] = 1; }", 1],
  ["export const f = (table: Record<string, number>, key: string) => key in table;", 1],
  [
    "export const f = (table: Record<string, number>, key: string) => Object.hasOwn(table, key) ? table[key] : 0;",
    0,
  ],
  ["export const f = (table: Record<'a' | 'b', number>, key: 'a' | 'b') => table[key];", 0],
  ["export const f = (list: number[], at: number) => list[at];", 0],
  [
    "const table = Object.create(null) as Record<string, number>; export const f = (key: string) => table[key];",
    0,
  ],
];

// Type information of the whole project takes seconds.
(atLength ? test : test.skip)(
  "the lint rule own-keys refuses keys of data in plain objects",
  async (t) => {
    // Else, where CI is set, types are those of the file on disk, not of the text.
    process.env.TSESTREE_SINGLE_RUN = "false";
    const eslint = new ESLint();
    for (const [code, refused] of CASES) {
      const [{ messages }] = await eslint.lintText(code, { filePath: "src/core/collections.ts" });
      const found = messages.filter(({ ruleId }) => ruleId === "project/own-keys");
      t.is(found.length, refused, code);
    }
  },
);
