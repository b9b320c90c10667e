import { setTimeout as sleep } from "node:timers/promises";
import { ApiError } from "../core/errors.js";

/** How failed calls are retried. */
export interface RetryOptions {
  /** Total number of attempts. Default 6. */
  attempts?: number;
  /** Milliseconds before the second attempt, doubled for each further one up to a minute. Default 1,000. */
  waitMs?: number;
  /** Random numbers from 0 to 1 for the jitter of the waits. Default Math.random. */
  random?: () => number;
  signal?: AbortSignal;
}

const LONGEST_WAIT = 60_000;
/** A server that asks for a longer pause is not retried. */
const LONGEST_ASKED = 600_000;

/**
 * Runs `call` until it succeeds. After a retryable ApiError it waits with jittered exponential back-off, or as long as
 * the server asked. Any other error, and the error of the last attempt, is thrown.
 */
export async function withRetries<T>(
  call: (attempt: number) => Promise<T>,
  { attempts = 6, waitMs = 1000, random = Math.random, signal }: RetryOptions = {},
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call(attempt);
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof ApiError && error.retryable) || attempt >= attempts) throw error;
      const asked = PAUSES.get(error);
      if (asked !== undefined && asked > LONGEST_ASKED) throw error;
      const own = Math.min(LONGEST_WAIT, waitMs * 2 ** (attempt - 1)) * (0.5 + random());
      await sleep(Math.max(asked ?? 0, own), undefined, { signal }).catch(() => {
        signal?.throwIfAborted();
      });
    }
  }
}

/** Milliseconds that a server asked to wait, from its headers retry-after-ms or retry-after (seconds or a date). */
export function parseRetryAfter(
  header: (name: string) => string | null | undefined,
  now: number = Date.now(),
): number | undefined {
  const ms = Number(header("retry-after-ms") ?? NaN);
  if (Number.isFinite(ms)) return Math.max(0, ms);
  const text = header("retry-after");
  if (text === null || text === undefined || text.trim() === "") return undefined;
  const seconds = Number(text);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** The pause that a refusal asks for, in its headers or, as Google's, in its body. */
export function readPause(
  header: (name: string) => string | undefined,
  body: string,
): number | undefined {
  const delay = /"retryDelay":\s*"([\d.]+)s"/.exec(body)?.[1];
  return parseRetryAfter(header) ?? (delay === undefined ? undefined : Number(delay) * 1000);
}

const PAUSES = new WeakMap<ApiError, number>();

/** Records with an error how long the server asked to wait. */
export function notePause(error: ApiError, milliseconds: number | undefined): ApiError {
  if (milliseconds !== undefined) PAUSES.set(error, milliseconds);
  return error;
}
