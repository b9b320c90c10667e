import path from "node:path";
import type { LoadOptions } from "../../sae/formats/format.js";
import type { Sae } from "../../sae/sae.js";
import type { Command, CommandContext, CommandOutput, OptionValues } from "../command.js";
import { defineCommand } from "../command.js";
import * as option from "../option-kinds.js";
import { EMBEDDINGS, badRowsOption, engineOption, loadOptions, saeOptions } from "../options.js";
import { warnOfReading } from "../reading.js";
import { embeddingsOf, isSharded, shardOptions } from "../shard-options.js";

const options = {
  ...saeOptions,
  embeddings: option.file(EMBEDDINGS, { required: true }),
  out: option.path("folder for the codes", { required: true }),
  ...engineOption,
  ...badRowsOption,
  ...shardOptions,
  batch: option.count("documents per batch (default: chosen for the device)"),
};

export const encodeCommand: Command = defineCommand({
  name: "encode",
  group: "steps",
  summary: "Run an SAE over embeddings and write the codes.",
  details:
    "Writes topk_indices_{k}_{n}.npy (int32) and topk_values_{k}_{n}.npy (float32), each [N, k], in descending " +
    "pre-activation order. Embeddings are streamed, so their size does not matter. For a folder of .parquet or .npy shards it writes " +
    "a Parquet shard of codes for each, and continues where it stopped.",
  example:
    "feature-families encode --sae csLG_64_9216_128.pth --embeddings abstract_embeddings.npy --out codes",
  options,
  async run(values, _positionals, context) {
    const { onProgress, onWarning, signal } = context;
    const { withEngine } = await import("../../engine/open-engine.js");
    const { loadSae } = await import("../../sae/checkpoint.js");
    const { encodeToFiles } = await import("../../sae/encode.js");
    const load = await loadOptions(values);
    const sae = await loadSae(values.sae, load);
    const embeddings = embeddingsOf(values);
    const { embeddingShape } = await import("../../sae/embedding-source.js");
    const { requireSizes } = await import("../../atlas/steps/check-sizes.js");
    const shape = { ...(await embeddingShape(embeddings)), n: sae.n, k: sae.k };
    if (await isSharded("encode", values)) return encodeFolder(values, sae, load, context);
    const size = { ...shape, characters: 0, isEmbedded: false, latents: "given" } as const;
    await requireSizes("encode", size, { dir: values.out, only: ["encode"] });
    return withEngine(values.engine, async (engine) => {
      await warnOfReading(sae, embeddings, engine, onWarning);
      const start = performance.now();
      const written = await encodeToFiles(sae, embeddings, values.out, {
        engine,
        batch: values.batch,
        badRows: values.skipBadRows ? "skip" : "error",
        onProgress,
        signal,
      });
      const seconds = (performance.now() - start) / 1000;
      const { k, n, d } = sae;
      const rate = Math.round(written.rows / seconds).toLocaleString("en");
      const skipped = written.skipped.length;
      return {
        json: { ...written, k, n, d, engine: engine.description, seconds },
        lines: [
          `encoded ${written.rows} documents on ${engine.description}, ${rate} per second`,
          ...(skipped > 0 ? [`left out ${skipped} rows of zeros or NaN; --json lists them`] : []),
          `wrote ${path.basename(written.indices)} and ${path.basename(written.values)} to ${values.out}`,
        ],
      };
    });
  },
});

/** Encodes shard by shard; the first shard shows whether the SAE wants another reading. */
async function encodeFolder(
  values: OptionValues<typeof options>,
  sae: Sae,
  load: LoadOptions,
  { onProgress, onWarning, signal }: CommandContext,
): Promise<CommandOutput> {
  const { withEngine } = await import("../../engine/open-engine.js");
  const { encodeToShards } = await import("../../sae/encode-shards.js");
  const description = await withEngine(values.engine, async (engine) => {
    await warnOfReading(sae, embeddingsOf(values), engine, onWarning);
    return engine.description;
  });
  const start = performance.now();
  const { batch, workers, threads, engine: device } = values;
  const written = await encodeToShards(values.sae, embeddingsOf(values), values.out, {
    ...{ load, device, workers, threads, batch, onProgress, signal },
    badRows: values.skipBadRows ? "skip" : "error",
  });
  const seconds = (performance.now() - start) / 1000;
  const { rows, skipped, shards, kept } = written;
  const { k, n, d } = sae;
  return {
    json: { ...written, k, n, d, engine: description, seconds },
    lines: [
      `encoded ${rows} documents in ${shards} shards on ${description}`,
      ...(kept > 0 ? [`${kept} of the shards existed already`] : []),
      ...(skipped > 0 ? [`left out ${skipped} rows of zeros or NaN`] : []),
      `wrote part-00000.parquet and so on, and shards.json, to ${values.out}`,
    ],
  };
}
