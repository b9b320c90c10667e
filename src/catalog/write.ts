import { join } from "node:path";
import type { SchemaElement } from "hyparquet";
import { parquetWriteBuffer } from "hyparquet-writer";
import { type CsvValue, type FormatCsvOptions, formatCsv } from "../files/csv.js";
import { writeFileAtomic } from "../files/atomic-file.js";
import { stringifyJson } from "../files/json-text.js";
import type { CatalogRow } from "./row.js";
import { CATALOG_COLUMNS, type CatalogColumn, type CatalogKind } from "./columns.js";

const ROWS_PER_PART = 1000;

/** The catalog with one JSON object a line, every line with all keys in the same order. */
export function catalogToJsonl(rows: readonly CatalogRow[]): string {
  return wellFormed(rows)
    .map((row) => `${stringifyJson(row)}\n`)
    .join("");
}

/**
 * The catalog as CSV (RFC 4180): columns as in CATALOG_COLUMNS, null as an empty field, lists as JSON text.
 * Labels and titles that a spreadsheet would take for formulas get an apostrophe before them, unless `raw` is given; see
 * formatCsv.
 */
export function catalogToCsv(
  rows: readonly CatalogRow[],
  options: Pick<FormatCsvOptions, "raw"> = {},
): string {
  return formatCsv(
    CATALOG_COLUMNS.map(({ name }) => name),
    wellFormed(rows).map((row) =>
      CATALOG_COLUMNS.map(({ name, kind }): CsvValue => {
        const value = row[name];
        return typeof kind === "string" ? (value as CsvValue) : stringifyJson(value);
      }),
    ),
    options,
  );
}

/**
 * The catalog as a Parquet file (Snappy): numbers as INT32 and DOUBLE, texts as UTF-8, lists as list columns, whose
 * entries are structs with named fields. pandas, DuckDB and map viewers that want x, y and a text column open it.
 */
export function catalogToParquet(rows: readonly CatalogRow[]): Uint8Array {
  const columnData = CATALOG_COLUMNS.map(({ name }) => ({
    name,
    data: rows.map((row) => replaceSurrogates(row[name])),
  }));
  const schema: SchemaElement[] = [
    { name: "root", num_children: CATALOG_COLUMNS.length },
    ...CATALOG_COLUMNS.flatMap(columnSchema),
  ];
  return new Uint8Array(parquetWriteBuffer({ columnData, schema, createdBy: "feature-families" }));
}

/** Writes `catalog.jsonl`, `catalog.csv` and `catalog.parquet` into a folder; each appears only when it is complete. */
export async function writeCatalog(folder: string, rows: readonly CatalogRow[]): Promise<void> {
  for (const ending of Object.keys(WRITERS)) {
    await writeCatalogFile(join(folder, `catalog${ending}`), rows);
  }
}

/**
 * Writes a catalog in one file: .csv (see catalogToCsv), .jsonl or .parquet by its ending. Throws RangeError for another
 * ending.
 */
export async function writeCatalogFile(
  file: string,
  rows: readonly CatalogRow[],
  options: Pick<FormatCsvOptions, "raw"> = {},
): Promise<void> {
  const write = Object.entries(WRITERS).find(([ending]) => file.endsWith(ending))?.[1];
  if (write === undefined) {
    const endings = Object.keys(WRITERS).join(", ");
    throw new RangeError(`${file}: a catalog's file must end in ${endings}`);
  }
  await writeFileAtomic(file, write(rows, options));
}

/** Texts come in parts: together they may be longer than a string can be. */
const WRITERS: Readonly<
  Record<
    string,
    (
      rows: readonly CatalogRow[],
      options: Pick<FormatCsvOptions, "raw">,
    ) => Uint8Array | Iterable<string>
  >
> = {
  ".jsonl": (rows) => textParts(rows, catalogToJsonl),
  ".csv": (rows, options) => textParts(rows, (part) => catalogToCsv(part, options)),
  ".parquet": catalogToParquet,
};

/** The text of `rows` in parts; what the text of no rows has, such as a line of names, stands in the first alone. */
function* textParts(
  rows: readonly CatalogRow[],
  toText: (rows: readonly CatalogRow[]) => string,
): Generator<string> {
  const head = toText([]);
  yield head;
  for (let start = 0; start < rows.length; start += ROWS_PER_PART) {
    yield toText(rows.slice(start, start + ROWS_PER_PART)).slice(head.length);
  }
}

/** The rows with keys in order and U+FFFD for lone surrogates, which UTF-8 cannot hold and other readers refuse. */
function wellFormed(rows: readonly CatalogRow[]): CatalogRow[] {
  return rows.map((row) => {
    const ordered = Object.fromEntries(CATALOG_COLUMNS.map(({ name }) => [name, row[name]]));
    return replaceSurrogates(ordered) as CatalogRow;
  });
}

/** The value itself where nothing in it is replaced: a copy of a large catalog takes as much memory as the catalog. */
function replaceSurrogates(value: unknown): unknown {
  if (typeof value === "string") return value.replace(/\p{Surrogate}/gu, "\ufffd");
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    const entries = value.map(replaceSurrogates);
    return entries.some((entry, at) => entry !== value[at]) ? entries : value;
  }
  const entries = Object.entries(value);
  const replaced = entries.map(([key, entry]) => [key, replaceSurrogates(entry)] as const);
  return replaced.some(([, entry], at) => entry !== entries[at][1])
    ? Object.fromEntries(replaced)
    : value;
}

// Lists as the Parquet format lays them out: a group LIST around a repeated "list" around "element".
function columnSchema({ name, kind, required }: CatalogColumn): SchemaElement[] {
  const repetition = required === true ? "REQUIRED" : "OPTIONAL";
  if (typeof kind === "string") return [valueSchema(name, kind, repetition)];
  const list: SchemaElement[] = [
    { name, repetition_type: "REQUIRED", num_children: 1, converted_type: "LIST" },
    { name: "list", repetition_type: "REPEATED", num_children: 1 },
  ];
  if ("list" in kind) return [...list, valueSchema("element", kind.list, "OPTIONAL")];
  const fields = Object.entries(kind.records);
  return [
    ...list,
    { name: "element", repetition_type: "OPTIONAL", num_children: fields.length },
    ...fields.map(([field, of]) => valueSchema(field, of, "OPTIONAL")),
  ];
}

function valueSchema(
  name: string,
  kind: CatalogKind,
  repetition: "REQUIRED" | "OPTIONAL",
): SchemaElement {
  if (kind === "integer") return { name, type: "INT32", repetition_type: repetition };
  if (kind === "number") return { name, type: "DOUBLE", repetition_type: repetition };
  return { name, type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type: repetition };
}
