import test from "ava";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { FormatError } from "../../../src/core/index.js";
import { readSafetensors } from "../../../src/files/index.js";
import { type TrainOptions, initialiseSae, loadSae, trainSae } from "../../../src/sae/index.js";
import { sparseEmbeddings } from "../../support/training.js";

const embeddings = sparseEmbeddings(200, 16);
const OPTIONS: TrainOptions = {
  k: 3,
  n: 32,
  batch: 64,
  lr: 3e-3,
  epochs: 6,
  deadSteps: 2,
  seed: 9,
  holdout: 0.2,
  patience: 50,
};

const folder = mkdtempSync(path.join(tmpdir(), "train-checkpoint-"));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

/** Runs until `stop` steps are done, then aborts; the checkpoint holds that step. */
async function runUntil(stop: number, checkpointPath: string, options: TrainOptions = OPTIONS) {
  const controller = new AbortController();
  return trainSae(embeddings, {
    ...options,
    checkpointPath,
    signal: controller.signal,
    onLog: ({ step }) => {
      if (step === stop) controller.abort();
    },
  });
}

for (const stop of [1, 3, 7]) {
  test(`a run aborted after step ${stop} and resumed ends as an unbroken one, bit for bit`, async (t) => {
    const checkpointPath = path.join(folder, `resume-${stop}.safetensors`);
    const unbroken = await trainSae(embeddings, OPTIONS);
    const part = await runUntil(stop, checkpointPath);
    t.is(part.ended, "aborted");
    const fresh: number[] = [];
    const resumed = await trainSae(embeddings, {
      ...OPTIONS,
      checkpointPath,
      resume: true,
      onLog: ({ step }) => fresh.push(step),
    });
    t.deepEqual(resumed, unbroken);
    t.is(fresh[0], stop + 1);
    const done = await trainSae(embeddings, { ...OPTIONS, checkpointPath, resume: true });
    t.deepEqual(done, unbroken);
  });
}

test("a killed run goes on from its last checkpoint", async (t) => {
  const checkpointPath = path.join(folder, "killed.safetensors");
  const options: TrainOptions = { ...OPTIONS, checkpointPath, checkpointEvery: 4 };
  await t.throwsAsync(
    trainSae(embeddings, {
      ...options,
      onLog: ({ step }) => {
        if (step === 6) throw new Error("killed");
      },
    }),
    { message: "killed" },
  );
  const { metadata } = await readSafetensors(checkpointPath);
  t.is(metadata.step, "4");
  t.deepEqual(
    await trainSae(embeddings, { ...options, resume: true }),
    await trainSae(embeddings, OPTIONS),
  );
  t.deepEqual(
    readdirSync(folder).filter((name) => name.startsWith("killed.safetensors.")),
    [],
  );
});

test("a checkpoint opens as an SAE", async (t) => {
  const checkpointPath = path.join(folder, "open.safetensors");
  const { sae } = await trainSae(embeddings, {
    ...OPTIONS,
    patience: undefined,
    checkpointPath,
  });
  t.deepEqual(await loadSae(checkpointPath), sae);
  const { tensors, metadata } = await readSafetensors(checkpointPath);
  t.deepEqual(tensors.get("decoder.weight")?.shape, [16, 32]);
  t.deepEqual(tensors.get("log")?.shape, [18, 8]);
  t.is(metadata.step, "18");
});

test("resuming without a checkpoint starts anew", async (t) => {
  const checkpointPath = path.join(folder, "new.safetensors");
  const { log } = await trainSae(embeddings, { ...OPTIONS, checkpointPath, resume: true });
  t.is(log[0].step, 1);
});

test("resuming refuses other options and other embeddings, naming them", async (t) => {
  const checkpointPath = path.join(folder, "other.safetensors");
  await runUntil(2, checkpointPath);
  const resume = (change: TrainOptions, matrix = embeddings) =>
    trainSae(matrix, { ...OPTIONS, ...change, checkpointPath, resume: true });
  await t.throwsAsync(resume({ batch: 32 }), {
    instanceOf: RangeError,
    message: /cannot continue from .*other\.safetensors: its batch is 64, got 32/,
  });
  await t.throwsAsync(resume({ k: 4 }), { message: /its k is 3, got 4/ });
  await t.throwsAsync(resume({}, sparseEmbeddings(200, 16, 24, 12)), {
    message: /its embeddings is/,
  });
  const longer = await resume({ epochs: 7 });
  t.is(longer.steps, 21);
  await t.throwsAsync(resume({ epochs: 2 }), {
    instanceOf: RangeError,
    message: /other\.safetensors is already at step 21, past the requested 6/,
  });
});

test("resuming compares the weights to start from, and the schedule of the learning rate", async (t) => {
  const checkpointPath = path.join(folder, "init.safetensors");
  const init = initialiseSae(embeddings, { k: 3, n: 32, seed: 1 });
  const options: TrainOptions = { ...OPTIONS, init, warmup: 3, decay: "cosine", epochs: 4 };
  await runUntil(2, checkpointPath, options);
  const resume = (changed: Partial<TrainOptions>) =>
    trainSae(embeddings, { ...options, ...changed, checkpointPath, resume: true });
  const other = initialiseSae(embeddings, { k: 3, n: 32, seed: 2 });
  for (const [name, changed] of Object.entries({
    init: { init: other },
    warmup: { warmup: 2 },
    decay: { decay: "linear" as const },
    steps: { epochs: 5 },
  })) {
    await t.throwsAsync(resume(changed), {
      instanceOf: RangeError,
      message: new RegExp(`its ${name} is .*, got`),
    });
  }
  await t.throwsAsync(resume({ init: undefined }), { message: /its init is .*, got not set/ });
  t.deepEqual(await resume({}), await trainSae(embeddings, options));
});

test("resuming refuses a file that is no training checkpoint", async (t) => {
  const checkpointPath = path.join(folder, "broken.safetensors");
  writeFileSync(checkpointPath, "not a checkpoint");
  await t.throwsAsync(trainSae(embeddings, { ...OPTIONS, checkpointPath, resume: true }), {
    instanceOf: FormatError,
  });
});

test("a run on z-scores goes on in the same weights, and its checkpoint opens with them", async (t) => {
  const checkpointPath = path.join(folder, "z-score.safetensors");
  const options: TrainOptions = { ...OPTIONS, normalise: "z-score" };
  await runUntil(3, checkpointPath, options);
  const resumed = await trainSae(embeddings, { ...options, checkpointPath, resume: true });
  t.deepEqual(resumed, await trainSae(embeddings, options));
  t.deepEqual((await loadSae(checkpointPath)).normalisation, resumed.sae.normalisation);
  await t.throwsAsync(trainSae(embeddings, { ...OPTIONS, checkpointPath, resume: true }), {
    message: /its normalise is z-score, got not set/,
  });
});
