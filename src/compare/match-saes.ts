import type { Engine, NearestOptions } from "../engine/engine.js";
import { type Matrix, normalizeRows } from "../core/matrix.js";

/** Latents of two SAEs matched by the cosine of their decoder directions. */
export interface SaeMatch {
  /** For each latent of the large SAE the nearest of the small one, and the cosine [n of large]. */
  toSmall: Uint32Array;
  toSmallCosine: Float32Array;
  /** For each latent of the small SAE the nearest of the large one, and the cosine [n of small]. */
  toLarge: Uint32Array;
  toLargeCosine: Float32Array;
}

/**
 * The nearest latents between two SAEs of one embedding, both ways, exact; ties by lower latent. `small` and `large`
 * are decoders [n, d]. Throws RangeError for unequal widths.
 */
export async function matchSaes(
  small: Matrix,
  large: Matrix,
  engine: Pick<Engine, "nearest">,
  options: NearestOptions = {},
): Promise<SaeMatch> {
  if (small.cols !== large.cols) {
    throw new RangeError(
      `match: both SAEs must read the same embeddings, got widths ${small.cols} and ${large.cols}`,
    );
  }
  const [a, b] = [normalizeRows(small), normalizeRows(large)];
  const down = await engine.nearest(b, a, 1, options);
  const up = await engine.nearest(a, b, 1, options);
  return {
    toSmall: down.indices,
    toSmallCosine: down.scores,
    toLarge: up.indices,
    toLargeCosine: up.scores,
  };
}
