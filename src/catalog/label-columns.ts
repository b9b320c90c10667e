import type { Label, Score } from "../records/label.js";
import { parseLabel } from "../records/label-lines.js";
import type { CatalogRow, CatalogScore } from "./row.js";
import { knownOrNull } from "./rounded.js";

/** The columns that a latent's label fills. */
export type LabelColumns = Pick<
  CatalogRow,
  | "label"
  | "label_source"
  | "label_note"
  | "score"
  | "score_name"
  | "score_n"
  | "score_low"
  | "score_high"
  | "scores"
  | "keywords"
  | "model"
  | "prompt_version"
  | "label_date"
  | "label_cost"
  | "label_documents"
>;

const USES = ["explain", "validate", "score"] as const;

/** A label as the catalog's columns; null and empty where there is none. */
export function labelToColumns(label: Label | undefined): LabelColumns {
  const scores = (label?.scores ?? []).map(scoreToColumns);
  const first = scores.at(0);
  return {
    label: label?.text ?? "",
    label_source: label === undefined || label.text === "" ? null : label.source,
    label_note: label?.reason ?? null,
    score: first?.value ?? null,
    score_name: first?.name ?? null,
    score_n: first?.n ?? null,
    score_low: first?.low ?? null,
    score_high: first?.high ?? null,
    scores,
    keywords: label?.keywords ?? [],
    model: label?.model ?? null,
    prompt_version: label?.promptVersion ?? null,
    label_date: label?.date ?? null,
    label_cost: label?.cost === undefined ? null : knownOrNull(label.cost),
    label_documents: USES.flatMap((use) =>
      (label?.examples?.[use] ?? []).map((id) => ({ id, use })),
    ),
  };
}

/**
 * The label of a row of the catalog, without its keywords, cost and documents; of source "import" where it names none.
 * `path` and `place` are used in errors. Throws FormatError for an unknown source and a latent that is none of the `n`.
 */
export function labelFromColumns(
  row: CatalogRow,
  path: string,
  { n, place }: { n?: number; place?: string } = {},
): Label {
  const line = {
    latent: row.index,
    label: row.label,
    source: row.label_source ?? "import",
    reason: row.label_note,
    scores: row.scores.flatMap(({ value, low, high, ...score }) =>
      value === null
        ? []
        : [{ ...score, value, interval: low === null || high === null ? null : [low, high] }],
    ),
    model: row.model,
    promptVersion: row.prompt_version,
    date: row.label_date,
  };
  const label = parseLabel(line, path, { n, place });
  if (row.score === null || row.score_name === null) return label;
  const { score: value, score_name: name, score_n: count } = row;
  const listed = label.scores.find((score) => score.name === name);
  const first: Score = { ...listed, name, value, n: count ?? 0 };
  return { ...label, scores: [first, ...label.scores.filter((score) => score !== listed)] };
}

function scoreToColumns({ name, value, n, interval = [NaN, NaN] }: Score): CatalogScore {
  const [low, high] = interval;
  return {
    name,
    value: knownOrNull(value),
    n,
    low: knownOrNull(low),
    high: knownOrNull(high),
  };
}
