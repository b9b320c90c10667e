/** How much runs at a time. */
export interface MapOptions {
  /** Items under way. Default 64. */
  inFlight?: number;
  /** Items under way or waiting for one before them; this bounds the memory. Default four times `inFlight`. */
  ahead?: number;
}

interface Slot<R> {
  result?: { value: R };
  isSettled: boolean;
}

/**
 * The results of `work`, in the order of the items, several at a time. After a failure no item is begun any more; those
 * under way are waited for, every result there is is given, and then the first error is thrown.
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
