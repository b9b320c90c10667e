import type { Random } from "../../../src/core/index.js";
import { chooser, damageList } from "./choose.js";

const VALUES = [
  "",
  "-1",
  "0.5",
  "1e999",
  "9".repeat(40),
  "n0",
  "true",
  "&#0;",
  "&x;",
  "<",
  "\u0000",
];
const CELLS = [
  ...["", "-1", "0.5", "1e999", "9".repeat(400), "NaN", '"', '""', 'a"b', "a,b", "a;b", "a\tb"],
  ...["\u0000", "\ufeff", "\u001b]0;x\u0007", "=1+1", "__proto__", "x".repeat(100_000), "\r", "{"],
];

/** XML with tags, attributes or values dropped, doubled, moved, renamed or nested without end. */
export function damageXml(text: string, random: Random): string {
  const choose = chooser(random);
  const parts = text.match(/<[^>]*>|[^<]+/g) ?? [];
  const at = choose.below(parts.length);
  switch (choose.below(8)) {
    case 0:
    case 1:
      return damageList(parts, choose).join("");
    case 2:
      parts[at] = parts[at].replace(/ [\w:.-]+="[^"]*"/, (found) => choose.of(["", found + found]));
      break;
    case 3:
    case 4:
      parts[at] = parts[at].replace(/="[^"]*"/g, (found) =>
        choose.chance(0.5) ? `="${choose.of(VALUES)}"` : found,
      );
      break;
    case 5:
      parts[at] = parts[at].replace(/^<(\/?)(\w+)/, (_, end: string, name: string) => {
        return `<${end}${choose.of(["node", "edge", "graph", "data", "key", `x${name}`])}`;
      });
      break;
    case 6:
      if (!parts[at].startsWith("<")) parts[at] = choose.of(VALUES);
      else parts.splice(at, 0, "<!-- <node> -->", "<![CDATA[<x>]]>");
      break;
    default:
      parts.splice(
        at,
        0,
        choose
          .of(["<a>", "<data>", "&lt;", "<!DOCTYPE x [<!ENTITY y 'z'>]>"])
          .repeat(choose.of([1, 20_000])),
      );
  }
  return parts.join("");
}

/** A table with rows, cells or columns dropped, doubled, moved, renamed, or of another kind. */
export function damageTable(text: string, random: Random): string {
  const choose = chooser(random);
  const delimiter = text.includes("\t") ? "\t" : ",";
  const rows = text.split("\n").map((line) => line.split(delimiter));
  const row = choose.of(rows);
  const column = choose.below(rows[0].length);
  const joined = (): string => rows.map((cells) => cells.join(delimiter)).join("\n");
  switch (choose.below(9)) {
    case 0:
      return damageList(text.split("\n"), choose).join("\n");
    case 1:
      rows.splice(choose.below(rows.length), 1, damageList(row, choose));
      return joined();
    case 2:
      rows[0] = damageList(rows[0], choose);
      return joined();
    case 3:
      rows[0][column] = choose.of([
        "",
        "__proto__",
        "constructor",
        rows[0][0],
        rows[0][0].toUpperCase(),
      ]);
      return joined();
    case 4:
      for (const cells of rows) cells.splice(column, 1);
      return joined();
    case 5:
      return text.replaceAll(delimiter, choose.of([";", "|", "\t", ""]));
    case 6:
      return choose.of(["sep=;\n", "\ufeff", "\n\n", "#\n", '"']) + text;
    default:
      row[choose.below(row.length)] = choose.of(CELLS);
      return joined();
  }
}
