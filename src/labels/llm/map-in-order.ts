/** Concurrency of mapInOrder. */
export interface MapOptions {
  /** Most items in progress. Default 64. */
  inFlight?: number;
  /** Most items in progress or waiting for an earlier one; bounds the memory. Default: four times `inFlight`. */
  ahead?: number;
}

interface Slot<R> {
  result?: { value: R };
  isSettled: boolean;
}

/**
 * Yields the results of `work` in the order of the items, running several at a time. After a failure no further item is
 * started; the running ones finish, every result is yielded, and then the first error is thrown.
 */
export async function* mapInOrder<T, R>(
  items: Iterable<T>,
  work: (item: T) => Promise<R>,
  { inFlight = 64, ahead = 4 * inFlight }: MapOptions = {},
): AsyncGenerator<R> {
  const iterator = items[Symbol.iterator]();
  const slots: Slot<R>[] = [];
  let failure: { error: unknown } | undefined;
  let running = 0;
  let isDone = false;
  let wake = (): void => undefined;
  const begin = (item: T): void => {
    const slot: Slot<R> = { isSettled: false };
    slots.push(slot);
    running++;
    void work(item)
      .then(
        (value) => void (slot.result = { value }),
        (error: unknown) => void (failure ??= { error }),
      )
      .finally(() => {
        slot.isSettled = true;
        running--;
        wake();
      });
  };
  for (;;) {
    while (!isDone && failure === undefined && running < inFlight && slots.length < ahead) {
      const next = iterator.next();
      if (next.done === true) isDone = true;
      else begin(next.value);
    }
    const head = slots[0];
    if (head === undefined) break;
    if (!head.isSettled) {
      await new Promise<void>((resolve) => (wake = resolve));
      continue;
    }
    slots.shift();
    if (head.result !== undefined) yield head.result.value;
  }
  if (failure !== undefined) throw failure.error;
}
