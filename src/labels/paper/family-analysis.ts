import { FormatError } from "../../core/errors.js";

/** A family's name tested on its members: an entry of the reference's `family_analysis` file. */
export interface FamilyAnalysis {
  /** The family's name, its superfeature. */
  name: string;
  /** The model's reasoning; empty if unknown. */
  reasoning: string;
  /** F1 and Pearson correlation of the name's predictions over the family's documents; NaN where unknown. */
  f1: number;
  pearson: number;
  /** The members, the parent last. */
  members: { label: string; f1: number; pearson: number }[];
}

/**
 * Reads the parsed content of a `family_analysis` file: a list of {superfeature, super_reasoning, family_f1,
 * family_pearson, feature_names, feature_f1, feature_pearson}. Numbers may be missing, null or NaN. `source` is used in
 * errors. Throws FormatError for anything else, and if a family's numbers of scores and names differ.
 */
export function parseFamilyAnalysis(
  content: unknown,
  source = "family analysis",
): FamilyAnalysis[] {
  if (!Array.isArray(content)) {
    throw new FormatError(source, `expected a list of families, got ${typeof content}`);
  }
  return content.map((entry: unknown, place) => {
    const fail = (problem: string): never => {
      throw new FormatError(source, `family ${place}: ${problem}`);
    };
    if (typeof entry !== "object" || entry === null) return fail("expected an object");
    const row = entry as Record<string, unknown>;
    const names = row.feature_names;
    const isText = (value: unknown): value is string => typeof value === "string";
    if (!Array.isArray(names) || names.length === 0 || !names.every(isText)) {
      return fail("expected feature_names, a list of labels, the parent's last");
    }
    if (!isText(row.superfeature)) return fail("expected superfeature, a name");
    const known = (field: string, value: unknown): number => {
      const number = value ?? NaN;
      return typeof number === "number" ? number : fail(`${field} must be a number`);
    };
    const scores = (field: "feature_f1" | "feature_pearson"): number[] => {
      const list: unknown = row[field] ?? names.map(() => NaN);
      if (!Array.isArray(list) || list.length !== names.length) {
        return fail(`expected ${names.length} numbers in ${field}, one for each of feature_names`);
      }
      return list.map((value: unknown) => known(field, value));
    };
    const [f1, pearson] = [scores("feature_f1"), scores("feature_pearson")];
    return {
      name: row.superfeature,
      reasoning: isText(row.super_reasoning) ? row.super_reasoning : "",
      f1: known("family_f1", row.family_f1),
      pearson: known("family_pearson", row.family_pearson),
      members: names.map((label, i) => ({ label, f1: f1[i], pearson: pearson[i] })),
    };
  });
}
