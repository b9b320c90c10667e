/** Makes the value on the first call, and only then. */
export function once<T extends NonNullable<unknown>>(make: () => T): () => T {
  let value: T | undefined;
  return () => (value ??= make());
}

/** The same for work that may fail: its result is kept, and what failed is tried again at the next call. */
export function onceDone<T>(work: () => Promise<T>): () => Promise<T> {
  const kept = new Map<string, Promise<T>>();
  return () => keepDone(kept, "", work);
}

/** The same by key. */
export function keepDone<Key, T>(
  kept: Map<Key, Promise<T>>,
  key: Key,
  work: () => Promise<T>,
): Promise<T> {
  const known = kept.get(key);
  if (known !== undefined) return known;
  const own = work();
  kept.set(key, own);
  own.catch(() => {
    if (kept.get(key) === own) kept.delete(key);
  });
  return own;
}
