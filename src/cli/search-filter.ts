import { readCorpusRows } from "../data/corpus-rows.js";
import { type Document } from "../data/corpus.js";
import { UsageError } from "./command.js";

const ID_COLUMNS = ["arxiv_id", "id", "doc_id"];
const CLASS_COLUMNS = ["category", "categories", "classes"];

interface Filters {
  class?: string;
  year?: string;
  metadata?: string;
  ids?: string;
}

/**
 * The filter of the options `class`, `year`, `metadata` and `ids`; undefined where none is given. Throws UsageError for
 * a year without metadata and for what is no range.
 */
export async function readFilter(
  filters: Filters,
  documents: readonly Document[],
): Promise<((row: number) => boolean) | undefined> {
  const { class: wanted, year, metadata, ids } = filters;
  const tests: ((row: number) => boolean)[] = [];
  if (year !== undefined && metadata === undefined) {
    throw new UsageError("search: --year needs --metadata, a table with the columns id and year");
  }
  const rows = metadata === undefined ? undefined : await readMetadata(metadata);
  if (wanted !== undefined) {
    tests.push((row) => {
      const { id, classes } = documents[row];
      return classes.includes(wanted) || classesOf(rows?.get(id)).includes(wanted);
    });
  }
  if (year !== undefined && rows) {
    const [from, to] = readYears(year);
    tests.push((row) => {
      const value = Number(rows.get(documents[row].id)?.year ?? NaN);
      return value >= from && value <= to;
    });
  }
  if (ids !== undefined) {
    const wantedIds = new Set(ids.split(",").map((id) => id.trim()));
    tests.push((row) => wantedIds.has(documents[row].id));
  }
  return tests.length === 0 ? undefined : (row) => tests.every((holds) => holds(row));
}

async function readMetadata(file: string): Promise<Map<string, Record<string, unknown>>> {
  const rows = new Map<string, Record<string, unknown>>();
  for await (const { row } of readCorpusRows(file)) {
    const column = ID_COLUMNS.find((name) => row[name] !== undefined && row[name] !== null);
    if (column === undefined) {
      throw new UsageError(`search: --metadata needs a column ${ID_COLUMNS.join(" or ")}`);
    }
    rows.set(String(row[column]), row);
  }
  return rows;
}

function classesOf(row: Record<string, unknown> | undefined): string[] {
  const value = CLASS_COLUMNS.map((name) => row?.[name]).find((found) => found !== undefined);
  if (Array.isArray(value)) return value.map(String);
  return typeof value === "string" ? value.split(/[\s;]+/) : [];
}

function readYears(text: string): [number, number] {
  const match = /^(\d{1,4})?(-)?(\d{1,4})?$/.exec(text.trim());
  const [, from, dash, to] = match ?? [];
  if (from === undefined && to === undefined) {
    throw new UsageError(`search: --year takes 2015, 2010-2015, 2010- or -2015, got "${text}"`);
  }
  return [Number(from ?? -Infinity), Number(to ?? (dash === undefined ? from : Infinity))];
}
