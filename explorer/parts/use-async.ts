import { useLayoutEffect, useState } from "preact/hooks";

/** What became of a promise. */
export interface Outcome<T> {
  value?: T;
  error?: string;
  isWaiting: boolean;
}

/**
 * The result of `work`, done again whenever one of `inputs` changes; what is out of date is dropped. The last value stays
 * until the next one is there.
 */
export function useAsync<T>(work: () => Promise<T> | undefined, inputs: unknown[]): Outcome<T> {
  const [outcome, setOutcome] = useState<Outcome<T>>({ isWaiting: true });
  // At once: after a later frame the page would say that nothing is awaited while it still shows what was asked before.
  useLayoutEffect(() => {
    let isCurrent = true;
    const promise = work();
    if (promise === undefined) {
      setOutcome({ isWaiting: false });
      return undefined;
    }
    setOutcome(({ value }) => ({ value, isWaiting: true }));
    promise.then(
      (value) => isCurrent && setOutcome({ value, isWaiting: false }),
      (error: unknown) =>
        isCurrent &&
        setOutcome({
          error: error instanceof Error ? error.message : String(error),
          isWaiting: false,
        }),
    );
    return () => {
      isCurrent = false;
    };
  }, inputs);
  return outcome;
}
