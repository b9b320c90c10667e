import test from "ava";
import { readFileSync } from "node:fs";
import { createMatrix, rowNorms } from "../../../src/core/index.js";
import { readNpyMatrix } from "../../../src/files/index.js";
import {
  type TrainLogRow,
  type TrainOptions,
  computeMetrics,
  createSae,
  loadSae,
  normaliseInputs,
  trainSae,
} from "../../../src/sae/index.js";
import { sharedPath } from "../../support/shared.js";
import { sparseEmbeddings } from "../../support/training.js";

const embeddings = sparseEmbeddings(200, 16);
const SMALL: TrainOptions = { k: 3, n: 32, batch: 64, lr: 3e-3, epochs: 5, deadSteps: 2 };

const largestGap = (a: Float32Array, b: Float32Array) =>
  a.reduce((gap, value, i) => Math.max(gap, Math.abs(value - b[i])), 0);

test("60 steps follow the authors' code: losses and gradient norm within 1e-4, dead counts equal", async (t) => {
  const embeddingsPath = sharedPath("reference/abstract_embeddings.npy");
  const init = sharedPath("reference/training/init.pth");
  const final = sharedPath("reference/training/step60.pth");
  const trajectory = sharedPath("reference/training/trajectory.json");
  if (!embeddingsPath || !init || !final || !trajectory) {
    t.log("skipped: no ../shared/reference here");
    t.pass();
    return;
  }
  const { log } = JSON.parse(readFileSync(trajectory, "utf8")) as { log: number[][] };
  const result = await trainSae(await readNpyMatrix(embeddingsPath), {
    init: await loadSae(init, { k: 4 }),
    auxk: 8,
    batch: 256,
    lr: 1e-3,
    deadSteps: 3,
    order: "file",
    steps: 60,
  });
  t.is(result.log.length, 60);
  const columns = ["step", "loss", "reconstruction", "aux", "grad_norm", "dead"] as const;
  for (const [i, row] of result.log.entries()) {
    t.is(row.step, log[i][0]);
    t.is(row.dead, log[i][5], `dead latents at step ${row.step}`);
    for (const j of [1, 2, 3, 4]) {
      const relative = Math.abs(row[columns[j]] / log[i][j] - 1);
      t.true(relative < 1e-4, `${columns[j]} at step ${row.step}: ${relative}`);
    }
  }
  const expected = await loadSae(final, { k: 4 });
  t.true(largestGap(result.sae.encoder.data, expected.encoder.data) < 1e-5);
  t.true(largestGap(result.sae.decoder.data, expected.decoder.data) < 1e-5);
  t.true(largestGap(result.sae.preBias, expected.preBias) < 1e-5);
  t.true(largestGap(result.sae.latentBias, expected.latentBias) < 1e-5);
});

test("training lowers the loss, logs every step and keeps decoder rows at unit length", async (t) => {
  const seen: TrainLogRow[] = [];
  const notes: string[] = [];
  const result = await trainSae(embeddings, {
    ...SMALL,
    epochs: 30,
    onLog: (row) => seen.push(row),
    onProgress: ({ step, done, total, note }) => notes.push(`${step} ${done}/${total} ${note}`),
  });
  t.is(result.ended, "finished");
  t.is(result.steps, 120);
  t.deepEqual(result.log, seen);
  t.deepEqual(
    seen.map((row) => row.step),
    Array.from({ length: 120 }, (_, i) => i + 1),
  );
  t.true(seen[119].reconstruction < 0.6 * seen[0].reconstruction);
  t.regex(notes[119], /^train 120\/120 loss 0\.\d{4}, dead \d+$/);
  for (const norm of rowNorms(result.sae.decoder)) t.true(Math.abs(norm - 1) < 1e-5);
  t.false("validation" in seen[0] || "multik" in seen[0]);
});

test("the same seed gives the same weights, another seed others", async (t) => {
  const first = await trainSae(embeddings, { ...SMALL, seed: 4 });
  const again = await trainSae(embeddings, { ...SMALL, seed: 4 });
  const other = await trainSae(embeddings, { ...SMALL, seed: 5 });
  t.deepEqual(again, first);
  t.notDeepEqual(other.sae.decoder, first.sae.decoder);
});

test("embeddings and the weights to start from stay as they were", async (t) => {
  const before = embeddings.data.slice();
  const { sae } = await trainSae(embeddings, { ...SMALL, steps: 1, epochs: undefined });
  const init = structuredClone(sae);
  await trainSae(embeddings, { init: sae, steps: 3, order: "file" });
  t.deepEqual(sae, init);
  t.deepEqual(embeddings.data, before);
});

test("a last batch of one row is left out, a short one is not", async (t) => {
  const steps = async (rows: number) => {
    const part = createMatrix(rows, 16, embeddings.data.slice(0, rows * 16));
    return (await trainSae(part, { ...SMALL, epochs: 1 })).steps;
  };
  t.is(await steps(129), 2);
  t.is(await steps(130), 3);
  t.is(await steps(128), 2);
});

