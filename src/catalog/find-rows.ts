import type { CatalogRow } from "./row.js";

/** Which rows of a catalog are looked for; what is not given does not count, the rest must all hold. */
export interface CatalogQuery {
  /** Words that occur in the label, the keywords or the families' names, in any case. */
  words?: readonly string[];
  /** This latent alone. */
  latent?: number;
  /** Lowest score of the label; one without a score is left out. */
  minScore?: number;
  /** Largest share of documents. */
  maxDensity?: number;
}

/** The rows that a query holds for, in the catalog's order. */
export function findRows(
  rows: readonly CatalogRow[],
  { words = [], latent, minScore, maxDensity }: CatalogQuery,
): CatalogRow[] {
  const wanted = words.map((word) => word.toLowerCase());
  return rows.filter(
    (row) =>
      (latent === undefined || row.index === latent) &&
      (minScore === undefined || (row.score ?? -Infinity) >= minScore) &&
      (maxDensity === undefined || row.density <= maxDensity) &&
      wanted.every((word) => mentions(row, word)),
  );
}

/** The rows with the best labels first: by score, then by latent; those without a score last. */
export function sortByScore(rows: readonly CatalogRow[]): CatalogRow[] {
  return [...rows].sort((a, b) => (b.score ?? -1) - (a.score ?? -1) || a.index - b.index);
}

function mentions({ label, keywords, families }: CatalogRow, word: string): boolean {
  const texts = [label, ...keywords, ...families.map(({ name }) => name)];
  return texts.some((text) => text.toLowerCase().includes(word));
}
