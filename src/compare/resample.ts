import { type Random, sampleIndices } from "../core/random.js";

/** A way to draw another corpus from this one's documents. */
export interface ResampleScheme {
  /**
   * "subsample" (default) draws `share` of the documents without repeats; "bootstrap" draws as many as there are, with
   * repeats.
   */
  scheme?: "subsample" | "bootstrap";
  /** Share of the documents in a subsample, over 0 to 1. Default 0.5. */
  share?: number;
}

/**
 * How often each document counts in one resample [documents]. Throws RangeError for a share that is not over 0 and at
 * most 1.
 */
export function drawResample(
  documents: number,
  random: Random,
  { scheme = "subsample", share = 0.5 }: ResampleScheme = {},
): Uint32Array {
  if (!(share > 0 && share <= 1)) {
    throw new RangeError(`resample: share must be over 0 and at most 1, got ${share}`);
  }
  const weights = new Uint32Array(documents);
  if (scheme === "subsample") {
    const size = Math.max(Math.min(1, documents), Math.round(share * documents));
    for (const row of sampleIndices(documents, size, random)) weights[row] = 1;
  } else {
    for (let draw = 0; draw < documents; draw++) weights[Math.floor(random() * documents)]++;
  }
  return weights;
}
