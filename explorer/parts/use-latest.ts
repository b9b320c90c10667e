import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Outcome } from "./use-async.js";

/**
 * The result for the latest request, one at a time: while one is answered, only the newest of the others waits. The last
 * result stays until the next is there, so that nothing flickers while a slider moves.
 */
export function useLatest<Request, T>(
  request: Request | undefined,
  work: (request: Request) => Promise<T>,
): Outcome<T> {
  const [outcome, setOutcome] = useState<Outcome<T>>({ isWaiting: true });
  const latest = useRef<Request | undefined>(undefined);
  const isBusy = useRef(false);
  // At once, as useAsync does.
  useLayoutEffect(() => {
    latest.current = request;
    if (request === undefined) setOutcome({ isWaiting: false });
    else if (!isBusy.current) void run(request);
    else setOutcome((last) => ({ ...last, isWaiting: true }));
  }, [request]);
  useEffect(
    () => () => {
      latest.current = undefined;
    },
    [],
  );

  async function run(asked: Request): Promise<void> {
    isBusy.current = true;
    setOutcome((last) => ({ ...last, isWaiting: true }));
    const next: Outcome<T> = { isWaiting: false };
    try {
      next.value = await work(asked);
    } catch (error) {
      next.error = error instanceof Error ? error.message : String(error);
    }
    isBusy.current = false;
    const waiting = latest.current;
    if (waiting === undefined) return;
    setOutcome(next);
    if (waiting !== asked) void run(waiting);
  }
  return outcome;
}
