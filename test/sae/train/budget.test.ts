import test from "ava";
import {
  createMatrix,
  createRandom,
  matrixRow,
  normalizeRows,
  rowNorms,
} from "../../../src/core/index.js";
import {
  type TrainOptions,
  createSae,
  initialiseSae,
  loadSae,
  normaliseInputs,
  saveSae,
  trainSae,
} from "../../../src/sae/index.js";
import { campaign } from "../../support/campaign.js";
import { inFolder } from "../../support/folder.js";
import { sparseEmbeddings } from "../../support/training.js";

const embeddings = sparseEmbeddings(200, 16);
const SMALL: TrainOptions = { k: 3, n: 32, batch: 64, lr: 3e-3 };

async function warningsOf(rows: typeof embeddings, options: TrainOptions) {
  const warnings: string[] = [];
  const result = await trainSae(rows, { ...options, onWarning: (text) => warnings.push(text) });
  return { result, warnings };
}

test("without a length a run ends on the plateau of the held-out error, as long runs do, and resumes to the same weights", async (t) => {
  const open = await trainSae(embeddings, { k: 3, n: 32 });
  t.is(open.ended, "plateau");
  t.true(open.steps >= 1000 && open.steps < 3000, `${open.steps} steps`);
  const long = await trainSae(embeddings, {
    k: 3,
    n: 32,
    plateau: 0,
    holdout: 0.1,
    steps: campaign(10, 3) * open.steps,
  });
  const lowest = (log: typeof open.log) =>
    Math.min(...log.flatMap(({ validation }) => validation ?? []));
  t.true(open.log.at(-1)!.validation! < 1.1 * lowest(long.log));
  await inFolder(async (folder) => {
    const checkpointPath = `${folder}/run.safetensors`;
    const controller = new AbortController();
    await trainSae(embeddings, {
      k: 3,
      n: 32,
      checkpointPath,
      signal: controller.signal,
      onLog: ({ step }) => step === 77 && controller.abort(),
    });
    const resumed = await trainSae(embeddings, { k: 3, n: 32, checkpointPath, resume: true });
    t.deepEqual(resumed.sae, open.sae);
  });
});

test("a length that is given is kept, and so is patience", async (t) => {
  t.is((await trainSae(embeddings, { ...SMALL, steps: 600 })).ended, "finished");
  const { log } = await trainSae(embeddings, { ...SMALL, epochs: 2 });
  t.true(log.every(({ validation }) => validation === undefined));
  await t.throwsAsync(trainSae(embeddings, { ...SMALL, steps: 5, plateau: 0.01, holdout: 0 }), {
    message: "trainSae: plateau needs a holdout above 0",
  });
  await t.throwsAsync(trainSae(embeddings, { ...SMALL, plateau: -1 }), { message: /plateau must/ });
});

test("few documents are trained without any held out", async (t) => {
  const few = createMatrix(30, 16, embeddings.data.slice(0, 480));
  const { log, ended } = await trainSae(few, { k: 2, n: 8, epochs: 2 });
  t.is(ended, "finished");
  t.is(log.length, 2);
});

test("a run that ends while its error falls says so, and one at its plateau does not", async (t) => {
  const early = await warningsOf(embeddings, { ...SMALL, lr: 1e-3, steps: 60 });
  t.regex(
    early.warnings.join("\n"),
    /^the error still fell by \d+ % in the last quarter of the 60 steps: train longer \(--steps 240\)/,
  );
  t.deepEqual((await warningsOf(embeddings, { k: 3, n: 16 })).warnings, []);
});

test("a corpus too small for its n is named with the n to use, many dead latents with what helps", async (t) => {
  const { warnings } = await warningsOf(embeddings, { k: 2, n: 400, lr: 0.02, epochs: 30 });
  t.is(warnings[0], "200 documents are too few for 400 latents: use about 32 (--n 32)");
  t.regex(warnings[1], /^\d+ of 400 latents are dead: .*\(--lr\), .*\(--start kmeans\)/);
});

