import { ownValue } from "../core/collections.js";
import { ArgumentError } from "../core/errors.js";
import { listed } from "../core/shown.js";
import type { Document } from "../corpus/corpus.js";
import { readCorpusRows } from "../corpus/corpus-rows.js";

const METADATA_IDS = ["arxiv_id", "id", "doc_id"] as const;
const CLASS_COLUMNS = ["category", "categories", "classes"] as const;
// A date begins with its year.
const YEAR_COLUMNS = ["year", "date", "published", "update_date"];

/** Which documents may be found; conditions that are not given do not count, the others must all hold. */
export interface DocumentFilter {
  /** Documents of this class or category. */
  class?: string;
  /** Documents of these years: `2015`, `2010-2015`, `2010-` or `-2015`. */
  year?: string;
  /** Conditions, in a list or by commas: COLUMN=VALUE (one item of a list), COLUMN>=NUMBER or COLUMN<=NUMBER. */
  where?: string | readonly string[];
  /** A table with `arxiv_id` or `id` and the columns of `year` and `where`. Default: the corpus's own file. */
  metadata?: string;
  /** Ids of documents, in a list or by commas. */
  ids?: string | readonly string[];
}

type Row = Record<string, unknown>;

/** A table's rows by document, and the columns that any of them has. */
interface Table {
  asker: string;
  rows: Map<string, Row>;
  columns: Set<string>;
}

/**
 * Whether the document at a row may be found; undefined where no condition is given. Years and
 * columns are those of the metadata, else of the corpus's own file. Throws ArgumentError for a column that is in neither,
 * a class that no document has, and for what is no range or condition; messages begin with `asker`.
 */
export async function readFilter(
  filters: DocumentFilter,
  documents: readonly Document[],
  corpus: string,
  asker = "search",
): Promise<((row: number) => boolean) | undefined> {
  const { class: wanted, year, where, metadata, ids } = filters;
  const tests: ((document: Document) => boolean)[] = [];
  let table: Table | undefined;
  const conditions = where === undefined ? [] : listOf(where);
  if (metadata !== undefined) table = await readTable({ asker, file: metadata, conditions });
  else if (year !== undefined || where !== undefined) {
    table = await readTable({ asker, file: corpus, conditions, documents });
  }
  if (wanted !== undefined) {
    const rows = table?.rows;
    const holds = ({ id, classes }: Document): boolean =>
      classes.includes(wanted) || classesOf(rows?.get(id)).includes(wanted);
    if (!documents.some(holds)) {
      const some = documents.find(({ classes }) => classes.length > 0)?.classes[0];
      const example = some === undefined ? "" : `; write a class as ${some}`;
      throw new ArgumentError(`${asker}: no document is of class "${wanted}"${example}`);
    }
    tests.push(holds);
  }
  if (year !== undefined && table) tests.push(yearTest(year, table));
  if (where !== undefined && table) {
    for (const text of conditions) tests.push(conditionTest(text, table));
  }
  if (ids !== undefined) {
    const wantedIds = new Set(listOf(ids));
    tests.push(({ id }) => wantedIds.has(id));
  }
  return tests.length === 0 ? undefined : (row) => tests.every((holds) => holds(documents[row]));
}

function listOf(text: string | readonly string[]): readonly string[] {
  return typeof text === "string" ? text.split(",").map((item) => item.trim()) : text;
}

/** The rows of a table by the ids in it, or those of the documents' own file, which come in their order. */
async function readTable({
  asker,
  file,
  conditions,
  documents,
}: {
  asker: string;
  file: string;
  conditions: readonly string[];
  documents?: readonly Document[];
}): Promise<Table> {
  const table: Table = { asker, rows: new Map(), columns: new Set() };
  const used = new Set<string>([...METADATA_IDS, ...CLASS_COLUMNS, ...YEAR_COLUMNS]);
  for (const text of conditions) used.add(parseCondition(text, asker).column);
  const select = (names: readonly string[]): string[] => {
    for (const name of names) table.columns.add(name);
    const chosen = names.filter((name) => used.has(name));
    return chosen.length > 0 ? chosen : names.slice(0, 1);
  };
  let i = 0;
  for await (const { row } of readCorpusRows(file, { select })) {
    const id = documents === undefined ? idOf(row, file, asker) : documents[i++]?.id;
    if (id !== undefined) table.rows.set(id, row);
    for (const name of Object.keys(row)) table.columns.add(name);
  }
  return table;
}

