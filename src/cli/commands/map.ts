import path from "node:path";
import { readCodes } from "../../files/codes.js";
import { writeFileAtomic } from "../../files/atomic-file.js";
import { writeNpy } from "../../files/numpy/npy-write.js";
import { openEngine } from "../../engine/open-engine.js";
import { computeCoactivation } from "../../families/coactivation/coactivation.js";
import { cosineNeighbours } from "../../projection/neighbours.js";
import { coactivationProfiles } from "../../projection/coactivation-profiles.js";
import { projectUmap } from "../../projection/umap.js";
import { loadSae } from "../../sae/checkpoint.js";
import { type Command, UsageError, defineCommand } from "../command.js";
import { engineChoice, engineOption } from "../options.js";

export const mapCommand: Command = defineCommand({
  name: "map",
  summary: "Place the latents in the plane by UMAP, from exact neighbours.",
  details:
    "By the cosine of decoder directions (--sae), or of co-activation profiles (--codes).\n" +
    "Writes .npy (float32 [n, 2]) or .csv (latent, x, y).",
  example: "feature-families map --sae csLG_64_9216_128.pth --out map.csv",
  options: {
    sae: { type: "string", value: "FILE", about: "place latents by this SAE's decoder directions" },
    k: {
      type: "integer",
      least: 1,
      about: "latents kept per document, where the file does not tell",
    },
    codes: { type: "string", value: "DIR", about: "place latents by these codes' co-activation" },
    out: { type: "string", value: "FILE", about: "places, .npy or .csv", required: true },
    neighbours: { type: "integer", least: 1, about: "neighbours a latent (default 15)" },
    epochs: { type: "integer", least: 1, about: "rounds of layout" },
    "min-dist": { type: "number", about: "least distance of near points (default 0.1)" },
    seed: { type: "integer", about: "default 0" },
    ...engineOption,
  },
  async run(values, _positionals, { onProgress, signal }) {
    if ((values.sae === undefined) === (values.codes === undefined)) {
      throw new UsageError("map: give either --sae or --codes");
    }
    const kind = path.extname(values.out).toLowerCase();
    if (kind !== ".npy" && kind !== ".csv") {
      throw new UsageError(`map: --out must end in .npy or .csv, got "${values.out}"`);
    }
    const rows =
      values.sae === undefined
        ? coactivationProfiles(
            computeCoactivation(await readCodes(values.codes ?? ""), { onProgress }),
          )
        : (await loadSae(values.sae, { k: values.k })).decoder;
    const start = performance.now();
    const engine = await openEngine(engineChoice(values.engine));
    try {
      const count = values.neighbours ?? 15;
      const neighbours = await cosineNeighbours(rows, count, engine, { onProgress, signal });
      const { data } = await projectUmap(neighbours, {
        seed: values.seed,
        epochs: values.epochs,
        minDist: values["min-dist"],
        onProgress,
        signal,
      });
      if (kind === ".npy") {
        await writeNpy(values.out, { shape: [rows.rows, 2], data, dtype: "f4" });
      } else {
        const lines = Array.from({ length: rows.rows }, (_, latent) =>
          [latent, data[2 * latent], data[2 * latent + 1]].join(","),
        );
        await writeFileAtomic(values.out, `latent,x,y\n${lines.join("\n")}\n`);
      }
    } finally {
      await engine.dispose();
    }
    const seconds = (performance.now() - start) / 1000;
    return {
      json: { out: values.out, latents: rows.rows, seconds },
      lines: [`placed ${rows.rows} latents in ${seconds.toFixed(1)} s`, `wrote ${values.out}`],
    };
  },
});
