import type { FamilyAnalysis } from "./family-analysis.js";
import { cleanLabel } from "./clean-labels.js";
import { importedLabel } from "./labels-from-analysis.js";
import { type FamilyOutline, familyLatents } from "../../records/family.js";
import type { Label } from "../../records/label.js";

/** Minimum share of common members, by label, for a family of a file to match one of the atlas. */
const LEAST_OVERLAP = 0.5;

/**
 * Names for an atlas's families from another tool's analysis, by parent latent. The file identifies families by labels:
 * a row matches the family with which it shares most of them, at least half of all, cleaned or not; of several rows for
 * a family the best match counts, then the later. `label` gives the atlas's labels. `unmatched` are the rows without a
 * match.
 */
export function namesFromFamilyAnalysis(
  rows: readonly FamilyAnalysis[],
  families: readonly FamilyOutline[],
  label: (latent: number) => string,
): { names: Label[]; unmatched: FamilyAnalysis[] } {
  const sets = families.map((family) => {
    const { parent } = family;
    const labels = familyLatents(family).map((latent) => plain(label(latent)));
    return { parent, labels: new Set(labels.filter((text) => text !== "")) };
  });
  const holders = new Map<string, number[]>();
  sets.forEach(({ labels }, place) => {
    for (const text of labels) holders.set(text, [...(holders.get(text) ?? []), place]);
  });
  const best = new Map<number, { overlap: number; name: Label }>();
  const unmatched = rows.filter((row) => {
    const wanted = new Set(row.members.map((member) => plain(member.label)));
    const { place, overlap } = closest(wanted, sets, holders);
    if (overlap < LEAST_OVERLAP) return true;
    const { parent } = sets[place];
    if (overlap >= (best.get(parent)?.overlap ?? 0)) {
      const name = importedLabel("family", parent, { ...row, label: row.name });
      best.set(parent, { overlap, name });
    }
    return false;
  });
  const names = [...best.values()].map(({ name }) => name);
  return { names: names.sort((a, b) => a.id - b.id), unmatched };
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

// The authors' code writes cleaned labels into its families and full ones into its analysis.
function plain(label: string): string {
  return cleanLabel(label) ?? label;
}
