import { readJson } from "../../files/json.js";
import { type AnalysisRow, parseAnalysis } from "./clean-labels.js";
import { type Label, scoreNamed } from "../../records/label.js";

/**
 * Labels as rows of the paper's analysis, on which its cleaning rules and its families are based; latents without a
 * label are omitted. F1 and Pearson are NaN if unknown.
 */
export function analysisOfLabels(
  labels: readonly Label[],
  densityOf: (latent: number) => number,
): AnalysisRow[] {
  return labels
    .filter(({ text }) => text !== "")
    .map(({ id, text, reasoning = "", scores }) => ({
      latent: id,
      label: text,
      reasoning,
      f1: scoreNamed(scores, "f1") ?? NaN,
      pearson: scoreNamed(scores, "pearson") ?? NaN,
      density: densityOf(id),
    }));
}

/** Rows of an analysis in the form of a `feature_analysis_results` file; unknown values are null. */
export function analysisToJson(rows: readonly AnalysisRow[]): Record<string, unknown>[] {
  const known = (value: number): number | null => (Number.isFinite(value) ? value : null);
  return rows.map(({ latent, label, reasoning, f1, pearson, density }) => ({
    index: latent,
    label,
    reasoning,
    f1: known(f1),
    pearson_correlation: known(pearson),
    density: known(density),
  }));
}

/** Reads an analysis file where one is given. */
export async function readAnalysis(file: string | undefined): Promise<AnalysisRow[] | undefined> {
  return file === undefined ? undefined : parseAnalysis(await readJson(file), file);
}
