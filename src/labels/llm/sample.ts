import type { Postings } from "../../core/codes.js";
import { postingCount } from "../../core/postings.js";

/**
 * `count` of the latents, spread evenly over their densities: ranked by the number of documents in which they are
 * active, the middle one of each of `count` equal segments. Their mean cost and score estimate those of all. In the
 * order given; all latents if there are no more than `count`.
 */
export function sampleOverDensities(
  postings: Pick<Postings, "offsets">,
  latents: readonly number[],
  count: number,
): number[] {
  if (latents.length <= count) return [...latents];
  const active = (latent: number): number => postingCount(postings, latent);
  const ranked = [...latents].sort((a, b) => active(a) - active(b) || a - b);
  const chosen = new Set<number>();
  for (let i = 0; i < count; i++)
    chosen.add(ranked[Math.floor(((i + 0.5) * ranked.length) / count)]);
  return latents.filter((latent) => chosen.has(latent));
}
