/** Runs calls side by side, as many as the server takes. */
export interface Limiter {
  /** Calls allowed at a time just now. */
  readonly limit: number;
  /** Runs `call` when there is room. Rejects with the signal's reason where it is given up before. */
  run<T>(call: () => Promise<T>, signal?: AbortSignal): Promise<T>;
}

export interface LimiterOptions {
  /** Most calls at a time. Default 64. */
  most?: number;
  /** Calls at a time at first. Default 4. */
  start?: number;
  /** Whether an error says that the server has too much to do. */
  isOverload: (error: unknown) => boolean;
}

/** Rounds at the level that a server last took, before one call more is tried. */
const PATIENCE = 20;

/**
 * A limiter that finds the server's own limit: one call more for each that succeeds, half of them after an overload,
 * then quickly back to one below where that happened, and from there on slowly.
 */
export function createLimiter({ most = 64, start = 4, isOverload }: LimiterOptions): Limiter {
  if (!Number.isInteger(most) || most < 1) {
    throw new RangeError(`createLimiter: most must be a whole number >= 1, got ${most}`);
  }
  let limit = Math.min(start, most);
  let ceiling = most;
  let active = 0;
  let round = 0;
  /** Most calls under way at the start of one that succeeded since it was last doubted. */
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
    // Of several calls that began together, those refused tell their number first.
    if (begun === round) proven = Math.max(proven, beside);
    limit = Math.min(most, limit + (limit < ceiling ? 1 : 1 / (PATIENCE * limit)));
    ceiling = Math.max(ceiling, limit);
  };
  const shrink = (beside: number): void => {
    // What succeeded beside as many calls was no limit on parallel calls; a second refusal there makes it one.
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
        // Refusals of calls that began before the last cut tell nothing new.
        if (isOverload(error) && begun === round) shrink(beside);
        throw error;
      } finally {
        active--;
        wake();
      }
    },
  };
}
