/** Rows of cells as lines with aligned columns. */
export function formatRows(rows: readonly (readonly string[])[], gap = 2): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, j) => (widths[j] = Math.max(widths[j] ?? 0, cell.length)));
  }
  return rows.map((row) =>
    row
      .map((cell, j) => cell.padEnd(widths[j] + gap))
      .join("")
      .trimEnd(),
  );
}

/** A share in whole percent; "none" where it is not known. */
export function percent(share: number | null): string {
  return share === null ? "none" : `${(100 * share).toFixed(0)} %`;
}
