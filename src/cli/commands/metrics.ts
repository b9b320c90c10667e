import { readCodes } from "../../files/codes.js";
import { openEngine } from "../../engine/open-engine.js";
import { loadSae } from "../../sae/checkpoint.js";
import { type SaeMetrics, computeMetrics } from "../../sae/measure/metrics.js";
import { warnOfReading } from "./reading.js";
import { type Command, defineCommand } from "../command.js";
import { badRowsOption, engineChoice, engineOption, loadOptions, saeOptions } from "../options.js";
import { formatRows } from "../text.js";

export const metricsCommand: Command = defineCommand({
  name: "metrics",
  summary: "Tell how well an SAE describes a corpus of embeddings.",
  details: "Every figure is over the whole corpus, not over one batch as in the models' card.",
  example:
    "feature-families metrics --sae csLG_16_3072_32.pth --embeddings abstract_embeddings.npy --json",
  options: {
    ...saeOptions,
    embeddings: { type: "string", value: "FILE", about: "embeddings [N, d], .npy", required: true },
    codes: { type: "string", value: "DIR", about: "codes of these embeddings, if there are some" },
    ...engineOption,
    ...badRowsOption,
  },
  async run(values, _positionals, { onProgress, signal, ...context }) {
    const sae = await loadSae(values.sae, loadOptions(values));
    const codes = values.codes === undefined ? undefined : await readCodes(values.codes);
    const engine = await openEngine(engineChoice(values.engine));
    try {
      await warnOfReading(sae, values.embeddings, engine, (line) => context.note(line));
      const metrics = await computeMetrics(sae, values.embeddings, {
        engine,
        codes,
        badRows: values["skip-bad-rows"] ? "skip" : "error",
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
