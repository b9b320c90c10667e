import type { Codes } from "../../core/codes.js";
import { type Matrix, createMatrix, matrixRow } from "../../core/matrix.js";
import type { EncoderWeights } from "../engine.js";
import { usableThreads } from "../threads.js";
import { type FirstPass, createFirstPass } from "./first-pass.js";
import { NARROW } from "./product-parts.js";

/** Encodes a batch [B, d] of as many rows as one run takes. */
export type EncodeBatch = (batch: Matrix) => Promise<Codes>;

/** Codes by whichever way is faster on this machine; they are the same. */
export interface ChosenEncoder {
  encode: EncodeBatch;
  dispose(): Promise<void>;
}

// A single query gains nothing.
const FEWEST_ROWS = 64;
// Milliseconds of the dense product, for each weight, before a pass is tried: 8 s at 1,536 x 9,216. A trial takes about a tenth of that,
// so that a machine that gains nothing loses little, once, and short runs nothing.
const PATIENCE = 6e-4;
const ROUNDS = 2;

/**
 * Encodes by `dense` until that has taken far longer than a trial does, then tries a first pass on a batch: it is kept where it is
 * faster and gives the same bits, which shows that this build of ONNX Runtime sums in the order that the pass takes.
 */
export function chooseEncoder(
  dense: EncodeBatch,
  weights: EncoderWeights,
  rows: number,
): ChosenEncoder {
  const n = weights.encoder.rows;
  // Threads share out the rows of a batch, but the latents where those are more; of a few latents each they sum in another order.
  const fewest = n >= 2 * NARROW * usableThreads() ? FEWEST_ROWS : Math.max(FEWEST_ROWS, n);
  const patience = PATIENCE * weights.encoder.data.length;
  let spent = 0;
  let tried = false;
  let busy = false;
  let pass: FirstPass | undefined;
  return {
    async encode(batch) {
      // The memory of a pass holds one batch: a second one at the same time takes the dense product.
      if (busy || batch.rows < fewest) return dense(batch);
      busy = true;
      try {
        if (pass !== undefined) {
          // Where a pass no longer runs, such as after the end of one of its threads, the dense product still does.
          const found = await encodeBy(pass, batch, dense).catch(() => undefined);
          if (found === undefined || found.failed > batch.rows / 2) {
            await pass.dispose();
            pass = undefined;
          }
          return found?.codes ?? (await dense(batch));
        }
        const start = performance.now();
        const codes = await dense(batch);
        spent += performance.now() - start;
        if (!tried && spent >= patience) {
          tried = true;
          const trial = await tryFirstPass(dense, weights, batch, rows);
          if (typeof trial !== "string") pass = trial.pass;
        }
        return codes;
      } finally {
        busy = false;
      }
    },
    async dispose() {
      await pass?.dispose();
    },
  };
}

/**
 * A first pass that gave the codes of `dense` and was faster, by `gain` times, on `batch`; otherwise the reason.
 */
export async function tryFirstPass(
  dense: EncodeBatch,
  weights: EncoderWeights,
  batch: Matrix,
  rows: number,
): Promise<{ pass: FirstPass; gain: number } | string> {
  let pass: FirstPass | string | undefined;
  try {
    pass = await createFirstPass(weights, rows);
    if (typeof pass === "string") return pass;
    let [denseTime, passTime] = [Infinity, Infinity];
    for (let round = 0; round < ROUNDS; round++) {
      const start = performance.now();
      const expected = await dense(batch);
      const middle = performance.now();
      const found = await encodeBy(pass, batch, dense);
      passTime = Math.min(passTime, performance.now() - middle);
      denseTime = Math.min(denseTime, middle - start);
      if (!sameCodes(expected, found.codes)) {
        await pass.dispose();
        return "ONNX Runtime sums in another order on this CPU";
      }
    }
    const gain = denseTime / passTime;
    if (gain > 1) return { pass, gain };
    await pass.dispose();
    return `an int8 first pass takes ${(1 / gain).toFixed(2)} × its time here`;
  } catch (error) {
    if (typeof pass === "object") await pass.dispose();
    return error instanceof Error ? error.message : String(error);
  }
}

/** Codes by a pass, and by the dense product for the rows that it left. */
export async function encodeBy(
  pass: FirstPass,
  batch: Matrix,
  dense: EncodeBatch,
): Promise<{ codes: Codes; failed: number }> {
  const { codes, failed } = await pass.encode(batch);
  if (failed.length > 0) {
    const left = createMatrix(failed.length, batch.cols);
    failed.forEach((row, i) => left.data.set(matrixRow(batch, row), i * batch.cols));
    const { indices, values } = await dense(left);
    const { k } = codes;
    failed.forEach((row, i) => {
      codes.indices.set(indices.subarray(i * k, (i + 1) * k), row * k);
      codes.values.set(values.subarray(i * k, (i + 1) * k), row * k);
    });
  }
  return { codes, failed: failed.length };
}

function sameCodes(a: Codes, b: Codes): boolean {
  return (
    a.indices.every((index, i) => index === b.indices[i]) &&
    a.values.every((value, i) => value === b.values[i])
  );
}
