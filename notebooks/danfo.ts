import { createRequire } from "node:module";
import { cwd } from "node:process";
import type { DataFrame, Series } from "danfojs-node";
import { type Table, tableFromRecords } from "feature-families/notebook";

const danfo = loadDanfo();

/**
 * A danfojs DataFrame of records. danfojs takes values by position, so that records whose keys differ in number or
 * order end up in the wrong columns, without an error; here every value goes under its own name first. A column is
 * numeric (absent values NaN) or text (absent values "", lists joined), since danfojs guesses a column's type from
 * its first rows and fails on undefined.
 */
export function toDataFrame(records: readonly object[], columns?: string[]): DataFrame {
  const table = tableFromRecords(records, { columns });
  const rows = table.rows.map((row) => row.slice());
  for (let j = 0; j < table.columns.length; j++) {
    const isNumeric = rows.every(
      (row) => row[j] === undefined || row[j] === null || typeof row[j] === "number",
    );
    for (const row of rows) row[j] = isNumeric ? Number(row[j] ?? NaN) : toText(row[j]);
  }
  return new danfo.DataFrame(rows, { columns: table.columns });
}

/**
 * The rows for which `condition` holds, numbered afresh. danfojs keeps the rows' old numbers and takes them for
 * places when the result is filtered again: wrong rows, or an error.
 */
export function keepRows(frame: DataFrame, condition: Series): DataFrame {
  return frame.query(condition).resetIndex();
}

/** The rows in order of a numeric column, largest first, numbered afresh; rows without a number come last. */
export function largestFirst(frame: DataFrame, column: string): DataFrame {
  const place = frame.columns.indexOf(column);
  const key = (row: unknown[]): number =>
    Number.isNaN(row[place]) ? -Infinity : Number(row[place]);
  const rows = (frame.values as unknown[][]).slice().sort((a, b) => key(b) - key(a) || 0);
  return new danfo.DataFrame(rows, { columns: frame.columns });
}

/** A DataFrame as a table for `show`, its index left out. */
export function toTable(frame: DataFrame): Table {
  return { columns: frame.columns, rows: frame.values as unknown[][] };
}

function toText(value: unknown): string {
  if (value === undefined || value === null) return "";
  return Array.isArray(value) ? value.join("; ") : String(value);
}

/** danfojs and the sentence encoder each bring a TensorFlow.js; the second one to load warns of the first. */
function loadDanfo(): typeof import("danfojs-node") {
  const { warn } = console;
  console.warn = () => undefined;
  try {
    // Beside the notebook, in tslab's modules as in Deno's.
    return createRequire(`${cwd()}/`)("danfojs-node") as typeof import("danfojs-node");
  } finally {
    console.warn = warn;
  }
}
