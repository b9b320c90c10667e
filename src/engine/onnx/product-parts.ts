import { usableThreads } from "../threads.js";

/** Latents of one thread up to which ONNX Runtime sums more than BLOCK products in a row. */
export const NARROW = 64;
// Memory pages of the rows that one pass of ONNX Runtime's product goes over, again and again: of more than about a thousand, each of
// 4 kB, a processor's tables of addresses and its second cache no longer hold what the pass needs.
const PAGES = 800;
const VALUES_PER_PAGE = 1024;

/**
 * How many products the CPU takes the rows [rows, d] of a batch with an encoder [n, d] in: of some 400 rows each where n and d are large. They
 * are as many rows each as can be, and the bits of any of them are those of one product of all.
 */
export function productParts(rows: number, n: number, d: number): number {
  const pages = Math.min(1, n / VALUES_PER_PAGE) + Math.min(1, d / VALUES_PER_PAGE);
  // Threads share out the latents, but the rows where those are more; of a few latents each they sum in another order.
  const fewest = n < 2 * NARROW * usableThreads() ? n : 1;
  return Math.max(1, Math.floor(rows / Math.max(fewest, PAGES / pages)));
}

/** Where part `part` of `parts` even ones starts among `rows`. */
export function partStart(rows: number, part: number, parts: number): number {
  return Math.floor((rows * part) / parts);
}
