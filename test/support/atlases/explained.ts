import type { Explanation } from "../../../src/search/index.js";

/** What the parts of an explanation come to. */
export function sumOf({ mean, latents, others, bias, residual }: Explanation): number {
  const start = mean + others + bias + residual;
  return latents.reduce((all, { contribution }) => all + contribution, start);
}
