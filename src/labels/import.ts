import type { AnalysisRow } from "../families/quality.js";
import type { LabelRecord } from "./label.js";

/**
 * Labels from another tool's analysis, such as the paper's `feature_analysis_results` files: F1 first, then Pearson;
 * scores that are not numbers are left out. Of several rows for one latent the last one counts.
 */
export function labelsFromAnalysis(rows: readonly AnalysisRow[]): LabelRecord[] {
  const byLatent = new Map<number, LabelRecord>();
  for (const { latent, label, f1, pearson } of rows) {
    const scores = [
      { name: "f1", value: f1, n: 0 },
      { name: "pearson", value: pearson, n: 0 },
    ].filter(({ value }) => Number.isFinite(value));
    const [first, ...others] = scores;
    byLatent.set(latent, {
      latent,
      label,
      source: "import",
      ...(label === "" ? { reason: "no label in the analysis" } : {}),
      ...(first ? { score: first.value, scoreName: first.name } : {}),
      ...(others.length > 0 ? { scores: others } : {}),
    });
  }
  return [...byLatent.values()].sort((a, b) => a.latent - b.latent);
}
