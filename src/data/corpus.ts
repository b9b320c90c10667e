import { FormatError } from "../errors.js";
import { parseCsv } from "./csv.js";
import { readJson } from "./json.js";
import { readJsonl } from "./jsonl.js";
import { readText } from "./text.js";

/** One text of a corpus. Row i of the embeddings and of the codes is document i. */
export interface Document {
  id: string;
  /** Empty where the corpus has none. */
  title: string;
  /** The whole text, title included, as it is embedded. */
  text: string;
  /** Ids of its most specific classes; empty where the corpus has none. */
  classes: string[];
}

/** A hierarchy of classes; a class may have several parents. */
export interface ClassTree {
  /** Parents of each class; roots have none. */
  parents: Map<string, string[]>;
  /** Readable names, where they differ from the ids. */
  names: Map<string, string>;
}

/** Which column or field holds what. The first one that the row has is taken where none is named. */
export interface CorpusColumns {
  /** Default id, arxiv_id, doc_id. */
  id?: string;
  /** Default title. */
  title?: string;
  /** Default text, which is taken as it is, or abstract, which is put behind the title and a blank line, as any other column is. */
  text?: string;
  /** Default classes, categories. A list, or one string with semicolons or else blanks between the classes. */
  classes?: string;
}

/** How a corpus is read. */
export interface CorpusOptions {
  columns?: CorpusColumns;
}

const DEFAULTS = {
  id: ["id", "arxiv_id", "doc_id"],
  title: ["title"],
  text: ["text", "abstract"],
  classes: ["classes", "categories"],
} as const;

type Row = Record<string, unknown>;

/**
 * Reads a corpus: JSON lines, CSV with a header, a JSON array of rows, or the paper's `abstract_texts.json`
 * ({doc_ids, abstracts}); each also gzipped. The format follows from the name. Throws FormatError with the place of a
 * row without an id or a text, of a value of a wrong type, and of an id that was there before.
 */
export async function readCorpus(
  path: string,
  { columns = {} }: CorpusOptions = {},
): Promise<Document[]> {
  const documents: Document[] = [];
  const places = new Map<string, string>();
  for await (const { place, row } of readRows(path)) {
    const document = toDocument(row, columns, (problem) => {
      throw new FormatError(path, `${place}: ${problem}`);
    });
    const before = places.get(document.id);
    if (before !== undefined) {
      throw new FormatError(path, `${place}: id ${quote(document.id)} was in ${before} already`);
    }
    places.set(document.id, place);
    documents.push(document);
  }
  return documents;
}

/**
 * Reads a class hierarchy: JSON lines of {id, name?, parents}, or a JSON object that gives the parents (a list or
 * a single id) of each class; each also gzipped. Throws FormatError where a line is none of that.
 */
export async function readClassTree(path: string): Promise<ClassTree> {
  const tree: ClassTree = { parents: new Map(), names: new Map() };
  if (bareName(path).endsWith(".json")) {
    const value = await readJson(path);
    if (!isRow(value)) throw new FormatError(path, "expected an object of classes and parents");
    for (const [id, parents] of Object.entries(value)) {
      tree.parents.set(id, parentList(parents, path, `class ${quote(id)}`));
    }
    return tree;
  }
  for await (const { place, row } of readRows(path)) {
    if (typeof row.id !== "string" || row.id === "") {
      throw new FormatError(path, `${place}: expected the string id, got ${quote(row.id)}`);
    }
    if (tree.parents.has(row.id)) {
      throw new FormatError(path, `${place}: class ${quote(row.id)} was there already`);
    }
    tree.parents.set(row.id, parentList(row.parents ?? [], path, place));
    if (typeof row.name === "string") tree.names.set(row.id, row.name);
  }
  return tree;
}

async function* readRows(path: string): AsyncGenerator<{ place: string; row: Row }> {
  const name = bareName(path);
  if (name.endsWith(".jsonl") || name.endsWith(".ndjson")) {
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
      "expected a name that ends in .jsonl, .csv or .json, or .gz behind it",
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

function toDocument(row: Row, columns: CorpusColumns, fail: (problem: string) => never): Document {
  const pick = (what: keyof CorpusColumns): string | undefined => {
    const named = columns[what];
    if (named === undefined) return DEFAULTS[what].find((column) => row[column] !== undefined);
    if (row[named] === undefined) fail(`expected a column ${quote(named)} for the ${what}`);
    return named;
  };
  const need = (what: "id" | "text"): string =>
    pick(what) ??
    fail(`expected ${DEFAULTS[what].join(" or ")}, got the columns ${Object.keys(row).join(", ")}`);

  const idColumn = need("id");
  const idValue = row[idColumn];
  const id = Number.isSafeInteger(idValue) ? String(idValue) : idValue;
  if (typeof id !== "string" || id === "") {
    fail(`expected a string as ${idColumn}, got ${quote(idValue)}`);
  }
  const titleColumn = pick("title");
  const title = titleColumn === undefined ? "" : plainTitle(row[titleColumn], fail);
  const textColumn = need("text");
  const body = row[textColumn];
  if (typeof body !== "string") fail(`expected a string as ${textColumn}, got ${quote(body)}`);
  const text = textColumn === "text" || title === "" ? body : `${title}\n\n${body}`;
  const classColumn = pick("classes");
  const classes = classColumn === undefined ? [] : classList(row[classColumn], fail);
  return { id, title, text, classes };
}

// Some corpora wrap the title into a list of one.
function plainTitle(value: unknown, fail: (problem: string) => never): string {
  const title: unknown = Array.isArray(value) && value.length === 1 ? value[0] : value;
  if (title === null) return "";
  if (typeof title !== "string") fail(`expected a string as title, got ${quote(value)}`);
  return title;
}

function classList(value: unknown, fail: (problem: string) => never): string[] {
  if (value === null) return [];
  if (typeof value === "string") {
    const parts = value.split(value.includes(";") ? ";" : /\s+/);
    return unique(parts.map((part) => part.trim()).filter((part) => part !== ""));
  }
  if (!isStringList(value)) fail(`expected a list of strings as classes, got ${quote(value)}`);
  return unique(value);
}

function parentList(value: unknown, path: string, place: string): string[] {
  const list: unknown = typeof value === "string" ? [value] : value;
  if (!isStringList(list)) {
    throw new FormatError(path, `${place}: expected a list of ids as parents, got ${quote(value)}`);
  }
  return unique(list);
}

function unique(items: string[]): string[] {
  return [...new Set(items)];
}

function isStringList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function isRow(value: unknown): value is Row {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function bareName(path: string): string {
  return path.toLowerCase().replace(/\.gz$/, "");
}

function quote(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
