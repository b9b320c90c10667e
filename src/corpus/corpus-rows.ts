import { stat } from "node:fs/promises";
import { FormatError } from "../core/errors.js";
import { shown } from "../core/shown.js";
import { isRecord, ownValue } from "../core/collections.js";
import { type CsvTable, parseCsv } from "../files/csv.js";
import { parseJson, parseJsonValues } from "../files/json-text.js";
import { readJsonl } from "../files/jsonl.js";
import { streamParquetRows } from "../files/parquet/parquet.js";
import { type TextOptions, readHead, readText } from "../files/text.js";

/** The usual names of what documents are made of. */
export const COLUMN_NAMES = {
  id: ["id", "arxiv_id", "doc_id"],
  title: ["title"],
  text: ["text", "abstract"],
  classes: ["classes", "categories"],
} as const;

/** The names of ids, titles and texts. */
export const CONTENT_NAMES: ReadonlySet<string> = new Set([
  ...COLUMN_NAMES.id,
  ...COLUMN_NAMES.title,
  ...COLUMN_NAMES.text,
]);

/** Files of a spreadsheet, and what was made of them, may not be in UTF-8. */
const FALLBACK = "windows-1252";

/** How far a JSON file is read to see whether its lines are records. */
const HEAD = 1024 * 1024;

type Row = Record<string, unknown>;

/** One record of a corpus and its place in the file, for errors. */
export interface CorpusRow {
  place: string;
  row: Row;
}

/** What of a corpus file is read, and who is told of it. */
export interface CorpusRowsOptions {
  /** Chooses among a Parquet file's columns; other formats are read whole. Default all. */
  select?: (columns: readonly string[]) => readonly string[];
  /** Called with what a person should know of the file. */
  onWarning?: (warning: string) => void;
}

/**
 * The records of a corpus file one by one: JSON lines, a table (.csv, .tsv), .parquet or a folder of those, or JSON: a list
 * of rows, records one after the other, pandas's layouts, the paper's abstract_texts.json. Whether a .json or .jsonl has
 * a record per line is seen from its content. Throws FormatError for another name and for a record that is no object.
 */
export async function* readCorpusRows(
  path: string,
  { select, onWarning }: CorpusRowsOptions = {},
): AsyncGenerator<CorpusRow> {
  const name = bareName(path);
  const onFallback = (): void =>
    onWarning?.(`${path} is not valid UTF-8 and is read as Windows-1252`);
  const reading: TextOptions = { fallback: FALLBACK, onFallback };
  if (name.endsWith(".parquet") || (await isFolder(path))) {
    let i = 0;
    for await (const row of streamParquetRows(path, { columns: select })) {
      yield { place: `row ${++i}`, row };
    }
  } else if (/\.(jsonl|ndjson|json)$/.test(name)) {
    yield* (await hasLines(path)) ? lineRows(path, reading) : valueRows(path, reading);
  } else if (/\.(csv|tsv)$/.test(name)) {
    const text = await readText(path, reading);
    const { columns, rows } = name.endsWith(".tsv") ? parseTabs(text, path) : parseCsv(text, path);
    const twice = (select?.(columns) ?? columns).find(
      (name) => columns.indexOf(name) !== columns.lastIndexOf(name),
    );
    if (twice !== undefined) throw new FormatError(path, `has two columns ${shown(twice)}`);
    for (let i = 0; i < rows.length; i++) {
      const row = Object.fromEntries(columns.map((column, c) => [column, rows[i][c]]));
      yield { place: `row ${i + 1}`, row };
    }
  } else {
    throw new FormatError(
      path,
      "expected a name that ends in .jsonl, .csv or .json, or .gz behind it, or in .parquet",
    );
  }
}

/** A table between tabs: some writers quote, others write quotes as text. */
function parseTabs(text: string, path: string): CsvTable {
  try {
    return parseCsv(text, path, { delimiter: "\t" });
  } catch {
    return parseCsv(text, path, { delimiter: "\t", quotes: false });
  }
}

async function* lineRows(path: string, reading: TextOptions): AsyncGenerator<CorpusRow> {
  for await (const { line, value } of readJsonl(path, { ...reading, exactIntegers: true })) {
    if (!isRecord(value)) throw new FormatError(path, `line ${line}: expected an object`);
    yield { place: `line ${line}`, row: value };
  }
}

async function* valueRows(path: string, reading: TextOptions): AsyncGenerator<CorpusRow> {
  const items = jsonRows(await readValues(path, reading), path);
  for (let i = 0; i < items.length; i++) {
    const row = items[i];
    if (!isRecord(row)) throw new FormatError(path, `item ${i}: expected an object`);
    yield { place: `item ${i}`, row };
  }
}

