import path from "node:path";
import type { OnProgress } from "../../core/progress.js";
import type { Engine, NearestOptions, Neighbours } from "../../engine/engine.js";
import { type Command, UsageError, defineCommand } from "../command.js";
import { engineOption } from "../options.js";

export const mapCommand: Command = defineCommand({
  name: "map",
  group: "steps",
  summary: "Place latents in the plane by UMAP, from exact neighbours.",
  details:
    "Neighbours by cosine of decoder directions (--sae) or of co-activation profiles (--codes). Writes .npy (float32 " +
    "[n, 2]) or .csv (latent, x, y).",
  example: "feature-families map --sae csLG_64_9216_128.pth --out map.csv",
  options: {
    sae: {
      type: "string",
      value: "FILE",
      about: "SAE whose decoder directions place the latents",
      excludes: ["codes"],
      input: true,
    },
    k: {
      type: "integer",
      least: 1,
      about: "latents kept per document, if the file does not declare it",
      needs: ["sae"],
    },
    codes: {
      type: "string",
      value: "DIR",
      about: "folder of codes whose co-activation places the latents",
    },
    out: { type: "string", value: "PATH", about: "places, .npy or .csv", required: true },
    neighbours: { type: "integer", least: 1, about: "neighbours per latent (default 15)" },
    rounds: {
      type: "integer",
      least: 1,
      about: "rounds of layout (default: by the number of latents)",
    },
    "min-dist": { type: "number", about: "smallest distance between points (default 0.1)" },
    seed: { type: "integer", about: "random seed (default 0)" },
    ...engineOption,
  },
  async run(values, _positionals, { onProgress, signal }) {
    if (values.sae === undefined && values.codes === undefined) {
      throw new UsageError("map: pass either --sae or --codes");
    }
    const kind = path.extname(values.out).toLowerCase();
    if (kind !== ".npy" && kind !== ".csv") {
      throw new UsageError(`map: --out must end in .npy or .csv, got "${values.out}"`);
    }
    const { openEngine } = await import("../../engine/open-engine.js");
    const { projectUmap } = await import("../../projection/umap.js");
    const find = await neighbourFinder(values, onProgress);
    const start = performance.now();
    const engine = await openEngine(values.engine);
    try {
      const neighbours = await find(values.neighbours ?? 15, engine, { onProgress, signal });
      const { rows, data } = await projectUmap(neighbours, {
        seed: values.seed,
        epochs: values.rounds,
        minDist: values.minDist,
        onProgress,
        signal,
      });
      if (kind === ".npy") {
        const { writeNpy } = await import("../../files/numpy/npy-write.js");
        await writeNpy(values.out, { shape: [rows, 2], data, dtype: "f4" });
      } else {
        const lines = Array.from({ length: rows }, (_, latent) =>
          [latent, data[2 * latent], data[2 * latent + 1]].join(","),
        );
        const { writeFileAtomic } = await import("../../files/atomic-file.js");
        await writeFileAtomic(values.out, `latent,x,y\n${lines.join("\n")}\n`);
      }
      const seconds = (performance.now() - start) / 1000;
      return {
        json: { out: values.out, latents: rows, seconds },
        lines: [`placed ${rows} latents in ${seconds.toFixed(1)} s`, `wrote ${values.out}`],
      };
    } finally {
      await engine.dispose();
    }
  },
});

/** Finds neighbours by decoder directions, or by co-activation profiles. */
async function neighbourFinder(
  { sae, k, codes = "" }: { sae?: string; k?: number; codes?: string },
  onProgress: OnProgress,
): Promise<(count: number, engine: Engine, options: NearestOptions) => Promise<Neighbours>> {
  if (sae !== undefined) {
    const { loadSae } = await import("../../sae/checkpoint.js");
    const { cosineNeighbours } = await import("../../projection/neighbours.js");
    const { decoder } = await loadSae(sae, { k });
    return (...rest) => cosineNeighbours(decoder, ...rest);
  }
  const { readCodes } = await import("../../files/codes.js");
  const { computeCoactivation } = await import("../../families/coactivation/coactivation.js");
  const { profileNeighbours } = await import("../../projection/coactivation-profiles.js");
  const { requireCodesSize } = await import("../../atlas/steps/check-sizes.js");
  const read = await readCodes(codes);
  await requireCodesSize("map", read);
  const coactivation = computeCoactivation(read, { onProgress });
  return (...rest) => profileNeighbours(coactivation, ...rest);
}