test("held-out rows give a validation loss at the end of every epoch and of the run", async (t) => {
  const { log, bestStep } = await trainSae(embeddings, {
    ...SMALL,
    epochs: undefined,
    steps: 8,
    holdout: 0.25,
  });
  const validated = log.filter((row) => row.validation !== undefined);
  t.deepEqual(
    validated.map((row) => row.step),
    [3, 6, 8],
  );
  t.true(validated[2].validation! < validated[0].validation!);
  t.true(validated[2].validation! > 0 && validated[0].validation! < 1.5);
  t.is(bestStep, undefined);
});

test("patience stops a run that gets no better and gives back the best epoch's weights", async (t) => {
  const options: TrainOptions = { ...SMALL, lr: 0.1, holdout: 0.2, seed: 2, epochs: 60 };
  const stopped = await trainSae(embeddings, { ...options, patience: 3 });
  t.is(stopped.ended, "early");
  const losses = stopped.log.flatMap((row) => (row.validation === undefined ? [] : [row]));
  const best = losses.reduce((a, b) => (b.validation! < a.validation! ? b : a));
  t.is(stopped.bestStep, best.step);
  t.is(losses.indexOf(best), losses.length - 4);
  const upToBest = await trainSae(embeddings, {
    ...options,
    epochs: undefined,
    steps: best.step,
  });
  t.deepEqual(stopped.sae, upToBest.sae);
});

test("an abort signal stops the run after the present step", async (t) => {
  const controller = new AbortController();
  const result = await trainSae(embeddings, {
    ...SMALL,
    signal: controller.signal,
    onLog: ({ step }) => {
      if (step === 7) controller.abort();
    },
  });
  t.is(result.ended, "aborted");
  t.is(result.steps, 7);
});

test("a loss that is no longer finite stops the run with step and rate", async (t) => {
  await t.throwsAsync(trainSae(embeddings, { ...SMALL, lr: 1e30, epochs: 20 }), {
    message: /^trainSae: loss .* at step \d+: try a lower lr than 1e\+30/,
  });
  const equal = createMatrix(8, 2, new Float32Array(16).fill(0.5));
  await t.throwsAsync(trainSae(equal, { k: 1, n: 4 }), { message: /batches of equal rows/ });
});

test("zero rows are refused by number, or left out when asked", async (t) => {
  const data = embeddings.data.slice();
  data.fill(0, 5 * 16, 6 * 16);
  const holed = createMatrix(200, 16, data);
  await t.throwsAsync(trainSae(holed, SMALL), {
    instanceOf: RangeError,
    message: /row 5 of the embeddings is all zeros/,
  });
  const { skippedRows } = await trainSae(holed, { ...SMALL, epochs: 1, zeroRows: "skip" });
  t.is(skippedRows, 1);
  data[17] = NaN;
  await t.throwsAsync(trainSae(holed, SMALL), { message: /row 1 of the embeddings is not finite/ });
});

const bad: [TrainOptions, RegExp][] = [
  [{ k: 40 }, /k must be a whole number from 1 to 32, got 40/],
  [{ k: 0 }, /k must be/],
  [{ k: 1.5 }, /k must be/],
  [{ n: 0 }, /n must be a whole number of at least 1, got 0/],
  [{ auxk: 33 }, /auxk must be a whole number from 1 to 32/],
  [{ batch: 201 }, /batch must be a whole number from 2 to 200, got 201/],
  [{ batch: 1 }, /batch must be/],
  [{ lr: 0 }, /lr must be above 0/],
  [{ lr: NaN }, /lr must be/],
  [{ clip: -1 }, /clip must be/],
  [{ deadSteps: 0 }, /deadSteps must be/],
  [{ epochs: 0 }, /epochs must be/],
  [{ epochs: undefined, steps: 0 }, /steps must be/],
  [{ seed: 0.5 }, /seed must be/],
  [{ holdout: 1 }, /holdout must be from 0 to below 1/],
  [{ holdout: 0.001 }, /holdout 0.001 gives 0 rows/],
  [{ patience: 2 }, /patience needs a holdout/],
  [{ auxkCoef: -1 }, /auxkCoef must be/],
  [{ multikCoef: Infinity }, /multikCoef must be/],
  [{ checkpointEvery: 0 }, /checkpointEvery must be/],
  [{ order: "random" as "file" }, /order must be file or shuffle, got random/],
];
for (const [options, message] of bad) {
  test(`trainSae refuses ${JSON.stringify(options)}`, async (t) => {
    await t.throwsAsync(trainSae(embeddings, { ...SMALL, ...options }), {
      instanceOf: RangeError,
      message,
    });
  });
}

