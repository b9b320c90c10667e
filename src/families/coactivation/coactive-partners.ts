import type { Coactivation } from "./coactivation.js";

/** A latent that fires with another one. */
export interface CoactivePartner {
  index: number;
  /** Cosine of their activations over the documents. */
  cosine: number;
  /** Documents in which both are active. */
  documents: number;
}

/**
 * For each latent the `count` others with the most similar activations, most similar first; ties go to the lower latent.
 * Short lists are kept in order while every pair is seen once.
 */
export function coactivePartners(
  { n, offsets, latents, together, cosine }: Coactivation,
  count: number,
): CoactivePartner[][] {
  const best = Array.from({ length: n }, () => [] as CoactivePartner[]);
  const offer = (latent: number, index: number, pair: number): void => {
    const list = best[latent];
    const value = cosine[pair];
    if (value <= 0 || (list.length === count && list[count - 1]?.cosine >= value)) return;
    let at = list.length;
    while (at > 0 && list[at - 1].cosine < value) at--;
    list.splice(at, 0, { index, cosine: value, documents: together[pair] });
    if (list.length > count) list.pop();
  };
  for (let i = 0; i < n; i++) {
    for (let pair = offsets[i]; pair < offsets[i + 1]; pair++) {
      offer(i, latents[pair], pair);
      offer(latents[pair], i, pair);
    }
  }
  return best;
}
