import { type Begun, createClimb } from "./climb.js";

/** Runs as many calls in parallel as make a server faster. */
export interface Limiter {
  /** Calls currently allowed at a time. */
  readonly limit: number;
  /** Work per millisecond of a call, from the latest calls; undefined before the first. */
  readonly speed: number | undefined;
  /**
   * Runs `call` when a slot is free, with the milliseconds that it may take. `workOf` states how much work a result was,
   * in any unit; default 1. Rejects with the signal's reason if it is aborted before that.
   */
  run<T>(call: (timeoutMs: number) => Promise<T>, options?: RunOptions<T>): Promise<T>;
}

/** Options of a limiter's call. */
export interface RunOptions<T> {
  signal?: AbortSignal;
  workOf?: (result: T) => number;
}

export interface LimiterOptions {
  /** Most calls at a time. Default 64. */
  most?: number;
  /** Initial number of calls at a time. Default 4. */
  start?: number;
  /** Time limit of a call in milliseconds. Default: follows the measured latency, from one to ten minutes. */
  timeoutMs?: number;
  /** Time limit before the first answer. Default 120,000. */
  firstTimeoutMs?: number;
  /** Whether an error means that the server is overloaded. */
  isOverload: (error: unknown) => boolean;
  /** Milliseconds since some moment. Default performance.now. */
  now?: () => number;
}

/** Successful rounds at the last accepted level before one more call is tried. */
const PATIENCE = 20;
const SHORTEST_TIMEOUT = 60_000;
const LONGEST_TIMEOUT = 600_000;
/** Times the slowest call of late that a call may take. */
const TIMEOUT_FACTOR = 5;

/**
 * A limiter that adapts to a server. The number of calls grows while latency does not grow with it; see createClimb. It
 * is halved after an overload, returns quickly to one below the level at which that happened, and grows slowly from
 * there.
 */
export function createLimiter({
  most = 64,
  start = 4,
  timeoutMs,
  firstTimeoutMs = 120_000,
  isOverload,
  now = () => performance.now(),
}: LimiterOptions): Limiter {
  if (!Number.isInteger(most) || most < 1) {
    throw new RangeError(`createLimiter: most must be a whole number >= 1, got ${most}`);
  }
  const climb = createClimb(start, most);
  const clock = createTimeout(firstTimeoutMs);
  let limit = climb.goal;
  let ceiling = most;
  let active = 0;
  let round = 0;
  /** Highest number of parallel calls known to succeed; lowered after an overload. */
  let proven = 0;
  const latest = { work: 0, latency: 0 };
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
    limit = Math.min(climb.goal, limit + (limit < ceiling ? 1 : 1 / (PATIENCE * limit)));
    ceiling = Math.max(ceiling, limit);
  };
  const shrink = (beside: number): void => {
    // If as many calls have succeeded before, the refusal was not about parallelism; a second one lowers the ceiling.
    if (beside > proven) ceiling = Math.max(1, beside - 1);
    proven = Math.min(proven, beside - 1);
    limit = Math.max(1, limit / 2);
    round++;
  };
  const learn = (of: Begun, value: number | undefined): void => {
    const { goal } = climb;
    // With fewer calls in flight the level is not tested.
    climb.end(of, active >= 0.9 * goal ? value : undefined);
    if (climb.goal > goal && limit >= goal) limit = Math.min(climb.goal, Math.max(limit, ceiling));
  };
  return {
    get limit() {
      return Math.floor(limit);
    },
    get speed() {
      return latest.latency > 0 ? latest.work / latest.latency : undefined;
    },
    async run(call, { signal, workOf } = {}) {
      await enter(signal);
      const beside = active;
      const begun = round;
      const started = now();
      const measured = climb.begin();
      try {
        const result = await call(timeoutMs ?? clock.limit);
        const latency = now() - started;
        clock.answered(latency);
        const work = workOf?.(result) ?? 1;
        latest.work = 0.95 * latest.work + work;
        latest.latency = 0.95 * latest.latency + latency;
        learn(measured, latency / work);
        grow(beside, begun);
        return result;
      } catch (error) {
        learn(measured, undefined);
        // Refusals of calls started before the last reduction carry no new information.
        if (isOverload(error) && begun === round) {
          shrink(beside);
          clock.overloaded(now() - started);
        }
        throw error;
      } finally {
        active--;
        wake();
      }
    },
  };
}

/** The time limit of a call, from the latency of those before it; doubled after a call that reached it. */
function createTimeout(first: number): {
  readonly limit: number;
  answered(latency: number): void;
  overloaded(latency: number): void;
} {
  let slowest = 0;
  let least = SHORTEST_TIMEOUT;
  let limit = first;
  return {
    get limit() {
      return limit;
    },
    answered(latency) {
      slowest = Math.max(latency, 0.98 * slowest);
      limit = Math.min(LONGEST_TIMEOUT, Math.max(least, TIMEOUT_FACTOR * slowest));
    },
    overloaded(latency) {
      if (latency >= 0.9 * limit) least = limit = Math.min(LONGEST_TIMEOUT, 2 * limit);
    },
  };
}
