import type { Postings } from "../core/codes.js";

/**
 * `count` of the latents, spread evenly over their densities: ranked by the documents that they are active in, one from
 * the middle of each of `count` equal stretches. What they cost and score on the mean stands for all. In the order
 * given; all of them where there are no more.
 */
export function sampleOverDensities(
  { offsets }: Pick<Postings, "offsets">,
  latents: readonly number[],
  count: number,
): number[] {
  if (latents.length <= count) return [...latents];
  const active = (latent: number): number => offsets[latent + 1] - offsets[latent];
  const ranked = [...latents].sort((a, b) => active(a) - active(b) || a - b);
  const chosen = new Set<number>();
  for (let i = 0; i < count; i++)
    chosen.add(ranked[Math.floor(((i + 0.5) * ranked.length) / count)]);
  return latents.filter((latent) => chosen.has(latent));
}
