import type { Engine } from "../../engine/engine.js";
import { normalizeRows } from "../../core/matrix.js";
import type { Sae } from "../sae.js";

/**
 * For each latent of `from` the largest cosine of its decoder direction with one of `to` [n of from], exact. Throws
 * RangeError for unequal widths.
 */
export async function maxDecoderCosines(
  from: Pick<Sae, "decoder">,
  to: Pick<Sae, "decoder">,
  engine: Pick<Engine, "nearest">,
): Promise<Float32Array> {
  if (from.decoder.cols !== to.decoder.cols) {
    throw new RangeError(
      `maxDecoderCosines: both SAEs must read the same embeddings, got widths ${from.decoder.cols} and ${to.decoder.cols}`,
    );
  }
  const queries = normalizeRows(from.decoder);
  const { scores } = await engine.nearest(queries, normalizeRows(to.decoder), 1);
  return scores;
}

/** For each latent the largest cosine of its decoder direction with another one of the same SAE [n]; NaN for n 1. */
export async function maxSelfCosines(
  { decoder, n }: Pick<Sae, "decoder" | "n">,
  engine: Pick<Engine, "nearest">,
): Promise<Float32Array> {
  if (n < 2) return new Float32Array(n).fill(NaN);
  const unit = normalizeRows(decoder);
  // The nearest is the latent itself, or an equal one: either way the second score is the one sought.
  const { scores } = await engine.nearest(unit, unit, 2);
  return Float32Array.from({ length: n }, (_, latent) => scores[2 * latent + 1]);
}
