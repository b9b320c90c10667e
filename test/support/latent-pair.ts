import { createMatrix } from "../../src/core/index.js";
import type { LatentPair } from "../../src/families/index.js";

/** All documents of `pairOf`. */
export const N = 1000;

/** Directions of two latents whose cosine is 0.8. */
export const decoder = createMatrix(2, 2, Float32Array.of(3, 4, 0, 2));

/** Latents 0 and 1 among 1,000 documents. */
export function pairOf(together: number, countI: number, countJ: number, cosine = 0.5): LatentPair {
  return { i: 0, j: 1, countI, countJ, together, cosine, documents: N };
}
