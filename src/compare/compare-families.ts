import { bestFamily, indexFamilies } from "../families/extract/family-overlap.js";
import { jaccard } from "../core/collections.js";
import { meanOf } from "../core/statistics.js";

/** A family to compare: its name and its members without the parent. */
export interface NamedMembers {
  label: string;
  members: readonly number[];
}

/** How far two sets of families agree. */
export interface FamilyComparison {
  /** Families on either side. */
  families: number;
  reference: number;
  /** Families whose label names one of the reference's too. */
  shared: number;
  /** Of those, families with the very same members. */
  equal: number;
  /** Mean Jaccard overlap of those with their namesake; NaN without any. */
  meanJaccard: number;
  /** Mean over the reference's families of the best Jaccard overlap with any family; NaN without any. */
  meanBestJaccard: number;
}

/** Compares families with a reference's, by label and by members. Of equal labels the last one counts. */
export function compareFamilies(
  families: readonly NamedMembers[],
  reference: readonly NamedMembers[],
): FamilyComparison {
  const named = new Map(reference.map(({ label, members }) => [label, members]));
  const overlaps = families.flatMap(({ label, members }) => {
    const other = named.get(label);
    return other === undefined ? [] : [jaccard(new Set(members), new Set(other))];
  });
  const index = indexFamilies(families.map(({ members }) => members));
  const best = reference.map(({ members }) => bestFamily(index, [...new Set(members)]).overlap);
  return {
    families: families.length,
    reference: reference.length,
    shared: overlaps.length,
    equal: overlaps.filter((overlap) => overlap === 1).length,
    meanJaccard: meanOf(overlaps),
    meanBestJaccard: meanOf(best),
  };
}
