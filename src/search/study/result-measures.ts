import type { Codes } from "../../core/codes.js";

/** What the results of a search say about a latent. */
export interface LatentInResults {
  /** Mean activation over the results, in multiples of its typical active value. */
  activation: number;
  /** Share of the results in which it is active. */
  share: number;
}

/** A latent among the documents of `rows`; nothing is 0. */
export function measureLatent(
  codes: Codes,
  rows: ArrayLike<number>,
  latent: number,
  typical: number,
): LatentInResults {
  let sum = 0;
  let active = 0;
  for (let i = 0; i < rows.length; i++) {
    for (let s = rows[i] * codes.k; s < (rows[i] + 1) * codes.k; s++) {
      if (codes.indices[s] !== latent || codes.values[s] <= 0) continue;
      sum += codes.values[s];
      active++;
      break;
    }
  }
  const count = Math.max(1, rows.length);
  return { activation: sum / count / typical, share: active / count };
}

/** Share of `after` that is in `before` as well; 0 where nothing was found. */
export function overlapOf(before: ArrayLike<number>, after: ArrayLike<number>): number {
  if (after.length === 0) return 0;
  const old = new Set(Array.from(before));
  let kept = 0;
  for (let i = 0; i < after.length; i++) if (old.has(after[i])) kept++;
  return kept / after.length;
}
