import test from "ava";
import { createMatrix } from "../../../src/core/index.js";
import { computeMetrics, createSae, encodeEmbeddings } from "../../../src/sae/index.js";
import { densityHistogram } from "../../../src/sae/measure/index.js";
import { randomEmbeddings, randomSae } from "../../support/embeddings.js";

test("metrics of a tiny SAE equal those worked out by hand", async (t) => {
  const identity = createMatrix(3, 2, Float32Array.of(1, 0, 0, 1, -1, -1));
  const sae = createSae({
    k: 1,
    encoder: identity,
    decoder: identity,
    preBias: new Float32Array(2),
    latentBias: new Float32Array(3),
  });
  const x = createMatrix(4, 2, Float32Array.of(3, 1, 0, 2, 4, 0, 1, -1));
  const metrics = await computeMetrics(sae, x);
  // x' is (3, 0), (0, 2), (4, 0), (1, 0): residuals (0, 1), (0, 0), (0, 0), (0, -1)
  // mean (2, 0.5), squares about it 1.25 + 6.25 + 4.25 + 3.25 = 15
  const { normalized_mse, explained_variance, mean_log10_density_live, ...rest } = metrics;
  t.true(Math.abs(normalized_mse - 2 / 15) < 1e-12);
  t.true(Math.abs(explained_variance - 13 / 15) < 1e-12);
  t.true(Math.abs(mean_log10_density_live - (Math.log10(3 / 4) + Math.log10(1 / 4)) / 2) < 1e-12);
  t.deepEqual(rest, {
    mean_nonzero_activation: 2.5,
    live: 2,
    dead: 1,
    zero_valued_slots: 0,
    encoder_decoder_cosine_mean: (1 + 1 + 2 / Math.sqrt(4)) / 3,
    k: 1,
    n: 3,
    d: 2,
    N: 4,
    density_histogram: { bin_width: 0.1, first_edge: -0.7, counts: [1, 0, 0, 0, 0, 1, 0], dead: 1 },
  });
});

test("a constant error counts in the error but not in the explained variance", async (t) => {
  const sae = createSae({
    k: 1,
    encoder: createMatrix(1, 1, Float32Array.of(1)),
    decoder: createMatrix(1, 1, Float32Array.of(1)),
    preBias: new Float32Array(1),
    latentBias: Float32Array.of(1),
  });
  const metrics = await computeMetrics(sae, createMatrix(2, 1, Float32Array.of(1, 3)));
  t.is(metrics.normalized_mse, 1);
  t.is(metrics.explained_variance, 1);
});

test("metrics from known codes, in any batches, equal those from encoding", async (t) => {
  const sae = randomSae(64, 12, 4, 1);
  const x = randomEmbeddings(100, 12, 2);
  const codes = await encodeEmbeddings(sae, x);
  const expected = await computeMetrics(sae, x);
  t.deepEqual(await computeMetrics(sae, x, { codes }), expected);
  t.deepEqual(await computeMetrics(sae, x, { codes, batch: 7 }), expected);
  t.is(expected.live + expected.dead, 64);
});

test("codes of another number of documents or latents are refused", async (t) => {
  const sae = randomSae(64, 12, 4, 1);
  const x = randomEmbeddings(30, 12, 2);
  const codes = await encodeEmbeddings(sae, x);
  const more = randomEmbeddings(31, 12, 2);
  for (const batch of [8, 100]) {
    await t.throwsAsync(computeMetrics(sae, more, { codes, batch }), {
      instanceOf: RangeError,
      message: /there are codes of 30 documents, but 31 embeddings/,
    });
    await t.throwsAsync(computeMetrics(sae, randomEmbeddings(29, 12, 2), { codes, batch }), {
      message: /there are codes of 30 documents, but 29/,
    });
  }
  await t.throwsAsync(computeMetrics(sae, x, { codes: { ...codes, n: 65 } }), {
    message: /has 64 latents, but the codes have 65/,
  });
});

test("a single document has no variance to explain", async (t) => {
  const metrics = await computeMetrics(randomSae(8, 4, 2, 1), randomEmbeddings(1, 4, 2));
  t.is(metrics.normalized_mse, NaN);
});

test("densities on a bin's edge fall into the bin that starts there", (t) => {
  const histogram = densityHistogram(Uint32Array.of(1, 10, 100, 1000, 0), 1000);
  t.is(histogram.first_edge, -3);
  t.is(histogram.counts.length, 30);
  t.deepEqual(
    histogram.counts.flatMap((count, bin) => (count > 0 ? [bin] : [])),
    [0, 10, 20, 29],
  );
  t.is(histogram.dead, 1);
  t.deepEqual(densityHistogram(Uint32Array.of(0), 5).counts, [0]);
});
