import type { AnalysisRow } from "./clean-labels.js";
import type { LabelRecord } from "../label.js";

/** What another tool's analysis says of one latent or family. */
export interface AnalysedLabel {
  label: string;
  reasoning: string;
  /** NaN where unknown. */
  f1: number;
  pearson: number;
}

/**
 * Labels from another tool's analysis, such as the paper's `feature_analysis_results` files: F1 first, then Pearson;
 * scores that are not numbers are left out. Of several rows for one latent the last one counts.
 */
export function labelsFromAnalysis(rows: readonly AnalysisRow[]): LabelRecord[] {
  const byLatent = new Map(rows.map((row) => [row.latent, importedLabel(row.latent, row)]));
  return [...byLatent.values()].sort((a, b) => a.latent - b.latent);
}

/** A label of another tool as a record. How many documents its scores were measured on is not known: n is 0. */
export function importedLabel(
  latent: number,
  { label, reasoning, f1, pearson }: AnalysedLabel,
): LabelRecord {
  const scores = [
    { name: "f1", value: f1, n: 0 },
    { name: "pearson", value: pearson, n: 0 },
  ].filter(({ value }) => Number.isFinite(value));
  const [first, ...others] = scores;
  return {
    latent,
    label,
    source: "import",
    ...(label === "" ? { reason: "no label in the analysis" } : {}),
    ...(first ? { score: first.value, scoreName: first.name } : {}),
    ...(others.length > 0 ? { scores: others } : {}),
    ...(reasoning === "" ? {} : { reasoning }),
  };
}
