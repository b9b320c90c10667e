import { availableParallelism } from "node:os";

let limit: number | undefined;

/** Limits what is opened from now on in this process to so many threads, as where several processes share the processors. */
export function limitThreads(threads: number): void {
  limit = threads;
}

/** The limit of threads, where there is one. */
export function threadLimit(): number | undefined {
  return limit;
}

/** Threads for work that takes as many as it gets. */
export function usableThreads(): number {
  return Math.min(limit ?? Infinity, availableParallelism());
}
