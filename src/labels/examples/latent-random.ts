import { type Random, createRandom } from "../../core/random.js";

/** A random generator that depends only on the seed, the latent and the purpose, not on other draws. */
export function latentRandom(seed: number, latent: number, use: string): Random {
  let hash = Math.imul((Math.floor(seed) >>> 0) ^ 0x85ebca6b, 0xc2b2ae35);
  for (const part of [latent, ...Array.from(use, (letter) => letter.codePointAt(0) ?? 0)]) {
    hash = Math.imul(hash ^ (part >>> 0), 0x01000193);
    hash ^= hash >>> 15;
  }
  return createRandom(hash >>> 0);
}
