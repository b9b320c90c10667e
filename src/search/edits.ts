/** One edit of a query's code: `latents` are one latent, or all members of a family. */
export interface SteeringEdit {
  latents: readonly number[];
  /** `up` and `down` move by `strength`, `set` sets to it, `remove` sets to 0. */
  kind: "up" | "down" | "set" | "remove";
  /** In multiples of each latent's typical active value, 0 or more; default 1. Not used by `remove`. */
  strength?: number;
}

/** A code as its latents above 0. */
export type SparseCode = Map<number, number>;

/** The edited code; `least` is 0 for codes as they can be, -Infinity for the paper's. */
export function editCode(
  code: SparseCode,
  edits: readonly SteeringEdit[],
  typical: ArrayLike<number>,
  least = 0,
): SparseCode {
  const out = new Map(code);
  for (const { latents, kind, strength = 1 } of edits) {
    for (const latent of latents) {
      const amount = strength * typical[latent];
      const value = out.get(latent) ?? 0;
      if (kind === "up") out.set(latent, value + amount);
      else if (kind === "down") out.set(latent, Math.max(least, value - amount));
      else out.set(latent, kind === "set" ? amount : 0);
    }
  }
  return out;
}

/** to - from, latent by latent, where they differ. */
export function codeDifference(to: SparseCode, from: SparseCode): SparseCode {
  const out = new Map<number, number>();
  for (const latent of new Set([...to.keys(), ...from.keys()])) {
    const change = (to.get(latent) ?? 0) - (from.get(latent) ?? 0);
    if (change !== 0) out.set(latent, change);
  }
  return out;
}

/** Throws RangeError for a strength below 0 and for a latent that an SAE of `n` latents does not have. */
export function checkEdits(edits: readonly SteeringEdit[], n: number): void {
  for (const { latents, strength = 1 } of edits) {
    if (!(strength >= 0 && strength < Infinity)) {
      throw new RangeError(`steerQuery: strength must be 0 or more, got ${strength}`);
    }
    for (const latent of latents) {
      if (!(Number.isInteger(latent) && latent >= 0 && latent < n)) {
        throw new RangeError(`steerQuery: no latent ${latent}; the SAE has ${n} latents`);
      }
    }
  }
}
