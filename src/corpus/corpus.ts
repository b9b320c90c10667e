import { isRecord, ownValue } from "../core/collections.js";
import { FormatError } from "../core/errors.js";
import { listed, shown } from "../core/shown.js";
import { cleanText, pythonText } from "./clean-text.js";
import { COLUMN_NAMES, type CorpusRow, bareName, readCorpusRows } from "./corpus-rows.js";
import { readJson } from "../files/json.js";

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
  /** Default id, arxiv_id, doc_id, in any case; without one the documents are numbered from 0. */
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
  /**
   * How title and text are put together. "plain" (default): title, blank line, text, as they are. "clean": the same with
   * markup, entities and line breaks inside paragraphs taken out. "compat": as the authors' code does, a title that is a
   * list in Python's spelling.
   */
  form?: "plain" | "clean" | "compat";
  /** Documents that are kept, such as those of a class. Default all. */
  keep?: (document: Document) => boolean;
  /**
   * What becomes of a document without a text: one that is null, missing or blank, where there is no title either.
   * "keep" (default), so that documents and rows of embeddings stay side by side, or "skip".
   */
  empty?: "keep" | "skip";
  /** Called once, at the end, with the number of documents without a text, if there are any. */
  onEmpty?: (count: number) => void;
  /** Called with what a person should know of the file, such as an unusual encoding. */
  onWarning?: (warning: string) => void;
}

const WHATS = Object.keys(COLUMN_NAMES) as (keyof CorpusColumns)[];

type Row = Record<string, unknown>;
type Column = keyof CorpusColumns;
type Fail = (problem: string) => never;

/**
 * Reads a corpus: JSON lines, CSV or TSV with a header, JSON (rows, pandas's layouts, arXiv's metadata dump, the paper's
 * `abstract_texts.json` {doc_ids, abstracts}), Parquet or a folder of it; the text formats also gzipped. The kind of format
 * follows from the name. Throws FormatError where the first row has no column of texts, and with the place of a row
 * whose id is missing where the first one has one, of a value of a wrong type, and of an id that was there before.
 */
export async function readCorpus(path: string, options: CorpusOptions = {}): Promise<Document[]> {
  const documents: Document[] = [];
  for await (const document of streamCorpus(path, options)) documents.push(document);
  return documents;
}

/** The documents of a corpus one by one; see readCorpus. Only the ids of those that are kept stay in memory. */
export async function* streamCorpus(
  path: string,
  options: CorpusOptions = {},
): AsyncGenerator<Document> {
  const { columns = {}, keep = () => true, empty = "keep", onWarning } = options;
  const places = new Map<string, string>();
  const select = (names: readonly string[]): string[] => chosenColumns(names, columns);
  const documentOf = rowReader(path, options);
  let count = 0;
  let empties = 0;
  for await (const { place, row } of readCorpusRows(path, { select, onWarning })) {
    const document = documentOf({ place, row }, count++);
    if (document.text.trim() === "") {
      empties++;
      if (empty === "skip") continue;
    }
    if (!keep(document)) continue;
    const before = places.get(document.id);
    if (before !== undefined) {
      throw new FormatError(path, `${place}: id ${shown(document.id)} repeats that of ${before}`);
    }
    places.set(document.id, place);
    yield document;
  }
  if (empties > 0) options.onEmpty?.(empties);
}

/** Makes documents of rows with their numbers; whether there are ids depends on the first row. */
export function rowReader(
  path: string,
  { columns = {}, form = "plain" }: CorpusOptions,
): (row: CorpusRow, number: number) => Document {
  let hasIds: boolean | undefined;
  return ({ place, row }, number) => {
    const fail = (problem: string): never => {
      throw new FormatError(path, `${place}: ${problem}`);
    };
    const find = (what: Column): string | undefined => findColumn(row, what, columns[what]);
    if (hasIds === undefined) {
      const missing = WHATS.find(
        (what) => find(what) === undefined && (what === "text" || columns[what] !== undefined),
      );
      if (missing !== undefined) fail(lacking(missing, row, columns));
      hasIds = columns.id !== undefined || find("id") !== undefined;
    }
    if (!hasIds && find("id") !== undefined) fail("has an id, which the first row does not");
    const id = hasIds
      ? readId(row, find("id") ?? fail(lacking("id", row, columns)), fail)
      : String(number);
    return { id, ...readContent(row, find, form, fail) };
  };
}

/**
 * Reads a class hierarchy: JSON lines of {id, name?, parents}, or a JSON object that gives the parents (a list or
 * a single id) of each class; each also gzipped. Throws FormatError where a line is none of that.
 */
