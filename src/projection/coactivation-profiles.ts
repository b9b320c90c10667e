import { denseCosines } from "../families/coactivation/coactivation-pairs.js";
import type { Coactivation } from "../families/coactivation/coactivation.js";
import type { Matrix } from "../core/matrix.js";

/**
 * Each latent's co-activation profile: its row of D, the cosine of its activations with every other latent's; its own
 * entry is 0 [n, n]. Takes 4 n² bytes. Latents with the same partners are near one another, even if they are never
 * active together: on near-orthogonal dictionaries such a map shows far more than one of the decoder directions. Throws
 * RangeError where n is over 16,384.
 */
export function coactivationProfiles(coactivation: Coactivation): Matrix {
  const profiles = denseCosines(coactivation);
  for (let i = 0; i < profiles.rows; i++) profiles.data[i * profiles.cols + i] = 0;
  return profiles;
}