/** The value of a JSON file; a list of its values where it holds several, one after the other. */
async function readValues(path: string, reading: TextOptions): Promise<unknown> {
  const text = await readText(path, reading);
  const options = { exactIntegers: true };
  try {
    const value = parseJson(text, path, options);
    if (!isRecord(value) || !Object.values(value).every(isRecord)) return value;
    // JavaScript would sort keys that are numbers, and rows must keep their order.
    return parseJson(text.replace(/(?<!\\)"(\d+)"(?=\s*:)/g, '"#$1"'), path, options);
  } catch (error) {
    if (!/[}\]]\s*\{/.test(text)) throw error;
    return [...parseJsonValues(text, path, options)];
  }
}

/** Whether a file by that name has a record per line, and is not packed. */
export async function isPlainLines(path: string): Promise<boolean> {
  return /\.(jsonl|ndjson|json)$/i.test(path) && !(await isFolder(path)) && hasLines(path);
}

/** Whether a JSON file has a record per line: its first line is a value of its own, and in a .json another follows. */
async function hasLines(path: string): Promise<boolean> {
  const isJson = bareName(path).endsWith(".json");
  const head = (await readHead(path, HEAD, { fallback: FALLBACK })).trimStart();
  const end = head.indexOf("\n");
  const first = (end < 0 ? head : head.slice(0, end)).trim();
  if (!isJson) return !/^(\{|\[|\[\s*\{.*)$/.test(first);
  if (end < 0 || !head.slice(end).trimStart().startsWith("{")) return false;
  try {
    return isRecord(JSON.parse(first));
  } catch {
    return false;
  }
}

/**
 * The rows of a JSON value: a list, or one under any name; pandas's "split" ({columns, data}) and "table" ({data}); an object of columns, each
 * a list or an object by row ("columns"); or an object of rows ("index").
 */
function jsonRows(value: unknown, path: string): unknown[] {
  if (Array.isArray(value)) return value;
  if (isRecord(value) && Array.isArray(value.data)) {
    const { columns, data } = value as { columns?: unknown; data: unknown[] };
    if (!Array.isArray(columns)) return data;
    return data.map((cells) =>
      Array.isArray(cells)
        ? Object.fromEntries(columns.map((column, c) => [String(column), cells[c] as unknown]))
        : cells,
    );
  }
  if (isRecord(value) && Array.isArray(value.doc_ids) && Array.isArray(value.abstracts)) {
    return paperRows(value.doc_ids, value.abstracts, path);
  }
  const columns = isRecord(value) ? Object.entries(value) : [];
  const [[, only] = []] = columns;
  if (columns.length === 1 && Array.isArray(only) && only.every(isRecord)) return only;
  if (columns.length > 0 && columns.every(([, cells]) => Array.isArray(cells))) {
    return columnRows(columns as [string, unknown[]][], path);
  }
  if (columns.length > 0 && columns.every(([, cells]) => isRecord(cells))) {
    const byKey = columns as [string, Row][];
    const keys = Object.keys(byKey[0][1]);
    const isIndex =
      keys.some((key) => !key.startsWith("#")) &&
      (byKey.every(([key]) => key.startsWith("#")) ||
        keys.some((key) => CONTENT_NAMES.has(key.trim().toLowerCase())));
    if (isIndex) return byKey.map(([, row]) => row);
    return columnRows(
      byKey.map(([name, cells]) => [name, keys.map((key) => ownValue(cells, key))]),
      path,
    );
  }
  throw new FormatError(path, "expected a list of rows or {doc_ids, abstracts}");
}

// The paper's abstract_texts.json holds two lists side by side; its abstracts begin with the title and a blank line.
function paperRows(ids: unknown[], texts: unknown[], path: string): Row[] {
  if (ids.length !== texts.length) {
    throw new FormatError(
      path,
      `expected ${ids.length} abstracts, one per doc_id, got ${texts.length}`,
    );
  }
  return ids.map((id, i) => {
    const text = texts[i];
    const end = typeof text === "string" ? text.indexOf("\n\n") : -1;
    return { id, text, title: typeof text === "string" && end > 0 ? text.slice(0, end) : "" };
  });
}

function columnRows(columns: [string, unknown[]][], path: string): Row[] {
  const [[first, { length }]] = columns;
  const other = columns.find(([, cells]) => cells.length !== length);
  if (other !== undefined) {
    throw new FormatError(
      path,
      `expected equally many values in each column, got ${length} in ${shown(first)} and ${other[1].length} in ${shown(other[0])}`,
    );
  }
  return Array.from({ length }, (_, i) =>
    Object.fromEntries(columns.map(([name, cells]) => [name, cells[i]])),
  );
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}

export function bareName(path: string): string {
  return path.toLowerCase().replace(/\.gz$/, "");
}
