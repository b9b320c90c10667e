import test from "ava";
import { matrixRows } from "../../../src/core/index.js";
import {
  type TrainOptions,
  computeMetrics,
  encodeEmbeddings,
  loadSae,
  saveSae,
  trainSae,
} from "../../../src/sae/index.js";
import { inFolder } from "../../support/folder.js";
import { followsKernels, sparseEmbeddings, stopAt } from "../../support/training.js";

const embeddings = sparseEmbeddings(500, 16);
const SMALL: TrainOptions = {
  ...{ k: 3, n: 40, batch: 64, lr: 3e-3, steps: 400 },
  activation: "batch-topk",
};

test("batch-top-k gives a threshold at which documents have k latents on average, and more or fewer each", async (t) => {
  const { sae, log } = await trainSae(embeddings, SMALL);
  t.is(sae.activation.kind, "jumprelu");
  const codes = await encodeEmbeddings(sae, embeddings);
  const active = Array.from({ length: 500 }, (_, i) => {
    const row = codes.values.subarray(i * codes.k, (i + 1) * codes.k);
    return row.filter((value) => value > 0).length;
  });
  const mean = active.reduce((sum, count) => sum + count, 0) / 500;
  t.true(mean > 2.5 && mean < 3.5, `${mean}`);
  t.true(Math.min(...active) < 3 && Math.max(...active) > 3);
  t.true(2 * Math.max(...active) <= sae.k || sae.k === 40 || sae.k === 12);
  const { normalized_mse: error } = await computeMetrics(sae, embeddings);
  const last = log.slice(-20).reduce((sum, row) => sum + row.reconstruction, 0) / 20;
  t.true(Math.abs(error / last - 1) < 0.15, `${error} ${last}`);
  const read = await inFolder(async (folder) => {
    await saveSae(`${folder}/sae.safetensors`, sae);
    return loadSae(`${folder}/sae.safetensors`);
  });
  t.deepEqual(await encodeEmbeddings(read, embeddings), codes);
});

test("TensorFlow.js takes the kernels' steps with batch-top-k and prefixes", async (t) => {
  const options = { ...SMALL, steps: 6, prefixes: [5, 20], auxk: 8, deadSteps: 2 };
  await followsKernels(t, matrixRows(embeddings, 0, 130), options);
});

test("a stopped run of batch-top-k resumes to the same SAE, and not as top-k", async (t) => {
  await inFolder(async (folder) => {
    const checkpointPath = `${folder}/run.safetensors`;
    const options = { ...SMALL, steps: 20 };
    await stopAt(9, embeddings, { ...options, checkpointPath });
    const resume = { ...options, checkpointPath, resume: true };
    await t.throwsAsync(trainSae(embeddings, { ...resume, activation: "topk" }), {
      message: /its activation is "?batch-topk"?, got not set/,
    });
    t.deepEqual(
      (await trainSae(embeddings, resume)).sae,
      (await trainSae(embeddings, options)).sae,
    );
  });
});
