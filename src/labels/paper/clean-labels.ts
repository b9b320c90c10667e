import { FormatError } from "../../core/errors.js";

/**
 * The result of automated interpretation of one latent: an entry of the reference's `feature_analysis_results` file.
 */
export interface AnalysisRow {
  latent: number;
  label: string;
  reasoning: string;
  /** F1 of the label's predictions; NaN where unknown. */
  f1: number;
  /** Pearson correlation of the label's predictions; NaN where they are constant or unknown. */
  pearson: number;
  /** Share of documents in which the latent is active; NaN where unknown. */
  density: number;
}

/** A latent that passes the cleaning rules, with its cleaned label. */
export interface CleanLatent {
  latent: number;
  label: string;
  f1: number;
  pearson: number;
  density: number;
}

/** The cleaning rules; the defaults are the reference's. */
export interface CleanOptions {
  /** Minimum F1. Default 0.8. */
  minF1?: number;
  /** Minimum Pearson correlation. Default 0.8. */
  minPearson?: number;
  /** Density at which a latent is too common. Default 0.2. */
  maxDensity?: number;
  /**
   * Of latents with the same cleaned label keep the one with the largest F1 + Pearson ("best", the default), or all.
   */
  duplicates?: "best" | "all";
}

const FIELD_TAIL =
  / in (?:[Aa]stronomy|[Aa]strophysics|[Pp]hysics|[Aa]stronomical|[Aa]strophysical|[Cc]omputer [Ss]cience|CS)/;
const NO_LABEL = /["'][A-Za-z]["']|[Kk]eyword|[Tt]opic|[Cc]oncept|[Pp]resence/;

/**
 * Reads the parsed content of a `feature_analysis_results` file: a list of {index, label, reasoning, f1,
 * pearson_correlation, density}, in the file's order. Numbers may be missing, null or NaN. `name` is used in errors.
 * Throws FormatError for anything else.
 */
export function parseAnalysis(content: unknown, name = "analysis"): AnalysisRow[] {
  if (!Array.isArray(content)) {
    throw new FormatError(name, `expected a list of analysed latents, got ${kindOf(content)}`);
  }
  return content.map((entry: unknown, place) => {
    if (typeof entry !== "object" || entry === null) {
      throw new FormatError(name, `entry ${place}: expected an object, got ${kindOf(entry)}`);
    }
    const row = entry as Record<string, unknown>;
    if (typeof row.index !== "number" || !Number.isInteger(row.index) || row.index < 0) {
      throw new FormatError(
        name,
        `entry ${place}: index must be a latent, got ${String(row.index)}`,
      );
    }
    if (typeof row.label !== "string") {
      throw new FormatError(name, `entry ${place}: label must be text, got ${kindOf(row.label)}`);
    }
    const number = (field: "f1" | "pearson_correlation" | "density"): number => {
      const value = row[field] ?? NaN;
      if (typeof value === "number") return value;
      throw new FormatError(
        name,
        `entry ${place}: ${field} must be a number, got ${kindOf(value)}`,
      );
    };
    return {
      latent: row.index,
      label: row.label,
      reasoning: typeof row.reasoning === "string" ? row.reasoning : "",
      f1: number("f1"),
      pearson: number("pearson_correlation"),
      density: number("density"),
    };
  });
}

/**
 * The label without its field ("… in astronomy", "… in computer science"), or undefined if it names no subject: a
 * quoted letter, or a mention of keywords, topics, concepts or presence.
 */
export function cleanLabel(label: string): string | undefined {
  const cleaned = label.split(FIELD_TAIL)[0];
  return cleaned === "" || NO_LABEL.test(cleaned) ? undefined : cleaned;
}

/**
 * The latents that pass the cleaning rules, in the order of `rows`; a better duplicate replaces the first in its place.
 * A NaN score or density does not pass.
 */
export function selectCleanLatents(
  rows: readonly AnalysisRow[],
  options: CleanOptions = {},
): CleanLatent[] {
  const { minF1 = 0.8, minPearson = 0.8, maxDensity = 0.2, duplicates = "best" } = options;
  const kept: CleanLatent[] = [];
  const places = new Map<string, number>();
  for (const { latent, label: given, f1, pearson, density } of rows) {
    if (!(f1 >= minF1 && pearson >= minPearson && density < maxDensity)) continue;
    const label = cleanLabel(given);
    if (label === undefined) continue;
    const clean = { latent, label, f1, pearson, density };
    const place = duplicates === "best" ? places.get(label) : undefined;
    if (place === undefined) {
      places.set(label, kept.length);
      kept.push(clean);
    } else if (f1 + pearson > kept[place].f1 + kept[place].pearson) kept[place] = clean;
  }
  return kept;
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "a list" : typeof value;
}
