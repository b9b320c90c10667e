/** Makes the value on the first call, and only then. */
export function once<T extends NonNullable<unknown>>(make: () => T): () => T {
  let value: T | undefined;
  return () => (value ??= make());
}
