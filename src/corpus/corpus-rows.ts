import { stat } from "node:fs/promises";
import { FormatError } from "../core/errors.js";
import { parseCsv } from "../files/csv.js";
import { readJson } from "../files/json.js";
import { readJsonl } from "../files/jsonl.js";
import { streamParquetRows } from "../files/parquet/parquet.js";
import { readLines, readText } from "../files/text.js";

/** One record of a corpus and its place in the file, for errors. */
export interface CorpusRow {
  place: string;
  row: Record<string, unknown>;
}

/**
 * The records of a corpus file one by one: .jsonl, .csv, .parquet or a folder of those, a .json list, the paper's
 * abstract_texts.json, or a dump with one JSON object a line that is called .json. Throws FormatError for another name
 * and for a record that is no object.
 */
export async function* readCorpusRows(path: string): AsyncGenerator<CorpusRow> {
  const name = bareName(path);
  if (name.endsWith(".parquet") || (await isFolder(path))) {
    let i = 0;
    for await (const row of streamParquetRows(path)) yield { place: `row ${++i}`, row };
  } else if (/\.(jsonl|ndjson)$/.test(name) || (name.endsWith(".json") && (await isDump(path)))) {
    for await (const { line, value } of readJsonl(path)) {
      if (!isRow(value)) throw new FormatError(path, `line ${line}: expected an object`);
      yield { place: `line ${line}`, row: value };
    }
  } else if (name.endsWith(".csv")) {
    const { columns, rows } = parseCsv(await readText(path), path);
    for (let i = 0; i < rows.length; i++) {
      const row = Object.fromEntries(columns.map((column, c) => [column, rows[i][c]]));
      yield { place: `row ${i + 1}`, row };
    }
  } else if (name.endsWith(".json")) {
    const items = jsonRows(await readJson(path), path);
    for (let i = 0; i < items.length; i++) {
      const row = items[i];
      if (!isRow(row)) throw new FormatError(path, `item ${i}: expected an object`);
      yield { place: `item ${i}`, row };
    }
  } else {
    throw new FormatError(
      path,
      "expected a name that ends in .jsonl, .csv or .json, or .gz behind it, or in .parquet",
    );
  }
}

// The paper's abstract_texts.json holds two lists side by side; its abstracts begin with the title and a blank line.
function jsonRows(value: unknown, path: string): unknown[] {
  if (Array.isArray(value)) return value;
  if (isRow(value) && Array.isArray(value.doc_ids) && Array.isArray(value.abstracts)) {
    const { doc_ids: ids, abstracts: texts } = value as Record<string, unknown[]>;
    if (ids.length !== texts.length) {
      throw new FormatError(
        path,
        `expected ${ids.length} abstracts, one a doc_id, got ${texts.length}`,
      );
    }
    return ids.map((id, i) => {
      const text = texts[i];
      const end = typeof text === "string" ? text.indexOf("\n\n") : -1;
      return { id, text, title: typeof text === "string" && end > 0 ? text.slice(0, end) : "" };
    });
  }
  throw new FormatError(path, "expected a list of rows or {doc_ids, abstracts}");
}

/** Whether a .json file is a dump such as arXiv's: its first line is an object of its own and another line follows. */
async function isDump(path: string): Promise<boolean> {
  const lines: string[] = [];
  for await (const line of readLines(path)) {
    if (line.trim() !== "") lines.push(line);
    if (lines.length === 2) break;
  }
  if (lines.length < 2 || !lines[1].trimStart().startsWith("{")) return false;
  try {
    return isRow(JSON.parse(lines[0]));
  } catch {
    return false;
  }
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}

export function isRow(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function bareName(path: string): string {
  return path.toLowerCase().replace(/\.gz$/, "");
}
