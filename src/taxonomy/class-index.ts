/** The classes that documents belong to, counted out over a hierarchy. */
export interface ClassIndex {
  /** Documents in all, those without any kept class included. */
  documents: number;
  /** Ids of the kept classes; a class comes after all of its ancestors. */
  ids: string[];
  /** Documents of each kept class, those of its descendants included [ids.length]. */
  sizes: Uint32Array;
  /** Document i belongs to the kept classes `members[offsets[i]]` up to `members[offsets[i + 1] - 1]`, ascending. */
  offsets: Uint32Array;
  members: Uint32Array;
  /** The kept ancestors of each kept class, itself left out. */
  ancestors: Set<number>[];
}

/** The hierarchy, and which of its classes are kept. */
export interface ClassIndexOptions {
  /** Parents of a class, for a hierarchy; several parents are fine. Without it the classes are flat. */
  tree?: ReadonlyMap<string, readonly string[]>;
  /** Fewest documents of a class that is kept. Default 5. */
  minSize?: number;
  /** Largest share of the documents in a class that is kept, since a class of nearly all says nothing. Default 0.5. */
  maxShare?: number;
}

/**
 * Indexes the classes of documents: a document belongs to its own classes and to all of their ancestors.
 * Throws RangeError where the tree runs in a circle.
 */
export function buildClassIndex(
  documentClasses: readonly (readonly string[])[],
  { tree = new Map(), minSize = 5, maxShare = 0.5 }: ClassIndexOptions = {},
): ClassIndex {
  const documents = documentClasses.length;
  const order = orderClasses(documentClasses, tree);
  const number = new Map(order.map((id, at) => [id, at]));
  const above = ancestorLists(order, number, tree);

  const closures = documentClasses.map((own) => {
    const closure = new Set<number>();
    for (const id of own) {
      const at = number.get(id) as number;
      closure.add(at);
      for (const ancestor of above[at]) closure.add(ancestor);
    }
    return closure;
  });
  const allSizes = new Uint32Array(order.length);
  for (const closure of closures) for (const at of closure) allSizes[at]++;

  const kept: number[] = [];
  const keptNumber = new Int32Array(order.length).fill(-1);
  for (let at = 0; at < order.length; at++) {
    if (allSizes[at] < Math.max(1, minSize) || allSizes[at] > maxShare * documents) continue;
    keptNumber[at] = kept.length;
    kept.push(at);
  }
  const rows = closures.map((closure) =>
    [...closure].map((at) => keptNumber[at]).filter((at) => at >= 0),
  );
  const offsets = new Uint32Array(documents + 1);
  for (let i = 0; i < documents; i++) offsets[i + 1] = offsets[i] + rows[i].length;
  const members = new Uint32Array(offsets[documents]);
  rows.forEach((row, i) => {
    row.sort((a, b) => a - b);
    members.set(row, offsets[i]);
  });
  return {
    documents,
    ids: kept.map((at) => order[at]),
    sizes: Uint32Array.from(kept, (at) => allSizes[at]),
    offsets,
    members,
    ancestors: kept.map(
      (at) => new Set([...above[at]].map((up) => keptNumber[up]).filter((up) => up >= 0)),
    ),
  };
}

/** Whether class `upper` is `lower` itself or one of its ancestors. Both are places in `index.ids`. */
export function isAboveOrEqual(index: ClassIndex, upper: number, lower: number): boolean {
  return upper === lower || index.ancestors[lower].has(upper);
}

// Every class that is used or above one that is, ancestors first.
function orderClasses(
  documentClasses: readonly (readonly string[])[],
  tree: ReadonlyMap<string, readonly string[]>,
): string[] {
  const order: string[] = [];
  const state = new Map<string, "open" | "done">();
  for (const start of new Set(documentClasses.flat())) {
    const path: { id: string; next: number }[] = [{ id: start, next: 0 }];
    while (path.length > 0) {
      const top = path[path.length - 1];
      if (state.get(top.id) === "done") {
        path.pop();
        continue;
      }
      state.set(top.id, "open");
      const parents = tree.get(top.id) ?? [];
      if (top.next === parents.length) {
        state.set(top.id, "done");
        order.push(top.id);
        path.pop();
        continue;
      }
      const parent = parents[top.next++];
      if (state.get(parent) === "open") {
        throw new RangeError(`buildClassIndex: class ${parent} is its own ancestor`);
      }
      path.push({ id: parent, next: 0 });
    }
  }
  return order;
}

function ancestorLists(
  order: readonly string[],
  number: ReadonlyMap<string, number>,
  tree: ReadonlyMap<string, readonly string[]>,
): Set<number>[] {
  const above: Set<number>[] = [];
  for (const id of order) {
    const own = new Set<number>();
    for (const parent of tree.get(id) ?? []) {
      const at = number.get(parent) as number;
      own.add(at);
      for (const up of above[at]) own.add(up);
    }
    above.push(own);
  }
  return above;
}
