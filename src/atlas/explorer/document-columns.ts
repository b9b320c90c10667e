import { CONTENT_NAMES, readCorpusRows } from "../../corpus/corpus-rows.js";
import type { DocumentColumn, DocumentColumns } from "../../explorer/format.js";

/** Rows that are looked at for names of columns. */
const LOOKED_AT = 100;
/** Most different words of a column: one with more is text, not a category. */
const MOST_WORDS = 5000;

type Cell = number | string | undefined;

/** Names of the columns that a corpus has beside ids, titles and texts, by its first rows. */
export async function columnNames(corpus: string): Promise<string[]> {
  const names = new Set<string>();
  let count = 0;
  for await (const { row } of readCorpusRows(corpus)) {
    for (const [name, value] of Object.entries(row)) {
      if (!CONTENT_NAMES.has(name) && cellOf(value) !== undefined) names.add(name);
    }
    if (++count >= LOOKED_AT) break;
  }
  return [...names];
}

/** These columns, for documents as readCorpus gives them; columns of free text are left out. */
export async function readColumns(
  corpus: string,
  names: readonly string[],
  documents: number,
): Promise<DocumentColumns> {
  const cells = new Map(names.map((name) => [name, new Array<Cell>(documents)]));
  let at = 0;
  for await (const { row } of readCorpusRows(corpus)) {
    for (const [name, column] of cells) {
      if (Object.hasOwn(row, name) && at < documents) column[at] = cellOf(row[name]);
    }
    at++;
  }
  const found = [...cells].flatMap(([name, column]): [string, DocumentColumn][] => {
    const made = toColumn(column);
    return made === undefined ? [] : [[name, made]];
  });
  return Object.fromEntries(found);
}

function toColumn(cells: readonly Cell[]): DocumentColumn | undefined {
  const all = Array.from(cells);
  if (all.every((cell) => cell === undefined || typeof cell === "number")) {
    return { kind: "number", values: all.map((cell) => cell ?? null) };
  }
  const places = new Map<string, number>();
  const at = all.map((cell) => {
    if (cell === undefined) return -1;
    const word = String(cell);
    if (!places.has(word)) places.set(word, places.size);
    return places.get(word) ?? -1;
  });
  return places.size > MOST_WORDS ? undefined : { kind: "text", words: [...places.keys()], at };
}

/** A number, the year of a date, or a word: the first of a list, which is what a document is most about. */
function cellOf(value: unknown): Cell {
  const first: unknown = Array.isArray(value) ? value[0] : value;
  if (typeof first === "number" && Number.isFinite(first)) return first;
  if (typeof first === "bigint") return Number(first);
  if (typeof first === "boolean") return String(first);
  if (typeof first !== "string" || first.trim() === "") return undefined;
  if (/^\d{4}-\d\d(-\d\d|$)/.test(first)) return Number(first.slice(0, 4));
  // Several categories in one text, as arXiv writes them.
  return first.split(/[;\s]/)[0].slice(0, 100);
}
