import { escapeHtml } from "../figures/render/html.js";
import { showsItself } from "../core/self-showing.js";

/** Rows under named columns, every row as long as `columns`. */
export interface Table {
  columns: string[];
  rows: unknown[][];
}

/** Options of a table. */
export interface TableOptions {
  /** Columns to keep, in this order. Default: all, for records in order of first appearance. */
  columns?: string[];
}

/** How much of a table is shown. */
export interface FormatTableOptions {
  /** Rows shown; a line below states how many are omitted. Default 20. */
  maxRows?: number;
  /** Characters of a cell shown before it is truncated with "…". Default 80. */
  maxWidth?: number;
  /** Significant digits of fractional numbers. Default 4. */
  digits?: number;
}

/**
 * A table of records, which may differ in keys and key order: every value is placed under its own name, missing ones
 * are undefined. Throws RangeError for a requested column that no record has.
 */
export function tableFromRecords(
  records: readonly object[],
  { columns }: TableOptions = {},
): Table {
  const names = [...new Set(records.flatMap((record) => Object.keys(record)))];
  const rows = records.map((record) => {
    const fields = new Map<string, unknown>(Object.entries(record));
    return names.map((name) => fields.get(name));
  });
  const table = showsItself({ columns: names, rows });
  if (columns === undefined) return table;
  return records.length > 0 ? selectColumns(table, columns) : showsItself({ columns, rows });
}

/** The named columns of a table, in that order. Throws RangeError for a column that the table does not have. */
export function selectColumns(table: Table, columns: readonly string[]): Table {
  const places = columns.map((column) => table.columns.indexOf(column));
  const missing = places.indexOf(-1);
  if (missing >= 0) {
    throw new RangeError(
      `table: there is no column "${columns[missing]}", only ${table.columns.join(", ")}`,
    );
  }
  const rows = table.rows.map((row) => places.map((at) => row[at]));
  return showsItself({ columns: [...columns], rows });
}

/** The table as HTML, with every cell escaped and numbers right-aligned. */
export function tableToHtml(table: Table, options: FormatTableOptions = {}): string {
  const { cells, note } = formatCells(table, options);
  const isNumeric = numericColumns(table);
  const align = (j: number): string => ` style="text-align:${isNumeric[j] ? "right" : "left"}"`;
  const head = table.columns.map((name, j) => `<th${align(j)}>${escapeHtml(name)}</th>`).join("");
  const body = cells.map(
    (row) => `<tr>${row.map((cell, j) => `<td${align(j)}>${escapeHtml(cell)}</td>`).join("")}</tr>`,
  );
  return [
    "<table>",
    `<thead><tr>${head}</tr></thead>`,
    `<tbody>${body.join("\n")}</tbody>`,
    "</table>",
    ...(note ? [`<p>${escapeHtml(note)}</p>`] : []),
  ].join("\n");
}

/** The table as aligned plain text. */
export function tableToText(table: Table, options: FormatTableOptions = {}): string {
  const { cells, note } = formatCells(table, options);
  const isNumeric = numericColumns(table);
  const widths = table.columns.map((name, j) =>
    Math.max(name.length, ...cells.map((row) => row[j].length)),
  );
  const line = (row: string[]): string =>
    row
      .map((cell, j) => (isNumeric[j] ? cell.padStart(widths[j]) : cell.padEnd(widths[j])))
      .join("  ")
      .trimEnd();
  const rule = widths.map((width) => "-".repeat(width)).join("  ");
  return [line(table.columns), rule, ...cells.map(line), ...(note ? [note] : [])].join("\n");
}

function formatCells(
  { columns, rows }: Table,
  { maxRows = 20, maxWidth = 80, digits = 4 }: FormatTableOptions,
): { cells: string[][]; note: string | undefined } {
  const cells = rows.slice(0, maxRows).map((row, i) => {
    if (row.length !== columns.length) {
      throw new RangeError(
        `table: row ${i} has ${row.length} cells, expected ${columns.length} (${columns.join(", ")})`,
      );
    }
    return row.map((value) => cut(formatValue(value, digits), maxWidth));
  });
  const hidden = rows.length - cells.length;
  return {
    cells,
    note: hidden > 0 ? `… and ${hidden.toLocaleString("en-US")} more rows` : undefined,
  };
}

function formatValue(value: unknown, digits: number): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "number") {
    return Number.isInteger(value) || !Number.isFinite(value)
      ? String(value)
      : String(Number(value.toPrecision(digits)));
  }
  if (Array.isArray(value) || ArrayBuffer.isView(value)) {
    const items = Array.from(value as unknown as ArrayLike<unknown>);
    return items.map((item) => formatValue(item, digits)).join(", ");
  }
  if (value instanceof Date) return value.toISOString();
  return typeof value === "string" ? value.replace(/\s+/g, " ") : JSON.stringify(value);
}

function cut(text: string, maxWidth: number): string {
  return text.length > maxWidth ? `${text.slice(0, maxWidth - 1)}…` : text;
}

function numericColumns({ columns, rows }: Table): boolean[] {
  return columns.map((_, j) => {
    const values = rows
      .map((row) => row[j])
      .filter((value) => value !== undefined && value !== null);
    return values.length > 0 && values.every((value) => typeof value === "number");
  });
}
