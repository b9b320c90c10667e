import type { Coactivation } from "../families/coactivation.js";
import { type Matrix, createMatrix } from "../matrix.js";

/**
 * Each latent's co-activation profile: its row of D, the cosine of its activations with every other latent's; its own
 * entry is 0 [n, n]. Takes 4 n² bytes. Latents with the same partners are near one another, even if they are never
 * active together: on near-orthogonal dictionaries such a map tells far more than one of the decoder directions.
 */
export function coactivationProfiles({ n, offsets, latents, cosine }: Coactivation): Matrix {
  const profiles = createMatrix(n, n);
  for (let i = 0; i < n; i++) {
    for (let pair = offsets[i]; pair < offsets[i + 1]; pair++) {
      profiles.data[i * n + latents[pair]] = cosine[pair];
      profiles.data[latents[pair] * n + i] = cosine[pair];
    }
  }
  return profiles;
}
