import type { Engine } from "../../engine/engine.js";
import { type Matrix, matrixRow, matrixRows } from "../../core/matrix.js";
import { normaliseInputs, restoreRow } from "../normalisation.js";
import type { Sae } from "../sae.js";

/** Error of a decode with other numbers of latents than the SAE was trained with. */
export interface KeptSweep {
  /** Latents kept per document, ascending. */
  kept: number[];
  /** Normalised squared error with each. */
  errors: number[];
}

/**
 * Normalised squared error of `embeddings` [N, d] by the number of latents kept at inference: the highest ones of each
 * document after the ReLU, as many as `kept` says. One pass. Throws RangeError for another activation than top-k and
 * for numbers that are not from 1 to n.
 */
export async function sweepKept(
  sae: Sae,
  embeddings: Matrix,
  kept: readonly number[],
  engine: Pick<Engine, "createEncoder">,
): Promise<KeptSweep> {
  const bad = kept.find((k) => !(Number.isInteger(k) && k >= 1 && k <= sae.n));
  if (kept.length === 0 || bad !== undefined) {
    throw new RangeError(`sweepKept: expected numbers from 1 to ${sae.n}, got ${bad ?? "none"}`);
  }
  if (sae.activation.kind !== "topk") {
    throw new RangeError(`sweepKept: expected a top-k SAE, got ${sae.activation.kind}`);
  }
  const sorted = [...new Set(kept)].sort((a, b) => a - b);
  const most = sorted[sorted.length - 1];
  const encoder = await engine.createEncoder({ ...sae, k: most });
  const sums = new Float64Array(sorted.length);
  try {
    const step = encoder.rowsPerRun;
    for (let start = 0; start < embeddings.rows; start += step) {
      const block = matrixRows(embeddings, start, Math.min(start + step, embeddings.rows));
      const { indices, values } = await encoder.encode(normaliseInputs(sae.normalisation, block));
      for (let i = 0; i < block.rows; i++) {
        addErrors(sae, matrixRow(block, i), {
          indices: indices.subarray(i * most, (i + 1) * most),
          values: values.subarray(i * most, (i + 1) * most),
          sorted,
          sums,
        });
      }
    }
  } finally {
    await encoder.dispose();
  }
  const spread = spreadOf(embeddings);
  return { kept: sorted, errors: Array.from(sums, (sum) => sum / spread) };
}

/** Adds one document's squared error at each number of latents. */
function addErrors(
  { decoder, decoderBias, normalisation }: Sae,
  row: Float32Array,
  code: { indices: Uint32Array; values: Float32Array; sorted: number[]; sums: Float64Array },
): void {
  const { indices, values, sorted, sums } = code;
  const d = row.length;
  const sum = Float64Array.from(decoderBias);
  const out = new Float64Array(d);
  let at = 0;
  for (let place = 0; place < sorted.length; place++) {
    for (; at < sorted[place]; at++) {
      const direction = indices[at] * d;
      for (let j = 0; j < d; j++) sum[j] += values[at] * decoder.data[direction + j];
    }
    out.set(sum);
    restoreRow(normalisation, out, row);
    for (let j = 0; j < d; j++) sums[place] += (row[j] - out[j]) ** 2;
  }
}

/** Squared distances of the rows from their mean, summed. */
function spreadOf({ rows, cols, data }: Matrix): number {
  const mean = new Float64Array(cols);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++) mean[j] += data[i * cols + j] / rows;
  }
  let spread = 0;
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++) spread += (data[i * cols + j] - mean[j]) ** 2;
  }
  return spread;
}
