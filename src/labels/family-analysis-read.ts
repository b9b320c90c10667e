import { cleanLabel } from "../families/quality.js";
import { FormatError } from "../errors.js";
import { type AnalysedLabel, importedLabel } from "./import.js";
import type { LabelRecord } from "./label.js";

/** Share of members in common, by label, from which a family of a file is taken for one of the atlas. */
const LEAST_OVERLAP = 0.5;

/** What automated interpretation found of one family: an entry of the reference's `family_analysis` file. */
export interface FamilyAnalysisRow extends AnalysedLabel {
  /** Labels of the family's latents, the parent last. */
  members: string[];
}

/** A family of an atlas, by its latents' labels. */
export interface LabelledFamily {
  parent: number;
  members: readonly { latent: number }[];
}

/**
 * Reads the parsed content of a `family_analysis` file: a list of {superfeature, super_reasoning, family_f1,
 * family_pearson, feature_names}, the parent's name last. Numbers may be missing, null or NaN. `name` is used in errors.
 * Throws FormatError for anything else.
 */
export function parseFamilyAnalysis(
  content: unknown,
  name = "family analysis",
): FamilyAnalysisRow[] {
  if (!Array.isArray(content)) {
    throw new FormatError(name, "expected a list of analysed families");
  }
  return content.map((entry: unknown, place) => {
    const fail = (problem: string): never => {
      throw new FormatError(name, `entry ${place}: ${problem}`);
    };
    if (typeof entry !== "object" || entry === null) return fail("expected an object");
    const row = entry as Record<string, unknown>;
    const { superfeature, super_reasoning: reasoning, feature_names: members } = row;
    if (typeof superfeature !== "string") return fail("superfeature must be text");
    const isText = (value: unknown): value is string => typeof value === "string";
    if (!Array.isArray(members) || members.length === 0 || !members.every(isText)) {
      return fail("feature_names must be a list of labels, the parent's last");
    }
    const number = (field: string): number => {
      const value = row[field] ?? NaN;
      return typeof value === "number" ? value : fail(`${field} must be a number`);
    };
    return {
      label: superfeature,
      reasoning: isText(reasoning) ? reasoning : "",
      f1: number("family_f1"),
      pearson: number("family_pearson"),
      members,
    };
  });
}

/**
 * Names for an atlas's families from another tool's analysis, by parent latent. The file tells families by labels: a row
 * is taken for the family with which it shares most of them, at least half of all, cleaned or not; of several rows for a
 * family the best fit counts, then the later. `label` gives the atlas's labels. `unmatched` are the rows that fit none.
 */
export function namesFromFamilyAnalysis(
  rows: readonly FamilyAnalysisRow[],
  families: readonly LabelledFamily[],
  label: (latent: number) => string,
): { names: LabelRecord[]; unmatched: FamilyAnalysisRow[] } {
  const sets = families.map(({ parent, members }) => {
    const latents = [parent, ...members.map(({ latent }) => latent)];
    const labels = latents.map((latent) => plain(label(latent)));
    return { parent, labels: new Set(labels.filter((text) => text !== "")) };
  });
  const holders = new Map<string, number[]>();
  sets.forEach(({ labels }, place) => {
    for (const text of labels) holders.set(text, [...(holders.get(text) ?? []), place]);
  });
  const best = new Map<number, { overlap: number; record: LabelRecord }>();
  const unmatched = rows.filter((row) => {
    const wanted = new Set(row.members.map(plain));
    const { place, overlap } = closest(wanted, sets, holders);
    if (overlap < LEAST_OVERLAP) return true;
    const { parent } = sets[place];
    if (overlap >= (best.get(parent)?.overlap ?? 0)) {
      best.set(parent, { overlap, record: importedLabel(parent, row) });
    }
    return false;
  });
  const names = [...best.values()].map(({ record }) => record);
  return { names: names.sort((a, b) => a.latent - b.latent), unmatched };
}

/** The set that shares the largest part of the union with `wanted`. */
function closest(
  wanted: ReadonlySet<string>,
  sets: readonly { labels: ReadonlySet<string> }[],
  holders: ReadonlyMap<string, readonly number[]>,
): { place: number; overlap: number } {
  const shared = new Map<number, number>();
  for (const text of wanted) {
    for (const place of holders.get(text) ?? []) shared.set(place, (shared.get(place) ?? 0) + 1);
  }
  let found = { place: -1, overlap: 0 };
  for (const [place, both] of shared) {
    const overlap = both / (wanted.size + sets[place].labels.size - both);
    if (overlap > found.overlap) found = { place, overlap };
  }
  return found;
}

// The authors' code writes cleaned labels into its families, and whole ones into its analysis.
function plain(label: string): string {
  return cleanLabel(label) ?? label;
}
