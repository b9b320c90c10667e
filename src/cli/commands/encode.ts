import path from "node:path";
import { type Command, defineCommand } from "../command.js";
import { EMBEDDINGS, badRowsOption, engineOption, loadOptions, saeOptions } from "../options.js";
import { warnOfReading } from "../reading.js";

export const encodeCommand: Command = defineCommand({
  name: "encode",
  group: "steps",
  summary: "Run an SAE over embeddings and write the codes.",
  details:
    "Writes topk_indices_{k}_{n}.npy (int32) and topk_values_{k}_{n}.npy (float32), each [N, k], in descending " +
    "pre-activation order. Embeddings are streamed, so their size does not matter.",
  example:
    "feature-families encode --sae csLG_64_9216_128.pth --embeddings abstract_embeddings.npy --out codes",
  options: {
    ...saeOptions,
    embeddings: { type: "string", value: "FILE", about: EMBEDDINGS, required: true },
    out: { type: "string", value: "PATH", about: "folder for the codes", required: true },
    ...engineOption,
    ...badRowsOption,
    batch: {
      type: "integer",
      least: 1,
      about: "documents per batch (default: what suits the device)",
    },
  },
  async run(values, _positionals, { onProgress, onWarning, signal }) {
    const { openEngine } = await import("../../engine/open-engine.js");
    const { loadSae } = await import("../../sae/checkpoint.js");
    const { encodeToFiles } = await import("../../sae/encode.js");
    const sae = await loadSae(values.sae, await loadOptions(values));
    const { embeddingShape } = await import("../../sae/embedding-source.js");
    const { requireSizes } = await import("../../atlas/steps/check-sizes.js");
    const shape = { ...(await embeddingShape(values.embeddings)), n: sae.n, k: sae.k };
    const size = { ...shape, characters: 0, isEmbedded: false, latents: "given" } as const;
    await requireSizes("encode", size, { dir: values.out, only: ["encode"] });
    const engine = await openEngine(values.engine);
    try {
      await warnOfReading(sae, values.embeddings, engine, onWarning);
      const start = performance.now();
      const written = await encodeToFiles(sae, values.embeddings, values.out, {
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
          ...(skipped > 0 ? [`left out ${skipped} unusable rows; --json lists them`] : []),
          `wrote ${path.basename(written.indices)} and ${path.basename(written.values)} to ${values.out}`,
        ],
      };
    } finally {
      await engine.dispose();
    }
  },
});