function idOf(row: Row, file: string, asker: string): string {
  const column = METADATA_IDS.find((name) => row[name] !== undefined && row[name] !== null);
  if (column !== undefined) return String(row[column]);
  throw new ArgumentError(`${asker}: ${file} needs a column ${METADATA_IDS.join(" or ")}`);
}

function classesOf(row: Row | undefined): string[] {
  const value = CLASS_COLUMNS.map((name) => row?.[name]).find((found) => found !== undefined);
  return typeof value === "string" ? value.split(/[\s;]+/) : listItems(value).map(textOf);
}

function yearTest(text: string, { asker, rows, columns }: Table): (document: Document) => boolean {
  const match = /^(\d{1,4})?(-)?(\d{1,4})?$/.exec(text.trim());
  const [, first, dash, last] = match ?? [];
  if (first === undefined && last === undefined) {
    throw new ArgumentError(
      `${asker}: year must be 2015, 2010-2015, 2010- or -2015, got "${text}"`,
    );
  }
  const [from, to] = [Number(first ?? -Infinity), Number(last ?? (dash ? Infinity : first))];
  const column = YEAR_COLUMNS.find((name) => columns.has(name));
  if (column === undefined) {
    throw new ArgumentError(
      `${asker}: year needs metadata, a table with a column ${YEAR_COLUMNS.join(" or ")}`,
    );
  }
  return ({ id }) => {
    const value = yearOf(ownValue(rows.get(id) ?? {}, column));
    return value >= from && value <= to;
  };
}

/** The year of a number, a date, or text that begins with it. */
function yearOf(value: unknown): number {
  if (value instanceof Date) return value.getUTCFullYear();
  return Number(/^\s*(\d{1,4})\b/.exec(textOf(value))?.[1] ?? NaN);
}

interface Condition {
  column: string;
  sign: string;
  wanted: string;
}

/** One condition: COLUMN=VALUE (of a list: one of its items), COLUMN>=NUMBER or COLUMN<=NUMBER. */
function parseCondition(text: string, asker: string): Condition {
  const [, column, sign, wanted] = /^([^=<>]+?)\s*(>=|<=|=)\s*(.*)$/.exec(text) ?? [];
  if (
    column === undefined ||
    (sign !== "=" && !(wanted.trim() !== "" && isFinite(Number(wanted))))
  ) {
    throw new ArgumentError(
      `${asker}: where takes COLUMN=VALUE, COLUMN>=NUMBER or COLUMN<=NUMBER, got "${text}"`,
    );
  }
  return { column, sign, wanted };
}

function conditionTest(
  text: string,
  { asker, rows, columns }: Table,
): (document: Document) => boolean {
  const { column, sign, wanted } = parseCondition(text, asker);
  if (!columns.has(column)) {
    throw new ArgumentError(
      `${asker}: no column "${column}" to filter by, only ${listed(columns)}`,
    );
  }
  return ({ id }) => {
    const value = ownValue(rows.get(id) ?? {}, column);
    if (sign === "=") return listItems(value).some((item) => textOf(item) === wanted);
    const number = textOf(value).trim() === "" ? NaN : Number(value);
    return sign === ">=" ? number >= Number(wanted) : number <= Number(wanted);
  };
}

/** The items of a list, which is a typed array where Parquet has numbers; anything else is its only item. */
function listItems(value: unknown): unknown[] {
  if (ArrayBuffer.isView(value)) return Array.from(value as Float64Array);
  return Array.isArray(value) ? value : [value];
}

function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" || typeof value === "bigint"
    ? String(value)
    : "";
}
