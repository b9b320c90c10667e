import { DataFrame } from "danfojs-node";
import { type Table, tableFromRecords } from "feature-families";

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
  return new DataFrame(rows, { columns: table.columns });
}

/** A DataFrame as a table for `show`, its index left out. */
export function toTable(frame: DataFrame): Table {
  return { columns: frame.columns, rows: frame.values as unknown[][] };
}

function toText(value: unknown): string {
  if (value === undefined || value === null) return "";
  return Array.isArray(value) ? value.join("; ") : String(value);
}
