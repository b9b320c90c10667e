import test from "ava";
import { createMatrix } from "../../../src/core/index.js";
import { openEngine } from "../../../src/engine/index.js";
import { computeMetrics, createSae, trainSae } from "../../../src/sae/index.js";
import { sweepKept } from "../../../src/sae/measure/index.js";
import { sparseEmbeddings } from "../../support/training.js";

test("an SAE of unit vectors misses what it does not keep", async (t) => {
  const identity = createMatrix(2, 2, Float32Array.of(1, 0, 0, 1));
  const bias = new Float32Array(2);
  const sae = createSae({
    k: 1,
    encoder: identity,
    decoder: identity,
    preBias: bias,
    latentBias: bias,
  });
  // Mean (2, 1.5), squared distances from it 2.5 in all. One latent kept misses 1 of (3, 1) and 1 of (1, 2).
  const rows = createMatrix(2, 2, Float32Array.of(3, 1, 1, 2));
  const engine = await openEngine("cpu");
  try {
    const { kept, errors } = await sweepKept(sae, rows, [2, 1, 2], engine);
    t.deepEqual(kept, [1, 2]);
    t.true(Math.abs(errors[0] - 2 / 2.5) < 1e-6);
    t.true(errors[1] < 1e-9);
    for (const k of [0, 3, 1.5]) {
      await t.throwsAsync(sweepKept(sae, rows, [k], engine), { message: /from 1 to 2/ });
    }
    await t.throwsAsync(sweepKept(sae, rows, [], engine), { message: /got none/ });
  } finally {
    await engine.dispose();
  }
});

test("at the k of the training the error is that of the metrics, and a ReLU cannot be swept", async (t) => {
  const embeddings = sparseEmbeddings(200, 16);
  const { sae } = await trainSae(embeddings, { k: 3, n: 24, epochs: 3, batch: 64, lr: 3e-3 });
  const engine = await openEngine("cpu");
  try {
    const { errors } = await sweepKept(sae, embeddings, [3], engine);
    const { normalized_mse } = await computeMetrics(sae, embeddings, { engine });
    t.true(Math.abs(errors[0] - normalized_mse) < 1e-6);
    const relu = { ...sae, activation: { kind: "relu" as const } };
    await t.throwsAsync(sweepKept(relu, embeddings, [3], engine), { message: /got relu/ });
  } finally {
    await engine.dispose();
  }
});
