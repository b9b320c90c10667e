import path from "node:path";
import { compact } from "../../core/collections.js";
import type { Engine, NearestOptions, Neighbours } from "../../engine/engine.js";
import type { MapQuality } from "../../projection/map-quality.js";
import { withAtlas } from "../atlas-option.js";
import type { Command, CommandContext, CommandOutput, OptionValues } from "../command.js";
import { UsageError, defineCommand } from "../command.js";
import * as option from "../option-kinds.js";
import { refuseOptions } from "../option-rules.js";
import { EMBEDDINGS, engineOption } from "../options.js";

const LAYOUT = ["neighbours", "rounds", "min-dist", "seed"];

const options = {
  of: option.text("what to place (default latents, or documents with --embeddings)", {
    choices: ["latents", "documents"],
  }),
  atlas: option.folder("atlas to map; the map is saved in it", {
    excludes: ["sae", "codes", "embeddings"],
  }),
  place: option.input(
    `new documents to place on the map of the atlas's documents, as ${EMBEDDINGS}`,
    { needs: ["atlas"], excludes: ["of"] },
  ),
  sae: option.input("SAE whose decoder directions place the latents", {
    excludes: ["codes", "embeddings"],
  }),
  k: option.count("latents kept per document, if the file does not declare it", { needs: ["sae"] }),
  codes: option.folder("folder of codes whose co-activation places the latents", {
    excludes: ["embeddings"],
  }),
  n: option.count("number of latents, if the files of the codes do not record it", {
    needs: ["codes"],
  }),
  embeddings: option.input(`documents to place, as ${EMBEDDINGS}`),
  out: option.path("file for the places, .npy or .csv"),
  neighbours: option.count("neighbours per row (default 15)"),
  exact: option.flag(
    "find exact neighbours even for more than 50,000 documents; the time grows with the square of their number",
    { needs: ["embeddings"] },
  ),
  rounds: option.count("rounds of layout (default: depends on the number of rows)"),
  "min-dist": option.number("smallest distance between points (default 0.1)"),
  seed: option.integer("random seed (default 0)"),
  ...engineOption,
};

type Values = OptionValues<typeof options>;

export const mapCommand: Command = defineCommand({
  name: "map",
  group: "steps",
  summary: "Place latents or documents in the plane with UMAP.",
  details:
    "Finds neighbours by the cosine of decoder directions (--sae), of co-activation profiles (--codes) or of embeddings " +
    "(--embeddings). Writes .npy (float32 [rows, 2]) or .csv (latent or document, x, y). With --atlas the map is saved in " +
    "the atlas, and the explorer shows it; the same neighbours and seed give the same bytes on every machine.",
  example: "feature-families map --sae csLG_64_9216_128.pth --out map.csv",
  options,
  async run(values, _positionals, context) {
    if (values.atlas !== undefined && values.place === undefined) {
      refuseOptions("map: --atlas", values, ["out", ...LAYOUT]);
      return mapAtlas(values.atlas, values.of ?? "latents", values.engine, context);
    }
    const { sae, codes, embeddings, out, of = embeddings ? "documents" : "latents" } = values;
    if (sae === undefined && codes === undefined && embeddings === undefined && !values.atlas) {
      throw new UsageError("map: --sae, --codes, --embeddings or --atlas is required");
    }
    if ((of === "documents") !== (embeddings !== undefined) && !values.atlas) {
      throw new UsageError(
        of === "documents"
          ? "map: --of documents needs --embeddings or --atlas"
          : "map: --embeddings places documents, not latents",
      );
    }
    if (out === undefined) throw new UsageError("map: --out is required");
    const kind = path.extname(out).toLowerCase();
    if (kind !== ".npy" && kind !== ".csv") {
      throw new UsageError(`map: --out must end in .npy or .csv, got "${out}"`);
    }
    if (values.atlas !== undefined) refuseOptions("map: --place", values, LAYOUT);
    const start = performance.now();
    const { rows, data } =
      values.atlas === undefined
        ? await placeRows(values, context)
        : await placeNew(values.atlas, values.place ?? "", values.engine, context);
    const noun = values.atlas !== undefined || of === "documents" ? "document" : "latent";
    if (kind === ".npy") {
      const { writeNpy } = await import("../../files/numpy/npy-write.js");
      await writeNpy(out, { shape: [rows, 2], data, dtype: "f4" });
    } else {
      const lines = Array.from({ length: rows }, (_, row) =>
        [row, data[2 * row], data[2 * row + 1]].join(","),
      );
      const { writeFileAtomic } = await import("../../files/atomic-file.js");
      await writeFileAtomic(out, `${noun},x,y\n${lines.join("\n")}\n`);
    }
    const seconds = (performance.now() - start) / 1000;
    return {
      json: { out, [`${noun}s`]: rows, seconds },
      lines: [`placed ${rows} ${noun}s in ${seconds.toFixed(1)} s`, `wrote ${out}`],
    };
  },
});

