import { type Codes, createCodes } from "../codes.js";
import { type Random, shuffleInPlace } from "../random.js";

/** Times a slot that would name a latent twice in its document looks for another to change places with. */
const TRIES = 1000;

/**
 * The same activations dealt out anew over the documents: every latent keeps its values and its density, every document
 * its k latents, and no two latents go together but by chance.
 */
export function permuteCodes(codes: Codes, random: Random): Codes {
  const { rows, k, n } = codes;
  const slots = Uint32Array.from({ length: rows * k }, (_, slot) => slot);
  shuffleInPlace(slots, random);
  const latentAt = (slot: number): number => codes.indices[slots[slot]];
  const has = (row: number, latent: number, but: number): boolean => {
    for (let s = row * k; s < (row + 1) * k; s++) if (s !== but && latentAt(s) === latent) return true;
    return false;
  };
  for (let slot = 0; slot < slots.length; slot++) {
    const row = Math.floor(slot / k);
    for (let tries = 0; tries < TRIES && has(row, latentAt(slot), slot); tries++) {
      const other = Math.floor(random() * slots.length);
      const otherRow = Math.floor(other / k);
      const isWelcome = !has(row, latentAt(other), slot) && !has(otherRow, latentAt(slot), other);
      if (otherRow !== row && isWelcome) {
        [slots[slot], slots[other]] = [slots[other], slots[slot]];
      }
    }
    if (has(row, latentAt(slot), slot)) {
      throw new RangeError(`permuteCodes: latent ${latentAt(slot)} is too dense to be dealt anew`);
    }
  }
  const indices = Uint32Array.from(slots, (slot) => codes.indices[slot]);
  const values = Float32Array.from(slots, (slot) => codes.values[slot]);
  return createCodes(rows, k, n, indices, values);
}
