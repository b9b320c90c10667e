import { addToList } from "../../core/collections.js";
import type { DocumentColumn } from "../../explorer/format.js";
import type { ClassTree } from "../../corpus/corpus.js";

/** Classes that colours can still tell apart. */
const WANTED = 12;

/**
 * The documents' classes by a few classes high up in the tree: beginning with its roots, the largest class is replaced by
 * the classes below it until there are enough.
 */
export function broadClasses(
  classes: readonly (readonly string[])[],
  { parents, names }: ClassTree,
): DocumentColumn {
  const above = classes.map((own) => ancestors(own, parents));
  const counts = new Map<string, number>();
  for (const list of above) for (const one of list) counts.set(one, (counts.get(one) ?? 0) + 1);
  const below = new Map<string, string[]>();
  for (const [child, list] of parents) {
    for (const parent of list) addToList(below, parent, child);
  }
  const isCounted = (one: string): boolean => counts.has(one);
  let shown = [...counts.keys()].filter((one) => (parents.get(one) ?? []).length === 0);
  while (shown.length < WANTED) {
    const ranked = shown.filter((one) => (below.get(one) ?? []).some(isCounted));
    if (ranked.length === 0) break;
    const size = (one: string): number => counts.get(one) ?? 0;
    const largest = ranked.reduce((best, one) => (size(one) > size(best) ? one : best));
    const children = (below.get(largest) ?? []).filter(isCounted);
    shown = [...new Set([...shown.filter((one) => one !== largest), ...children])];
  }
  const places = new Map(shown.map((one, at) => [one, at]));
  return {
    kind: "text",
    words: shown.map((one) => names.get(one) ?? one),
    at: above.map((list) => {
      const found = list.find((one) => places.has(one));
      return found === undefined ? -1 : (places.get(found) ?? -1);
    }),
  };
}

/** Classes and all above them, the lowest first. */
function ancestors(own: readonly string[], parents: ReadonlyMap<string, string[]>): string[] {
  const found = new Set(own);
  for (const one of found) for (const parent of parents.get(one) ?? []) found.add(parent);
  return [...found];
}