async function placeRows(
  values: Values,
  context: CommandContext,
): Promise<{ rows: number; data: Float32Array }> {
  const { onProgress, signal } = context;
  const { withEngine } = await import("../../engine/open-engine.js");
  const { projectUmap } = await import("../../projection/umap.js");
  const find = await neighbourFinder(values, context);
  return withEngine(values.engine, async (engine) => {
    const neighbours = await find(values.neighbours ?? 15, engine, { onProgress, signal });
    return await projectUmap(neighbours, {
      seed: values.seed,
      epochs: values.rounds,
      minDist: values.minDist,
      onProgress,
      signal,
    });
  });
}

async function placeNew(
  dir: string,
  file: string,
  device: Values["engine"],
  { onProgress, onWarning, signal }: CommandContext,
): Promise<{ rows: number; data: Float32Array }> {
  const { readMatrix } = await import("../../files/matrix.js");
  return withAtlas(dir, { device, onProgress, onWarning, signal }, async (atlas) =>
    atlas.place(await readMatrix(file)),
  );
}

async function mapAtlas(
  dir: string,
  of: "latents" | "documents",
  device: Values["engine"],
  { onProgress, onWarning, signal }: CommandContext,
): Promise<CommandOutput> {
  const start = performance.now();
  return withAtlas(dir, { device, onProgress, onWarning, signal }, async (atlas) => {
    const { ran } = await atlas.map(of);
    const quality = await atlas.mapQuality(of);
    const file = atlas.store.file(of === "latents" ? "map" : "documentMap");
    const seconds = (performance.now() - start) / 1000;
    const done =
      ran.length > 0 ? `wrote ${file} in ${seconds.toFixed(1)} s` : `${file} is up to date`;
    return {
      json: { file, ran, seconds, ...quality },
      lines: [...(quality === undefined ? [] : describeQuality(quality)), done],
    };
  });
}

function describeQuality(quality: MapQuality): string[] {
  const beside = (value: number, random: number): string =>
    `${value.toFixed(3)} (random places ${random.toFixed(3)})`;
  const { trustworthiness: trust } = quality;
  return compact([
    `neighbours kept  ${beside(quality.neighbours_kept, quality.random_neighbours_kept)}`,
    Number.isFinite(trust) && `trustworthiness  ${beside(trust, quality.random_trustworthiness)}`,
    quality.recall < 1 && `recall of the neighbours  ${quality.recall.toFixed(3)}`,
  ]);
}

async function neighbourFinder(
  { sae, k, codes = "", n, embeddings, exact }: Values,
  context: CommandContext,
): Promise<(count: number, engine: Engine, options: NearestOptions) => Promise<Neighbours>> {
  if (sae !== undefined) {
    const { loadSae } = await import("../../sae/checkpoint.js");
    const { cosineNeighbours } = await import("../../projection/neighbours.js");
    const { decoder } = await loadSae(sae, { k });
    return (...rest) => cosineNeighbours(decoder, ...rest);
  }
  if (embeddings !== undefined) {
    const { readMatrix } = await import("../../files/matrix.js");
    const { nearNeighbours } = await import("../../projection/near-neighbours.js");
    const rows = await readMatrix(embeddings);
    const exactUpTo = exact ? Infinity : undefined;
    return async (count, engine, options) => {
      const found = await nearNeighbours(rows, count, engine, { ...options, exactUpTo });
      if (found.recall < 1) context.note(`recall of the neighbours: ${found.recall.toFixed(3)}`);
      return found.neighbours;
    };
  }
  const { countCodes } = await import("../../atlas/steps/count-codes.js");
  const { profileNeighbours } = await import("../../projection/coactivation-profiles.js");
  const [coactivation] = await countCodes("map", { codes, n }, [{}], context);
  return (...rest) => profileNeighbours(coactivation, ...rest);
}
