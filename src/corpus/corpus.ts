import { ownValue } from "../core/collections.js";
import { FormatError } from "../core/errors.js";
import { listed, shown } from "../core/shown.js";
import { cleanText, pythonText } from "./clean-text.js";
import { bareName, isRow, readCorpusRows } from "./corpus-rows.js";
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
  /**
   * How title and text are put together. "plain" (default): title, blank line, text, as they are. "clean": the same with
   * markup, entities and line breaks inside paragraphs taken out. "compat": as the authors' code does, a title that is a
   * list in Python's spelling.
   */
  form?: "plain" | "clean" | "compat";
  /** Documents that are kept, such as those of a class. Default all. */
  keep?: (document: Document) => boolean;
}

const DEFAULTS = {
  id: ["id", "arxiv_id", "doc_id"],
  title: ["title"],
  text: ["text", "abstract"],
  classes: ["classes", "categories"],
} as const;

type Row = Record<string, unknown>;

/**
 * Reads a corpus: JSON lines, CSV with a header, a JSON array of rows, Parquet or a folder of it, arXiv's metadata dump,
 * or the paper's `abstract_texts.json` ({doc_ids, abstracts}); the text formats also gzipped. The format follows from
 * the name. Throws FormatError with the place of a row without an id or a text, of a value of a wrong type, and of an id
 * that was there before.
 */
export async function readCorpus(path: string, options: CorpusOptions = {}): Promise<Document[]> {
  const documents: Document[] = [];
  for await (const document of streamCorpus(path, options)) documents.push(document);
  return documents;
}

/** The documents of a corpus one by one; see readCorpus. Only the ids of those that are kept stay in memory. */
export async function* streamCorpus(
  path: string,
  { columns = {}, form = "plain", keep = () => true }: CorpusOptions = {},
): AsyncGenerator<Document> {
  const places = new Map<string, string>();
  for await (const { place, row } of readCorpusRows(path)) {
    const document = toDocument(row, { columns, form }, (problem) => {
      throw new FormatError(path, `${place}: ${problem}`);
    });
    if (!keep(document)) continue;
    const before = places.get(document.id);
    if (before !== undefined) {
      throw new FormatError(path, `${place}: id ${shown(document.id)} was in ${before} already`);
    }
    places.set(document.id, place);
    yield document;
  }
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

function toDocument(
  row: Row,
  { columns, form }: { columns: CorpusColumns; form: NonNullable<CorpusOptions["form"]> },
  fail: (problem: string) => never,
): Document {
  const pick = (what: keyof CorpusColumns): string | undefined => {
    const named = columns[what];
    if (named === undefined) return DEFAULTS[what].find((column) => row[column] !== undefined);
    if (ownValue(row, named) === undefined)
      fail(`expected a column ${shown(named)} for the ${what}`);
    return named;
  };
  const need = (what: "id" | "text"): string =>
    pick(what) ??
    fail(`expected ${DEFAULTS[what].join(" or ")}, got the columns ${listed(Object.keys(row))}`);

  const idColumn = need("id");
  const idValue = row[idColumn];
  const id = Number.isSafeInteger(idValue) ? String(idValue) : idValue;
  if (typeof id !== "string" || id === "") {
    fail(`expected a string as ${idColumn}, got ${shown(idValue)}`);
  }
  const titleColumn = pick("title");
  const title = titleColumn === undefined ? "" : plainTitle(row[titleColumn], fail);
  const textColumn = need("text");
  const body = row[textColumn];
  if (typeof body !== "string") fail(`expected a string as ${textColumn}, got ${shown(body)}`);
  const alone = textColumn === "text" || title === "";
  const heading = form === "compat" && titleColumn ? pythonText(row[titleColumn]) : title;
  const whole = alone ? body : `${heading}\n\n${body}`;
  const text = form === "clean" ? cleanText(whole) : whole;
  const classColumn = pick("classes");
  const classes = classColumn === undefined ? [] : classList(row[classColumn], fail);
  return { id, title: form === "clean" ? cleanText(title) : title, text, classes };
}

// Some corpora wrap the title into a list of one.
function plainTitle(value: unknown, fail: (problem: string) => never): string {
  const title: unknown = Array.isArray(value) && value.length === 1 ? value[0] : value;
  if (title === null) return "";
  if (typeof title !== "string") fail(`expected a string as title, got ${shown(value)}`);
  return title;
}

function classList(value: unknown, fail: (problem: string) => never): string[] {
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
