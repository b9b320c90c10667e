// Follows nbformat 4: https://nbformat.readthedocs.io/en/latest/format_description.html
import { FormatError } from "../core/errors.js";

/** Text as one string or as lines with their line breaks. */
export type MultilineText = string | string[];

/** An output of a code cell: a stream, display data or an error. */
export type Output =
  | { output_type: "stream"; name: "stdout" | "stderr"; text: MultilineText }
  | {
      output_type: "display_data";
      data: Record<string, unknown>;
      metadata: Record<string, unknown>;
    }
  | {
      output_type: "execute_result";
      data: Record<string, unknown>;
      metadata: Record<string, unknown>;
      execution_count: number | null;
    }
  | { output_type: "error"; ename: string; evalue: string; traceback: string[] };

export interface CodeCell {
  cell_type: "code";
  id?: string;
  source: MultilineText;
  metadata: Record<string, unknown>;
  execution_count: number | null;
  outputs: Output[];
}

export interface TextCell {
  cell_type: "markdown" | "raw";
  id?: string;
  source: MultilineText;
  metadata: Record<string, unknown>;
  attachments?: Record<string, unknown>;
}

export type Cell = CodeCell | TextCell;

/** A notebook of nbformat 4. */
export interface Notebook {
  cells: Cell[];
  metadata: Record<string, unknown>;
  nbformat: number;
  nbformat_minor: number;
}

/** Kernel metadata of every notebook of this project. */
export const NOTEBOOK_METADATA: Readonly<Record<string, unknown>> = {
  kernelspec: { display_name: "TypeScript", language: "typescript", name: "tslab" },
  language_info: {
    codemirror_mode: { mode: "typescript", name: "javascript", typescript: true },
    file_extension: ".ts",
    mimetype: "text/typescript",
    name: "typescript",
    version: "3.7.2",
  },
};

/**
 * Parses the text of an .ipynb file; errors mention `name`. Throws FormatError if it is not a notebook of nbformat 4.
 */
export function parseNotebook(text: string, name: string): Notebook {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new FormatError(name, "expected a notebook as JSON", { cause: error });
  }
  const notebook = value as Partial<Notebook> | null;
  if (typeof notebook !== "object" || notebook?.nbformat !== 4 || !Array.isArray(notebook.cells)) {
    throw new FormatError(name, "expected a notebook with nbformat 4 and an array of cells");
  }
  for (const [i, cell] of notebook.cells.entries()) checkCell(cell, i, name);
  return notebook as Notebook;
}

/** The notebook's text as Jupyter writes it, except that each JSON output is on one line. */
export function formatNotebook(notebook: Notebook): string {
  return `${formatValue(toFile(notebook), "", "")}\n`;
}

/** Joins the lines of a multiline text. */
export function joinText(text: MultilineText): string {
  return Array.isArray(text) ? text.join("") : text;
}

/** Code cells in order, each with its index among all cells (from 0). */
export function codeCells(notebook: Notebook): { cell: CodeCell; position: number }[] {
  return notebook.cells.flatMap((cell, position) =>
    cell.cell_type === "code" ? [{ cell, position }] : [],
  );
}

function checkCell(cell: Cell, position: number, name: string): void {
  const { cell_type: type, source } = (cell ?? {}) as Partial<Cell>;
  const isText = typeof source === "string" || Array.isArray(source);
  if (!["code", "markdown", "raw"].includes(type ?? "") || !isText) {
    throw new FormatError(name, `cell ${position}: expected a cell_type and a source`);
  }
  if (cell.cell_type === "code" && !Array.isArray(cell.outputs)) {
    throw new FormatError(name, `cell ${position}: expected an array of outputs`);
  }
}

/** The notebook with texts as lines and an id for every cell, as nbformat 4.5 stores it. */
function toFile(notebook: Notebook): Notebook {
  const cells = notebook.cells.map((cell, position) => {
    const id = cell.id ?? `cell-${position}`;
    const source = splitLines(cell.source);
    if (cell.cell_type !== "code") return { ...cell, id, source };
    return { ...cell, id, source, outputs: cell.outputs.map(outputToFile) };
  });
  const minor = Math.max(5, notebook.nbformat_minor ?? 0);
  return { ...notebook, cells, nbformat_minor: minor };
}

function outputToFile(output: Output): Output {
  if (output.output_type === "stream") return { ...output, text: splitLines(output.text) };
  if (output.output_type === "error") return output;
  const data = Object.entries(output.data).map(([mime, value]): [string, unknown] => {
    const isText = mime.startsWith("text/") || mime === "image/svg+xml";
    return [mime, isText && typeof value === "string" ? splitLines(value) : value];
  });
  return { ...output, data: Object.fromEntries(data) };
}

function splitLines(text: MultilineText): string[] {
  return joinText(text).match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

/** JSON with sorted keys, indented by one space; objects under a JSON media type are on one line. */
function formatValue(value: unknown, indent: string, key: string): string {
  if (/^application\/.*\+?json$/.test(key)) return JSON.stringify(sortKeys(value));
  const inner = `${indent} `;
  if (Array.isArray(value)) {
    if (value.length === 0) return "[]";
    const items = value.map((item) => inner + formatValue(item, inner, ""));
    return `[\n${items.join(",\n")}\n${indent}]`;
  }
  if (typeof value === "object" && value !== null) {
    const entries = sortedEntries(value).filter(([, field]) => field !== undefined);
    if (entries.length === 0) return "{}";
    const fields = entries.map(
      ([name, field]) => `${inner}${JSON.stringify(name)}: ${formatValue(field, inner, name)}`,
    );
    return `{\n${fields.join(",\n")}\n${indent}}`;
  }
  return JSON.stringify(value);
}

function sortedEntries(value: object): [string, unknown][] {
  return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== "object" || value === null) return value;
  const entries = sortedEntries(value);
  return Object.fromEntries(entries.map(([name, field]) => [name, sortKeys(field)]));
}
