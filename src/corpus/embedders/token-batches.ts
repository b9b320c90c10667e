import { interruptible } from "../../core/interrupt.js";
import { type Matrix, createMatrix } from "../../core/matrix.js";
import type { EmbedOptions } from "../embedder.js";

// Small batches are as fast as large ones here and need far less memory.
const BATCH = 16;

/**
 * Runs a model over texts as token numbers, [texts.length, d]. A batch holds texts of like length, so that little of it is
 * padding; `run` gives a batch's rows one after another.
 */
export async function runInBatches(
  texts: readonly (readonly number[])[],
  d: number,
  run: (batch: readonly (readonly number[])[]) => Promise<Float32Array>,
  { onProgress, signal: given }: EmbedOptions = {},
): Promise<Matrix> {
  const signal = interruptible(given);
  const out = createMatrix(texts.length, d);
  const order = texts.map((_, i) => i).sort((a, b) => texts[a].length - texts[b].length);
  for (let start = 0; start < order.length; start += BATCH) {
    signal?.throwIfAborted();
    const batch = order.slice(start, start + BATCH);
    const rows = await run(batch.map((i) => texts[i]));
    batch.forEach((i, j) => out.data.set(rows.subarray(j * d, (j + 1) * d), i * d));
    onProgress?.({ step: "embed", done: start + batch.length, total: texts.length });
  }
  return out;
}
