/** Runs as many calls in parallel as the server accepts. */
export interface Limiter {
  /** Calls currently allowed at a time. */
  readonly limit: number;
  /** Runs `call` when a slot is free. Rejects with the signal's reason if it is aborted before that. */
  run<T>(call: () => Promise<T>, signal?: AbortSignal): Promise<T>;
}

export interface LimiterOptions {
  /** Most calls at a time. Default 64. */
  most?: number;
  /** Initial number of calls at a time. Default 4. */
  start?: number;
  /** Whether an error means that the server is overloaded. */
  isOverload: (error: unknown) => boolean;
}

/** Successful rounds at the last accepted level before one more call is tried. */
const PATIENCE = 20;

/**
 * A limiter that adapts to the server's own limit: it adds one call for each that succeeds, halves the number after an
 * overload, returns quickly to one below the level at which that happened, and grows slowly from there.
 */
export function createLimiter({ most = 64, start = 4, isOverload }: LimiterOptions): Limiter {
  if (!Number.isInteger(most) || most < 1) {
    throw new RangeError(`createLimiter: most must be a whole number >= 1, got ${most}`);
  }
  let limit = Math.min(start, most);
  let ceiling = most;
  let active = 0;
  let round = 0;
  /** Highest number of parallel calls known to succeed; lowered after an overload. */
  let proven = 0;
  const queue: (() => void)[] = [];
  const wake = (): void => {
    while (active < Math.floor(limit) && queue.length > 0) {
      active++;
      queue.shift()?.();
    }
  };
  const enter = (signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const stop = (): void => {
        const place = queue.indexOf(go);
        if (place >= 0) queue.splice(place, 1);
        reject(signal?.reason as Error);
      };
      const go = (): void => {
        signal?.removeEventListener("abort", stop);
        resolve();
      };
      if (signal?.aborted) return stop();
      signal?.addEventListener("abort", stop, { once: true });
      queue.push(go);
      wake();
    });
  const grow = (beside: number, begun: number): void => {
    // Of calls started together, refusals usually arrive before successes; successes of an earlier round prove nothing.
    if (begun === round) proven = Math.max(proven, beside);
    limit = Math.min(most, limit + (limit < ceiling ? 1 : 1 / (PATIENCE * limit)));
    ceiling = Math.max(ceiling, limit);
  };
  const shrink = (beside: number): void => {
    // If as many calls have succeeded before, the refusal was not about parallelism; a second one lowers the ceiling.
    if (beside > proven) ceiling = Math.max(1, beside - 1);
    proven = Math.min(proven, beside - 1);
    limit = Math.max(1, limit / 2);
    round++;
  };
  return {
    get limit() {
      return Math.floor(limit);
    },
    async run(call, signal) {
      await enter(signal);
      const beside = active;
      const begun = round;
      try {
        const result = await call();
        grow(beside, begun);
        return result;
      } catch (error) {
        // Refusals of calls started before the last reduction carry no new information.
        if (isOverload(error) && begun === round) shrink(beside);
        throw error;
      } finally {
        active--;
        wake();
      }
    },
  };
}
