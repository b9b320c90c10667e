import { openEngine } from "../../engine/open-engine.js";
import { type Checkpoint, readCheckpoint } from "../../sae/checkpoint.js";
import { type ReadingComparison, compareReadings } from "../../sae/measure/compare-readings.js";
import { type Command, UsageError, defineCommand } from "../command.js";
import { engineChoice, engineOption, loadOptions, saeOptions } from "../options.js";
import { formatRows } from "../text.js";

const { k, format, scale } = saeOptions;

export const inspectCommand: Command = defineCommand({
  name: "inspect",
  summary:
    "Tell what a checkpoint is: format, sizes, activation, every tensor, and what was ignored.",
  details:
    "With --embeddings it also tells how well the SAE explains them, and whether another reading of its inputs\n" +
    "(raw, z-scored, normalised, with or without its bias) fits far better: a sign of a wrong one.",
  example: "feature-families inspect sae_folder --embeddings data/wordnet/embeddings.npy",
  positionals: "FILE|FOLDER",
  options: {
    k,
    format,
    scale,
    embeddings: { type: "string", value: "FILE", about: "embeddings [N, d], .npy" },
    ...engineOption,
  },
  async run(values, positionals) {
    if (positionals.length !== 1) {
      throw new UsageError(`inspect: name one file or folder, got ${positionals.length}`);
    }
    const checkpoint = await readCheckpoint(positionals[0], loadOptions(values));
    const engine =
      values.embeddings === undefined ? undefined : await openEngine(engineChoice(values.engine));
    try {
      const fit =
        values.embeddings === undefined
          ? undefined
          : await compareReadings(checkpoint.sae, values.embeddings, { engine });
      return { json: describe(checkpoint, fit), lines: tell(checkpoint, fit) };
    } finally {
      await engine?.dispose();
    }
  },
});

function describe(
  { sae, format: name, notes, tensors, metadata }: Checkpoint,
  fit: ReadingComparison | undefined,
): unknown {
  const { d, n, k: kept, activation, normalisation } = sae;
  const kinds = { activation: activation.kind, normalisation: normalisation.kind };
  return { format: name, d, n, k: kept, ...kinds, notes, tensors, metadata, fit };
}

function tell(checkpoint: Checkpoint, fit: ReadingComparison | undefined): string[] {
  const { sae, format: name, notes, tensors } = checkpoint;
  const topk = sae.activation.kind === "topk";
  const bias = sae.preBias.some((value) => value !== 0);
  const ignored = tensors.filter(({ used }) => !used).map((tensor) => tensor.name);
  return [
    ...formatRows([
      ["format", name],
      ["embedding width d", String(sae.d)],
      ["latents n", String(sae.n)],
      [topk ? "latents a document k" : "room for active latents k", String(sae.k)],
      ["activation", sae.activation.kind],
      ["input", sae.normalisation.kind === "none" ? "as it is" : sae.normalisation.kind],
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
    ...(fit ? ["", ...tellFit(fit)] : []),
  ];
}

function tellFit({ readings, documents, warning }: ReadingComparison): string[] {
  return [
    `explained variance on ${documents} documents`,
    ...formatRows(
      readings.map(({ name, declared, explainedVariance, meanActive }) => [
        `  ${name}${declared ? " (declared)" : ""}`,
        `${(100 * explainedVariance).toFixed(1)} %`,
        `${meanActive.toFixed(1)} active`,
      ]),
    ),
    ...(warning === undefined ? [] : [`warning: ${warning}`]),
  ];
}
