import { type Matrix, takeRows } from "../../core/matrix.js";
import { openEngine } from "../../engine/open-engine.js";
import { encodeEmbeddings } from "../encode.js";
import { type Sae, createSae } from "../sae.js";

/** Batches that the threshold is a mean over. */
const BATCHES = 32;
/** Latents of a document that are looked at, for each that it keeps on average. */
const LOOKED_AT = 16;

/**
 * An SAE trained with batch-top-k (arXiv 2412.06410) as it encodes documents one by one: JumpReLU, with the mean over batches of the
 * training rows of the least activation that a batch keeps as every latent's threshold. Its k is room for twice as many latents as
 * any of those rows has active, at least 4k.
 */
export async function withBatchThreshold(
  sae: Sae,
  embeddings: Matrix,
  rows: Uint32Array,
  batch: number,
): Promise<Sae> {
  const { k, n } = sae;
  const wide = { ...sae, k: Math.min(n, LOOKED_AT * k) };
  const engine = await openEngine("cpu");
  const values: Float32Array[] = [];
  const least: number[] = [];
  try {
    for (let start = 0; start < rows.length && least.length < BATCHES; start += batch) {
      const some = takeRows(embeddings, rows.subarray(start, start + batch));
      const codes = await encodeEmbeddings(wide, some, { engine });
      values.push(codes.values);
      const largest = codes.values.filter((value, at) => value > 0 && at % wide.k < 4 * k);
      least.push(largest.sort().at(-some.rows * k) ?? largest.at(0) ?? 0);
    }
  } finally {
    await engine.dispose();
  }
  const threshold = least.reduce((sum, value) => sum + value, 0) / least.length;
  let most = 0;
  for (const each of values) {
    for (let start = 0; start < each.length; start += wide.k) {
      const active = each.subarray(start, start + wide.k).filter((value) => value > threshold);
      most = Math.max(most, active.length);
    }
  }
  return createSae({
    ...sae,
    k: Math.min(n, Math.max(4 * k, 2 * most)),
    activation: { kind: "jumprelu", threshold: new Float32Array(n).fill(threshold) },
  });
}
