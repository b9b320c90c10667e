import type { ExecutionContext } from "ava";
import { type Matrix, createMatrix, createRandom, normalizeRows } from "../../src/core/index.js";
import { trainerOf } from "../../src/engine/index.js";
import { type TrainOptions, trainSae } from "../../src/sae/index.js";

/** Embeddings [rows, d] that are sparse sums of `directions` hidden directions, so that an SAE has something to find. */
export function sparseEmbeddings(rows: number, d: number, directions = 24, seed = 11): Matrix {
  const random = createRandom(seed);
  const hidden = createMatrix(directions, d);
  for (let i = 0; i < hidden.data.length; i++) hidden.data[i] = random() - 0.5;
  const units = normalizeRows(hidden);
  const out = createMatrix(rows, d);
  for (let i = 0; i < rows; i++) {
    for (let part = 0; part < 3; part++) {
      const direction = Math.floor(random() * directions) * d;
      const weight = 0.5 + random();
      for (let j = 0; j < d; j++) out.data[i * d + j] += weight * units.data[direction + j];
    }
  }
  return normalizeRows(out);
}

/** Asserts that TensorFlow.js takes the same steps as the kernels. */
export async function followsKernels(
  t: ExecutionContext,
  embeddings: Matrix,
  options: TrainOptions,
): Promise<void> {
  const kernels = await trainSae(embeddings, options);
  const createTrainer = trainerOf("tensorflow-cpu");
  const other = await trainSae(embeddings, { ...options, createTrainer });
  for (const [at, row] of kernels.log.entries()) {
    for (const name of ["loss", "reconstruction", "aux", "grad_norm"] as const) {
      t.true(Math.abs(other.log[at][name] / row[name] - 1) < 1e-4, `${name} ${at}`);
    }
    t.is(other.log[at].dead, row.dead);
  }
}

/** Trains and stops after a step, as Ctrl-C does, with what is needed to resume in the options' checkpoint. */
export async function stopAt(
  last: number,
  embeddings: Matrix,
  options: TrainOptions,
): Promise<void> {
  const stop = new AbortController();
  const onLog: TrainOptions["onLog"] = ({ step }) => step === last && stop.abort();
  await trainSae(embeddings, { ...options, signal: stop.signal, onLog });
}
