import type { Checkpoint } from "../../sae/checkpoint.js";
import type { ReadingComparison } from "../../sae/measure/compare-readings.js";
import { type Command, defineCommand } from "../command.js";
import * as option from "../option-kinds.js";
import { EMBEDDINGS, engineOption, loadOptions, saeOptions } from "../options.js";
import { formatRows } from "../results/rows.js";

const { k, format, scale } = saeOptions;

export const inspectCommand: Command = defineCommand({
  name: "inspect",
  group: "steps",
  summary: "Describe a checkpoint: format, sizes, activation, tensors, and what was ignored.",
  details:
    "With --embeddings, also measures how well the SAE explains them, and whether another preparation of its inputs " +
    "(raw, z-scored, normalised, with or without its bias) fits far better, which suggests that the file was misread.",
  example: "feature-families inspect sae_folder --embeddings data/wordnet/embeddings.npy",
  positionals: "<CHECKPOINT>",
  options: {
    k,
    format,
    scale,
    embeddings: option.input(EMBEDDINGS),
    engine: { ...engineOption.engine, needs: ["embeddings"] },
  },
  async run(values, positionals, { onWarning }) {
    const { readCheckpoint } = await import("../../sae/checkpoint.js");
    const checkpoint = await readCheckpoint(positionals[0], await loadOptions(values));
    if (values.embeddings === undefined) {
      return { json: toJson(checkpoint, undefined), lines: describe(checkpoint, undefined) };
    }
    const { withEngine } = await import("../../engine/open-engine.js");
    const { compareReadings } = await import("../../sae/measure/compare-readings.js");
    const { embeddings } = values;
    const fit = await withEngine(values.engine, (engine) =>
      compareReadings(checkpoint.sae, embeddings, { engine }),
    );
    if (fit.warning !== undefined) onWarning(fit.warning);
    return { json: toJson(checkpoint, fit), lines: describe(checkpoint, fit) };
  },
});

function toJson(
  { sae, format: name, notes, tensors, metadata }: Checkpoint,
  fit: ReadingComparison | undefined,
): unknown {
  const { d, n, k: kept, activation, normalisation } = sae;
  const kinds = { activation: activation.kind, normalisation: normalisation.kind };
  return { format: name, d, n, k: kept, ...kinds, notes, tensors, metadata, fit };
}

function describe(checkpoint: Checkpoint, fit: ReadingComparison | undefined): string[] {
  const { sae, format: name, notes, tensors } = checkpoint;
  const topk = sae.activation.kind === "topk";
  const bias = sae.preBias.some((value) => value !== 0);
  const ignored = tensors.filter(({ used }) => !used).map((tensor) => tensor.name);
  return [
    ...formatRows([
      ["format", name],
      ["embedding width d", String(sae.d)],
      ["latents n", String(sae.n)],
      [topk ? "latents per document k" : "most active latents k", String(sae.k)],
      ["activation", sae.activation.kind],
      ["input", sae.normalisation.kind === "none" ? "unchanged" : sae.normalisation.kind],
      ["bias before the encoder", bias ? "subtracted" : "none"],
    ]),
    "",
    ...formatRows(
      tensors.map(({ name: tensor, shape, dtype, used }) => [
        tensor,
        `(${shape.join(", ")})`,
        dtype,
        used ? "" : "ignored",
      ]),
    ),
    ...(ignored.length > 0 ? ["", `ignored: ${ignored.join(", ")}`] : []),
    ...notes.map((note) => `note: ${note}`),
    ...(fit ? ["", ...describeFit(fit)] : []),
  ];
}

function describeFit({ readings, documents }: ReadingComparison): string[] {
  return [
    `explained variance on ${documents} documents`,
    ...formatRows(
      readings.map(({ name, declared, explainedVariance, meanActive }) => [
        `  ${name}${declared ? " (declared)" : ""}`,
        `${(100 * explainedVariance).toFixed(1)} %`,
        `${meanActive.toFixed(1)} active`,
      ]),
    ),
  ];
}
