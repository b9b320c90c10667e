import type { CatalogRow } from "./row.js";

/** What became of one latent from one catalog to another. */
export interface CatalogChange {
  index: number;
  /** "added" and "removed" where only one of the catalogs has it. */
  kind: "added" | "removed" | "label" | "score" | "source";
  /** Labels before and after. */
  before: string;
  after: string;
  sourceBefore: string | null;
  sourceAfter: string | null;
  scoreBefore: number | null;
  scoreAfter: number | null;
}

/** What of a catalog's row is compared. */
export type ComparedRow = Pick<
  CatalogRow,
  "index" | "label" | "label_source" | "score" | "score_name"
>;

/** How two catalogs are compared. */
export interface DiffOptions {
  /** Scores that differ by no more than this are equal. Default 0.005. */
  tolerance?: number;
}

/**
 * The latents whose label, its source or its score differs between two catalogs of one SAE, ascending; each once, by
 * the first of these that differs. Scores of different measures are not compared with each other: they count as
 * changed. Throws RangeError for a catalog that has a latent twice.
 */
export function diffCatalogs(
  before: readonly ComparedRow[],
  after: readonly ComparedRow[],
  { tolerance = 0.005 }: DiffOptions = {},
): CatalogChange[] {
  const [old, fresh] = [byLatent(before), byLatent(after)];
  const latents = [...new Set([...old.keys(), ...fresh.keys()])].sort((a, b) => a - b);
  return latents.flatMap((index) => {
    const [a, b] = [old.get(index), fresh.get(index)];
    const kind = kindOf(a, b, tolerance);
    if (kind === undefined) return [];
    return [
      {
        index,
        kind,
        before: a?.label ?? "",
        after: b?.label ?? "",
        sourceBefore: a?.label_source ?? null,
        sourceAfter: b?.label_source ?? null,
        scoreBefore: a?.score ?? null,
        scoreAfter: b?.score ?? null,
      },
    ];
  });
}

function kindOf(
  a: ComparedRow | undefined,
  b: ComparedRow | undefined,
  tolerance: number,
): CatalogChange["kind"] | undefined {
  if (a === undefined) return "added";
  if (b === undefined) return "removed";
  if (a.label !== b.label) return "label";
  if (a.label_source !== b.label_source) return "source";
  const sameMeasure = a.score_name === b.score_name;
  const close =
    a.score === b.score ||
    (a.score !== null && b.score !== null && Math.abs(a.score - b.score) <= tolerance);
  return sameMeasure && close ? undefined : "score";
}

function byLatent(rows: readonly ComparedRow[]): Map<number, ComparedRow> {
  const found = new Map<number, ComparedRow>();
  for (const row of rows) {
    if (found.has(row.index)) throw new RangeError(`catalog: latent ${row.index} appears twice`);
    found.set(row.index, row);
  }
  return found;
}
