/** Makes the value on the first call, and only then. */
export function once<T extends NonNullable<unknown>>(make: () => T): () => T {
  let value: T | undefined;
  return () => (value ??= make());
}

/** The same for work that may fail: its result is kept, and what failed is tried again at the next call. */
export function onceDone<T>(work: () => Promise<T>): () => Promise<T> {
  let kept: Promise<T> | undefined;
  return () => {
    if (kept === undefined) {
      const own = work();
      kept = own;
      own.catch(() => {
        if (kept === own) kept = undefined;
      });
    }
    return kept;
  };
}
