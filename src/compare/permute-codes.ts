import type { Codes } from "../core/codes.js";
import type { Random } from "../core/random.js";

/** Times every slot changes places with another. */
const PASSES = 2;

/**
 * The same activations dealt out anew over the documents: every latent keeps its values and its density, every document
 * its k distinct latents, and latents go together by chance alone. Each slot changes places with a random one where
 * neither document then names a latent twice; where no slot can, as with k of n latents, the codes stay as they are.
 */
export function permuteCodes(codes: Codes, random: Random): Codes {
  const { k } = codes;
  const indices = codes.indices.slice();
  const values = codes.values.slice();
  const names = (row: number, latent: number): boolean => {
    for (let s = row * k; s < (row + 1) * k; s++) if (indices[s] === latent) return true;
    return false;
  };
  for (let turn = 0; turn < PASSES * indices.length; turn++) {
    const slot = turn % indices.length;
    const other = Math.floor(random() * indices.length);
    const [row, otherRow] = [Math.floor(slot / k), Math.floor(other / k)];
    if (names(row, indices[other]) || names(otherRow, indices[slot])) continue;
    [indices[slot], indices[other]] = [indices[other], indices[slot]];
    [values[slot], values[other]] = [values[other], values[slot]];
  }
  return { ...codes, indices, values };
}
