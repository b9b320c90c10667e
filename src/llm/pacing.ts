import { ApiError } from "../core/errors.js";
import type { Api } from "./connection.js";
import { type Limiter, createLimiter } from "./limiter.js";

/** How many calls at a time, and for how long. */
export interface PacingOptions {
  /** Most calls at a time. Default 64; fewer where more make the server no faster. */
  parallel?: number;
  /** Time limit of a call in milliseconds. Default: follows the measured latency. */
  timeoutMs?: number;
}

export const MOST_PARALLEL = 64;
/** Statuses of an overloaded server; 408 also stands for a call that reached its time limit. */
const OVERLOAD = new Set([408, 429, 502, 503, 504, 529]);
/** A server at home may load its model first. */
const FIRST_PRIVATE_TIMEOUT = 600_000;

const limiters = new Map<string, Limiter>();

/**
 * The limiter of a server, one per process and setting, as a server counts the calls of all its models together. A server
 * on this machine or in a private network, which queues what it cannot do at once, starts with one call at a time.
 */
export function limiterOf(
  { baseUrl, isPrivate }: Pick<Api, "baseUrl" | "isPrivate">,
  { parallel = MOST_PARALLEL, timeoutMs }: PacingOptions,
): Limiter {
  const key = JSON.stringify([new URL(baseUrl).origin, parallel, timeoutMs]);
  let limiter = limiters.get(key);
  if (limiter === undefined) {
    limiter = createLimiter({
      most: parallel,
      timeoutMs,
      ...(isPrivate && { start: 1, firstTimeoutMs: FIRST_PRIVATE_TIMEOUT }),
      isOverload: (error) => error instanceof ApiError && OVERLOAD.has(error.status),
    });
    limiters.set(key, limiter);
  }
  return limiter;
}
