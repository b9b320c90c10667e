import { FormatError } from "../errors.js";

/** A family's name tested on its members: an entry of the reference's `family_analysis` file. */
export interface FamilyAnalysis {
  /** What the family was named, its superfeature. */
  name: string;
  /** F1 and Pearson correlation of the name's predictions over the family's documents; NaN where unknown. */
  f1: number;
  pearson: number;
  /** The members, the parent last. */
  members: { label: string; f1: number; pearson: number }[];
}

/**
 * Reads the parsed content of a `family_analysis` file: a list of {superfeature, family_f1, family_pearson,
 * feature_names, feature_f1, feature_pearson}. Numbers may be missing, null or NaN. `source` is used in errors. Throws
 * FormatError for anything else, and where a family has not as many scores as names.
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
    if (!Array.isArray(names) || names.some((name) => typeof name !== "string")) {
      return fail("expected feature_names, a list of labels");
    }
    if (typeof row.superfeature !== "string") return fail("expected superfeature, a name");
    const scores = (field: string): number[] => {
      const list: unknown = row[field] ?? names.map(() => NaN);
      if (!Array.isArray(list) || list.length !== names.length) {
        return fail(`expected ${names.length} numbers in ${field}, one for each of feature_names`);
      }
      return list.map((value: unknown) => (typeof value === "number" ? value : NaN));
    };
    const number = (field: string): number => {
      const value = row[field];
      return typeof value === "number" ? value : NaN;
    };
    const [f1, pearson] = [scores("feature_f1"), scores("feature_pearson")];
    return {
      name: row.superfeature,
      f1: number("family_f1"),
      pearson: number("family_pearson"),
      members: (names as string[]).map((label, i) => ({ label, f1: f1[i], pearson: pearson[i] })),
    };
  });
}
