import type { AnalysisRow } from "./clean-labels.js";
import type { Label } from "../../records/label.js";

/** Another tool's result for one latent or family. */
export interface AnalysedLabel {
  label: string;
  reasoning: string;
  /** NaN where unknown. */
  f1: number;
  pearson: number;
}

/**
 * Labels from another tool's analysis, such as the paper's `feature_analysis_results` files: F1 first, then Pearson;
 * scores that are not numbers are omitted. Of several rows for one latent the last one counts.
 */
export function labelsFromAnalysis(rows: readonly AnalysisRow[]): Label[] {
  const byLatent = new Map(
    rows.map((row) => [row.latent, importedLabel("latent", row.latent, row)]),
  );
  return [...byLatent.values()].sort((a, b) => a.id - b.id);
}

/** A label of another tool. The number of documents behind its scores is unknown: n is 0. */
export function importedLabel(
  of: Label["of"],
  id: number,
  { label, reasoning, f1, pearson }: AnalysedLabel,
): Label {
  const scores = [
    { name: "f1", value: f1, n: 0 },
    { name: "pearson", value: pearson, n: 0 },
  ].filter(({ value }) => Number.isFinite(value));
  return {
    of,
    id,
    text: label,
    source: "import",
    ...(label === "" ? { reason: "no label in the analysis" } : {}),
    scores,
    ...(reasoning === "" ? {} : { reasoning }),
  };
}