test("trainSae refuses missing and contradicting options", async (t) => {
  await t.throwsAsync(trainSae(embeddings, { k: 2 }), {
    instanceOf: TypeError,
    message: "trainSae: n is missing",
  });
  await t.throwsAsync(trainSae(embeddings, { ...SMALL, steps: 3 }), {
    message: /epochs or steps, not both/,
  });
  await t.throwsAsync(trainSae(embeddings, { ...SMALL, resume: true }), {
    message: "trainSae: resume needs checkpointPath",
  });
  const { sae } = await trainSae(embeddings, { ...SMALL, epochs: 1 });
  await t.throwsAsync(trainSae(embeddings, { n: 16, init: sae }), {
    message: /init must have 16 latents of width 16, got 32 of 16/,
  });
  await t.throwsAsync(trainSae(createMatrix(1, 4), { k: 1, n: 2 }), { message: /2 rows or more/ });
});

test("training on z-scores keeps them in the SAE: raw embeddings are encoded and decoded as they are", async (t) => {
  const raw = sparseEmbeddings(200, 16);
  const shifted = { ...raw, data: raw.data.map((value, i) => value * (1 + (i % 16)) + 3) };
  const options = { k: 3, n: 32, batch: 64, lr: 3e-3, epochs: 15 };
  const { sae, log } = await trainSae(shifted, { ...options, normalise: "z-score" });
  t.is(sae.normalisation.kind, "z-score");
  const normalised = normaliseInputs(sae.normalisation, shifted);
  const other = await trainSae(normalised, options);
  t.deepEqual(log, other.log);
  t.deepEqual(sae.encoder, other.sae.encoder);
  const { explained_variance: own } = await computeMetrics(sae, shifted);
  const raws = createSae({ ...sae, normalisation: { kind: "none" } });
  const { explained_variance: wrong } = await computeMetrics(raws, shifted);
  t.true(own > 0.5 && own > wrong + 0.1, `${own} ${wrong}`);
});

test("a run that ends worse than the mean row says so, and z-scores suit any scale", async (t) => {
  const steps = { ...SMALL, deadSteps: undefined, epochs: 20 };
  const scaled = (factor: number) =>
    createMatrix(
      200,
      16,
      embeddings.data.map((value) => value * factor),
    );
  t.is((await trainSae(embeddings, steps)).problem, undefined);
  const tiny = await trainSae(scaled(1e-5), steps);
  t.regex(
    tiny.problem ?? "",
    /^the SAE reconstructs worse than the mean row \(normalised MSE .*\(--normalise z-score\)$/,
  );
  await t.throwsAsync(trainSae(scaled(1e-20), steps), { message: /\(--normalise z-score\)/ });
  for (const factor of [1e-20, 1e-5, 1, 1e5]) {
    const { sae, problem } = await trainSae(scaled(factor), { ...steps, normalise: "z-score" });
    const { normalized_mse } = await computeMetrics(sae, scaled(factor));
    t.is(problem, undefined, `× ${factor}`);
    t.true(normalized_mse < 0.6, `× ${factor}: ${normalized_mse}`);
  }
});

test("a run with more latents per document than numbers in a row says that k helps, and z-scores where those do", async (t) => {
  const options = { n: 64, batch: 64, epochs: 20, lr: 2e-3 };
  const rows = (scale: number) =>
    createMatrix(
      400,
      2,
      sparseEmbeddings(400, 2).data.map((x) => x * scale),
    );
  const k = /: try a k of at most the width of the embeddings, 2, instead of 8 \(--k 2\)/;
  for (const normalise of ["none", "z-score"] as const) {
    const { problem } = await trainSae(rows(1), { ...options, k: 8, normalise });
    t.regex(problem ?? "", new RegExp(`${k.source}$`), normalise);
  }
  const { problem } = await trainSae(rows(1e-5), { ...options, k: 8 });
  t.regex(problem ?? "", new RegExp(`${k.source}, and z-scores, .*\\(--normalise z-score\\)$`));
  t.is((await trainSae(rows(1e-5), { ...options, k: 2, normalise: "z-score" })).problem, undefined);
});

test("a run is no success with most latents dead where documents could use them all", async (t) => {
  const options = { k: 8, n: 256, batch: 64, lr: 0.1, epochs: 10 };
  const { problem, log } = await trainSae(sparseEmbeddings(400, 16), options);
  const dead = log.at(-1)?.dead ?? 0;
  t.true(dead > 128, `${dead} dead`);
  t.regex(problem ?? "", new RegExp(`^${dead} of 256 latents are dead: .*another lr than 0.1`));
  // 40 documents have 320 places for 256 latents: that most stay dead is in the nature of so few.
  const few = await trainSae(sparseEmbeddings(40, 16), { ...options, batch: 40 });
  t.is(few.problem, undefined);
});
