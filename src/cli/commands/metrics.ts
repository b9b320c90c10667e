import type { SaeMetrics } from "../../sae/measure/metrics.js";
import { type Command, defineCommand } from "../command.js";
import { EMBEDDINGS, badRowsOption, engineOption, loadOptions, saeOptions } from "../options.js";
import { warnOfReading } from "../reading.js";
import { formatRows } from "../results/rows.js";

export const metricsCommand: Command = defineCommand({
  name: "metrics",
  group: "steps",
  summary: "Measure how well an SAE describes a corpus of embeddings.",
  details:
    "Every number is over the whole corpus, not over one batch as in the released model card.",
  example:
    "feature-families metrics --sae csLG_16_3072_32.pth --embeddings abstract_embeddings.npy --json",
  options: {
    ...saeOptions,
    embeddings: { type: "string", value: "FILE", about: EMBEDDINGS, required: true },
    codes: {
      type: "string",
      value: "DIR",
      about: "folder of the codes of these embeddings, if already computed",
    },
    ...engineOption,
    ...badRowsOption,
  },
  async run(values, _positionals, { onProgress, onWarning, signal }) {
    const { openEngine } = await import("../../engine/open-engine.js");
    const { readCodes } = await import("../../files/codes.js");
    const { loadSae } = await import("../../sae/checkpoint.js");
    const { computeMetrics } = await import("../../sae/measure/metrics.js");
    const sae = await loadSae(values.sae, await loadOptions(values));
    const codes = values.codes === undefined ? undefined : await readCodes(values.codes);
    const engine = await openEngine(values.engine);
    try {
      await warnOfReading(sae, values.embeddings, engine, onWarning);
      const metrics = await computeMetrics(sae, values.embeddings, {
        engine,
        codes,
        badRows: values.skipBadRows ? "skip" : "error",
        onProgress,
        signal,
      });
      return { json: metrics, lines: metricLines(metrics) };
    } finally {
      await engine.dispose();
    }
  },
});

function metricLines(metrics: SaeMetrics): string[] {
  const { N, d, k, n, live, dead } = metrics;
  return formatRows([
    ["corpus", `${N} documents, width ${d}`],
    ["SAE", `${n} latents, ${k} per document`],
    ["normalised MSE", metrics.normalized_mse.toFixed(4)],
    ["explained variance", metrics.explained_variance.toFixed(4)],
    ["live, dead latents", `${live}, ${dead}`],
    ["mean log10 density (live)", metrics.mean_log10_density_live.toFixed(4)],
    ["mean non-zero activation", metrics.mean_nonzero_activation.toFixed(4)],
    ["slots of value 0", String(metrics.zero_valued_slots)],
    ["encoder-decoder cosine", metrics.encoder_decoder_cosine_mean.toFixed(4)],
  ]);
}