test("a mean far from the pre-bias is warned of where it kills latents, and centring helps", async (t) => {
  const rows = sparseEmbeddings(400, 16);
  const far = createMatrix(
    400,
    16,
    rows.data.map((value) => value + 2),
  );
  const options: TrainOptions = { k: 3, n: 24, batch: 64, steps: 400 };
  const { encoder, decoder, latentBias } = initialiseSae(rows, { k: 3, n: 24 });
  const preBias = new Float32Array(16);
  const init = createSae({ k: 3, encoder, decoder, preBias, latentBias });
  const raw = await warningsOf(far, { ...options, init });
  t.regex(
    raw.warnings[0],
    /^the mean of the embeddings is \d\S* standard deviations from .*\(--normalise centre\)$/,
  );
  const centred = await warningsOf(far, { ...options, init, normalise: "centre" });
  t.false(centred.warnings.some((text) => text.includes("mean")));
  const last = ({ result }: typeof raw) => result.log.at(-1)!;
  t.true(last(raw).dead > last(centred).dead + 4, `${last(raw).dead} ${last(centred).dead}`);
  // The default start lies at the median, so that nothing is to be warned of.
  t.false((await warningsOf(far, options)).warnings.some((text) => text.includes("mean")));

  const read = await inFolder(async (folder) => {
    await saveSae(`${folder}/sae.safetensors`, centred.result.sae);
    return loadSae(`${folder}/sae.safetensors`);
  });
  t.deepEqual(read.normalisation, centred.result.sae.normalisation);
  const inputs = normaliseInputs(read.normalisation, far);
  const sum = inputs.data.reduce((total, value, at) => total + (at % 16 === 3 ? value : 0), 0);
  t.true(Math.abs(sum / 400) < 1e-5);
});

test("a start by k-means finds the groups of the rows, the encoder equal to the decoder", async (t) => {
  const random = createRandom(9);
  const centres = normalizeRows(
    createMatrix(
      6,
      12,
      Float32Array.from({ length: 72 }, () => random() - 0.5),
    ),
  );
  const rows = createMatrix(300, 12);
  for (let i = 0; i < 300; i++) {
    const centre = matrixRow(centres, i % 6);
    for (let j = 0; j < 12; j++) rows.data[i * 12 + j] = centre[j] + 0.1 * (random() - 0.5);
  }
  const options: TrainOptions = { k: 1, n: 12, lr: 1e-9, steps: 1, seed: 3 };
  const { sae } = await trainSae(rows, { ...options, start: "kmeans" });
  t.true(rowNorms(sae.decoder).every((norm) => Math.abs(norm - 1) < 1e-5));
  t.true(sae.encoder.data.every((value, at) => Math.abs(value - sae.decoder.data[at]) < 1e-6));
  const { sae: drawn } = await trainSae(rows, options);
  t.notDeepEqual(drawn.decoder, sae.decoder);
  // Every row points almost the way of a direction.
  const fit = (at: number, decoder: typeof rows) => {
    const row = matrixRow(rows, at).map((value, j) => value - sae.preBias[j]);
    const length = Math.hypot(...row);
    const cosines = Array.from({ length: 12 }, (_, f) =>
      matrixRow(decoder, f).reduce((total, value, j) => total + (value * row[j]) / length, 0),
    );
    return Math.max(...cosines);
  };
  const mean = (decoder: typeof rows) =>
    Array.from({ length: 60 }, (_, i) => fit(i, decoder)).reduce((a, b) => a + b) / 60;
  t.true(mean(sae.decoder) > 0.97, `${mean(sae.decoder)}`);
  t.true(mean(drawn.decoder) < 0.8, `${mean(drawn.decoder)}`);
  await t.throwsAsync(trainSae(rows, { ...options, init: sae, start: "kmeans" }), {
    message: "trainSae: expected init or start, not both",
  });
  const few = createMatrix(5, 12, rows.data.slice(0, 60));
  const more = await trainSae(few, { ...options, start: "kmeans" });
  t.true(rowNorms(more.sae.decoder).every((norm) => Math.abs(norm - 1) < 1e-5));
});
