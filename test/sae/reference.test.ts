import { readFile } from "node:fs/promises";
import test from "ava";
import type { Codes } from "../../src/core/index.js";
import { readNpyIndices, readNpyMatrix } from "../../src/files/index.js";
import { computeMetrics, encodeEmbeddings, loadSae } from "../../src/sae/index.js";
import { sharedPath } from "../support/shared.js";

const METRICS = [
  "normalized_mse",
  "mean_log10_density_live",
  "mean_nonzero_activation",
  "live",
  "dead",
  "zero_valued_slots",
  "encoder_decoder_cosine_mean",
  "k",
  "n",
  "d",
  "N",
] as const;

/** Share of rows whose sets of latents are equal, and the largest difference of values in those. */
function compareCodes(found: Codes, indices: Uint32Array, values: Float32Array): [number, number] {
  const { rows, k } = found;
  let equal = 0;
  let difference = 0;
  for (let i = 0; i < rows; i++) {
    const expected = new Map<number, number>();
    for (let s = i * k; s < (i + 1) * k; s++) expected.set(indices[s], values[s]);
    let same = true;
    for (let s = i * k; s < (i + 1) * k; s++) same &&= expected.has(found.indices[s]);
    if (!same) continue;
    equal++;
    for (let s = i * k; s < (i + 1) * k; s++) {
      const value = expected.get(found.indices[s]) ?? NaN;
      difference = Math.max(difference, Math.abs(value - found.values[s]));
    }
  }
  return [equal / rows, difference];
}

for (const size of ["8_512", "16_1024"]) {
  const file = size === "8_512" ? "csLG_8_512_16.pth" : "csLG_16_1024_32.pth";

  test(`codes and metrics of ${file} agree with the authors' code`, async (t) => {
    const checkpoint = sharedPath(`reference/${file}`);
    const embeddings = sharedPath("reference/abstract_embeddings.npy");
    const indices = sharedPath(`reference/expected/topk_indices_${size}.npy`);
    const values = sharedPath(`reference/expected/topk_values_${size}.npy`);
    const metrics = sharedPath("reference/expected/metrics.json");
    if (!checkpoint || !embeddings || !indices || !values || !metrics) {
      t.log("skipped: ../shared/reference is not here");
      t.pass();
      return;
    }
    const sae = await loadSae(checkpoint);
    const codes = await encodeEmbeddings(sae, embeddings);
    const [share, difference] = compareCodes(
      codes,
      (await readNpyIndices(indices)).data,
      (await readNpyMatrix(values)).data,
    );
    t.log(
      `rows equal as sets ${share}, largest difference of values ${difference.toExponential(1)}`,
    );
    t.true(share >= 0.999);
    t.true(difference < 1e-4);

    const all = JSON.parse(await readFile(metrics, "utf8")) as Record<
      string,
      Record<string, number>
    >;
    const found = await computeMetrics(sae, embeddings, { codes });
    for (const key of METRICS) {
      const error = Math.abs(found[key] - all[file][key]);
      t.true(error < 1e-4, `${key}: expected ${all[file][key]}, got ${found[key]}`);
    }
    t.is(
      found.density_histogram.counts.reduce((sum, count) => sum + count, 0),
      found.live,
    );
  });
}
