import type { BaselineRow } from "../../atlas/baselines.js";
import type { Engine } from "../../engine/engine.js";
import type { Sae } from "../../sae/sae.js";
import type { SaeMetrics } from "../../sae/measure/metrics.js";
import { type Command, UsageError, defineCommand } from "../command.js";
import * as option from "../option-kinds.js";
import { EMBEDDINGS, badRowsOption, engineOption, loadOptions, saeOptions } from "../options.js";
import { warnOfReading } from "../reading.js";
import { formatRows } from "../results/rows.js";

export const metricsCommand: Command = defineCommand({
  name: "metrics",
  group: "steps",
  summary: "Measure how well an SAE describes a corpus of embeddings.",
  details:
    "Every number is measured over the whole corpus, not over one batch as in the released model card.",
  example:
    "feature-families metrics --sae csLG_16_3072_32.pth --embeddings abstract_embeddings.npy --json",
  options: {
    ...saeOptions,
    embeddings: option.file(EMBEDDINGS, { required: true }),
    codes: option.folder("folder of the codes of these embeddings, if already computed"),
    baselines: option.flag(
      "also measure an SAE trained the same way whose decoder stays random and, with --corpus, k-means, random documents and random directions (takes as long as training)",
    ),
    corpus: option.path("with --baselines: documents with classes, in the order of the embeddings"),
    "class-tree": option.file(
      "with --corpus: parents of the classes, a JSONL file of {id, name, parents}",
    ),
    ...engineOption,
    ...badRowsOption,
  },
  async run(values, _positionals, { onProgress, onWarning, signal }) {
    const { withEngine } = await import("../../engine/open-engine.js");
    const { readCodes } = await import("../../files/codes.js");
    const { loadSae } = await import("../../sae/checkpoint.js");
    const { computeMetrics } = await import("../../sae/measure/metrics.js");
    const sae = await loadSae(values.sae, await loadOptions(values));
    const codes = values.codes === undefined ? undefined : await readCodes(values.codes);
    return withEngine(values.engine, async (engine) => {
      await warnOfReading(sae, values.embeddings, engine, onWarning);
      const metrics = await computeMetrics(sae, values.embeddings, {
        engine,
        codes,
        badRows: values.skipBadRows ? "skip" : "error",
        onProgress,
        signal,
      });
      const baselines = await readBaselines(values, sae, engine, signal);
      return {
        json: baselines === undefined ? metrics : { ...metrics, baselines },
        lines: [...metricLines(metrics), ...formatRows(baselineRows(baselines))],
      };
    });
  },
});

async function readBaselines(
  values: { baselines?: boolean; corpus?: string; classTree?: string; embeddings: string },
  sae: Sae,
  engine: Engine,
  signal?: AbortSignal,
): Promise<BaselineRow[] | undefined> {
  const { baselines = false, corpus, classTree } = values;
  if (corpus !== undefined && !baselines) throw new UsageError("--corpus needs --baselines");
  if (classTree !== undefined && corpus === undefined) {
    throw new UsageError("--class-tree needs --corpus");
  }
  if (!baselines) return undefined;
  const { measureBaselines } = await import("../../atlas/baselines.js");
  const { readClassTree, readCorpus } = await import("../../corpus/corpus.js");
  const { readMatrix } = await import("../../files/matrix.js");
  const { buildClassIndex } = await import("../../taxonomy/class-index.js");
  const tree = classTree === undefined ? undefined : (await readClassTree(classTree)).parents;
  const documents = corpus === undefined ? undefined : await readCorpus(corpus);
  const index =
    documents &&
    buildClassIndex(
      documents.map(({ classes }) => classes),
      { tree },
    );
  return measureBaselines(sae, await readMatrix(values.embeddings), { engine, index, signal });
}

function baselineRows(rows: readonly BaselineRow[] = []): string[][] {
  return rows.map(({ units, normalizedMse, meanF1, share, interval, classes }) => [
    `units: ${units}`,
    [
      ...(normalizedMse === undefined ? [] : [`normalised MSE ${normalizedMse.toFixed(4)}`]),
      ...(meanF1 === undefined || share === undefined || interval === undefined
        ? []
        : [
            `mean F1 ${meanF1.toFixed(3)}`,
            `${percent(share)} % over 0.5 (95 % interval ${interval.map(percent).join(" to ")} %), of ${classes} classes`,
          ]),
    ].join(", "),
  ]);
}

function percent(share: number): string {
  return (100 * share).toFixed(1);
}

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