export async function readClassTree(path: string): Promise<ClassTree> {
  const tree: ClassTree = { parents: new Map(), names: new Map() };
  if (bareName(path).endsWith(".json")) {
    const value = await readJson(path);
    if (!isRecord(value)) throw new FormatError(path, "expected an object of classes and parents");
    for (const [id, parents] of Object.entries(value)) {
      tree.parents.set(id, parentList(parents, path, `class ${shown(id)}`));
    }
    return tree;
  }
  for await (const { place, row } of readCorpusRows(path)) {
    if (typeof row.id !== "string" || row.id === "") {
      throw new FormatError(path, `${place}: expected the string id, got ${shown(row.id)}`);
    }
    if (tree.parents.has(row.id)) {
      throw new FormatError(path, `${place}: class ${shown(row.id)} is defined twice`);
    }
    tree.parents.set(row.id, parentList(row.parents ?? [], path, place));
    if (typeof row.name === "string") tree.names.set(row.id, row.name);
  }
  return tree;
}

/** The columns of a file that its documents are made of. */
function chosenColumns(names: readonly string[], columns: CorpusColumns): string[] {
  const row = Object.fromEntries(names.map((name) => [name, true]));
  const found = WHATS.map((what) => findColumn(row, what, columns[what]));
  // Without a column of texts there is nothing to read but the names for the error.
  if (found[WHATS.indexOf("text")] === undefined) return [...names];
  return found.filter((name) => name !== undefined);
}

/** The column that a row has for `what`: the named one, else one of the defaults, as it is or else in another case. */
function findColumn(row: Row, what: Column, named?: string): string | undefined {
  if (named !== undefined) return ownValue(row, named) === undefined ? undefined : named;
  const exact = COLUMN_NAMES[what].find((column) => ownValue(row, column) !== undefined);
  if (exact !== undefined) return exact;
  const keys = Object.keys(row);
  for (const column of COLUMN_NAMES[what]) {
    const key = keys.find((name) => name.trim().toLowerCase() === column);
    if (key !== undefined && ownValue(row, key) !== undefined) return key;
  }
  return undefined;
}

function lacking(what: Column, row: Row, columns: CorpusColumns): string {
  if (columns[what] !== undefined)
    return `expected a column ${shown(columns[what])} for the ${what}`;
  return `expected ${COLUMN_NAMES[what].join(" or ")}, got the columns ${listed(Object.keys(row))}`;
}

function readId(row: Row, column: string, fail: Fail): string {
  const value = ownValue(row, column);
  const id = Number.isSafeInteger(value) ? String(value) : value;
  if (typeof id === "string" && id !== "") return id;
  return fail(`expected a string as ${column}, got ${shown(value)}`);
}

function readContent(
  row: Row,
  find: (what: Column) => string | undefined,
  form: NonNullable<CorpusOptions["form"]>,
  fail: Fail,
): Omit<Document, "id"> {
  const titleColumn = find("title");
  const title = titleColumn === undefined ? "" : plainTitle(ownValue(row, titleColumn), fail);
  const textColumn = find("text");
  const body = textColumn === undefined ? "" : textOf(ownValue(row, textColumn));
  if (body === undefined) {
    return fail(
      `expected a string as ${textColumn}, got ${shown(ownValue(row, textColumn ?? ""))}`,
    );
  }
  const alone = title === "" || (body !== "" && textColumn?.trim().toLowerCase() === "text");
  const heading = form === "compat" && titleColumn ? pythonText(ownValue(row, titleColumn)) : title;
  const both = body === "" && form !== "compat" ? heading : `${heading}\n\n${body}`;
  const whole = alone ? body : both;
  const text = form === "clean" ? cleanText(whole) : whole;
  const classColumn = find("classes");
  const classes = classColumn === undefined ? [] : classList(ownValue(row, classColumn), fail);
  return { title: form === "clean" ? cleanText(title) : title, text, classes };
}

/** A text; "" for null and for NaN, which Python writes for it; undefined for anything else. */
function textOf(value: unknown): string | undefined {
  if (value === null || Number.isNaN(value)) return "";
  return typeof value === "string" ? value : undefined;
}

// Some corpora wrap the title into a list of one.
function plainTitle(value: unknown, fail: Fail): string {
  const title: unknown = Array.isArray(value) && value.length === 1 ? value[0] : value;
  return textOf(title) ?? fail(`expected a string as title, got ${shown(value)}`);
}

function classList(value: unknown, fail: Fail): string[] {
  if (value === null) return [];
  if (typeof value === "string") {
    const parts = value.split(value.includes(";") ? ";" : /\s+/);
    return unique(parts.map((part) => part.trim()).filter((part) => part !== ""));
  }
  if (!isStringList(value)) fail(`expected a list of strings as classes, got ${shown(value)}`);
  return unique(value);
}

function parentList(value: unknown, path: string, place: string): string[] {
  const list: unknown = typeof value === "string" ? [value] : value;
  if (!isStringList(list)) {
    throw new FormatError(path, `${place}: expected a list of ids as parents, got ${shown(value)}`);
  }
  return unique(list);
}

function unique(items: string[]): string[] {
  return [...new Set(items)];
}

function isStringList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}
