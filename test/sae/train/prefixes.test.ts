import test from "ava";
import { createCodes, matrixRows } from "../../../src/core/index.js";
import {
  type Sae,
  decodeCodes,
  encodeEmbeddings,
  loadSae,
  readCheckpoint,
  saveSae,
  trainSae,
} from "../../../src/sae/index.js";
import { writeSafetensors } from "../../../src/files/index.js";
import { inFolder } from "../../support/folder.js";
import { followsKernels, sparseEmbeddings, stopAt } from "../../support/training.js";

const embeddings = sparseEmbeddings(400, 16);
const SMALL = { k: 4, n: 48, batch: 64, lr: 3e-3, steps: 300 };

/** Squared error of the decode with the latents below `end`. */
async function errorBelow(sae: Sae, end: number): Promise<number> {
  const codes = await encodeEmbeddings(sae, embeddings);
  const values = codes.values.map((value, at) => (codes.indices[at] < end ? value : 0));
  const decoded = decodeCodes(
    sae,
    createCodes(codes.rows, codes.k, codes.n, codes.indices, values),
  );
  return decoded.data.reduce((sum, value, at) => sum + (value - embeddings.data[at]) ** 2, 0);
}

test("prefixes make early latents say more by themselves, at little cost to the whole", async (t) => {
  const plain = await trainSae(embeddings, SMALL);
  const nested = await trainSae(embeddings, { ...SMALL, prefixes: [6, 16] });
  t.deepEqual(nested.sae.prefixes, [6, 16, 48]);
  t.false("prefixes" in plain.sae);
  t.true((await errorBelow(nested.sae, 6)) < 0.8 * (await errorBelow(plain.sae, 6)));
  t.true((await errorBelow(nested.sae, 48)) < 1.5 * (await errorBelow(plain.sae, 48)));
  const { loss, reconstruction } = nested.log.at(-1)!;
  t.true(loss > reconstruction);
});

test("TensorFlow.js takes the kernels' steps with prefixes", async (t) => {
  const options = { ...SMALL, steps: 6, prefixes: [5, 6, 30], auxk: 8, deadSteps: 2 };
  await followsKernels(t, matrixRows(embeddings, 0, 130), options);
});

test("prefixes are in the SAE's file and in the training's checkpoint, and a run resumes with its own alone", async (t) => {
  await inFolder(async (folder) => {
    const checkpointPath = `${folder}/run.safetensors`;
    const options = { ...SMALL, steps: 20, prefixes: [6, 48] };
    const whole = await trainSae(embeddings, options);
    await stopAt(9, embeddings, { ...options, checkpointPath });
    t.deepEqual((await loadSae(checkpointPath)).prefixes, [6, 48]);
    const resume = { ...options, checkpointPath, resume: true };
    await t.throwsAsync(trainSae(embeddings, { ...resume, prefixes: [7] }), {
      message: /its prefixes is "?6,48"?, got "?7,48"?/,
    });
    t.deepEqual((await trainSae(embeddings, resume)).sae, whole.sae);
    const file = `${folder}/sae.safetensors`;
    await saveSae(file, whole.sae);
    t.deepEqual((await loadSae(file)).prefixes, [6, 48]);
    t.deepEqual(
      (await trainSae(embeddings, { init: await loadSae(file), steps: 1 })).sae.prefixes,
      [6, 48],
    );
    const { metadata } = await readCheckpoint(file);
    const tensors = new Map([
      ["pre_bias", { shape: [1], data: new Float32Array(1) }],
      ["latent_bias", { shape: [2], data: new Float32Array(2) }],
      ["encoder.weight", { shape: [2, 1], data: new Float32Array(2) }],
      ["decoder.weight", { shape: [1, 2], data: new Float32Array(2) }],
    ]);
    await writeSafetensors(file, tensors, { ...metadata, k: "1", prefixes: "2,1" });
    await t.throwsAsync(loadSae(file), { message: /unusable prefixes "?2,1"? in its metadata/ });
  });
});

test("prefixes that do not rise to n are refused", async (t) => {
  for (const prefixes of [[6, 6], [0, 48], [1.5], [50]]) {
    await t.throwsAsync(trainSae(embeddings, { ...SMALL, prefixes }), {
      instanceOf: RangeError,
      message: /^trainSae: prefixes must be rising whole numbers above 0 that end with n, 48, got/,
    });
  }
});
