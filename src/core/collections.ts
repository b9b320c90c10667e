/** Whether a value is an object that is no list, as JSON has it. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A copy of a typed array with room for `size` values. */
export function grown<Values extends Uint32Array | Float32Array>(
  values: Values,
  size: number,
): Values {
  const out = new (values.constructor as new (size: number) => Values)(size);
  out.set(values);
  return out;
}

/** Adds `item` to the list of `key`, which is started where there is none. */
export function addToList<Key, Item>(lists: Map<Key, Item[]>, key: Key, item: Item): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [item]);
  else list.push(item);
}

/** At most `most` of the items, evenly spread over them. */
export function evenly<Item>(items: readonly Item[], most: number): Item[] {
  const count = Math.min(most, items.length);
  return Array.from({ length: count }, (_, at) => items[Math.floor((at * items.length) / count)]);
}

/** Number of items in both sets. */
export function countShared<Item>(a: ReadonlySet<Item>, b: ReadonlySet<Item>): number {
  let shared = 0;
  for (const item of a) if (b.has(item)) shared++;
  return shared;
}

/** Jaccard overlap of two sets: items in both over items in either; 1 for two empty sets. */
export function jaccard<Item>(a: ReadonlySet<Item>, b: ReadonlySet<Item>): number {
  const shared = countShared(a, b);
  const either = a.size + b.size - shared;
  return either === 0 ? 1 : shared / either;
}

/**
 * The value of an object's own key; undefined for any other. Objects that are keyed by a file's or a person's words must be
 * read this way: every object inherits `constructor`, `toString` and `__proto__`.
 */
export function ownValue<Value>(
  record: Readonly<Record<string, Value>>,
  key: string,
): Value | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

/** The items that are there: a list may then say `condition && item`, or have items that may be undefined. */
export function compact<Item>(items: readonly (Item | false | undefined)[]): Item[] {
  return items.filter((item): item is Item => item !== false && item !== undefined);
}
