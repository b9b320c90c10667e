import path from "node:path";
import type { Matrix } from "../../core/matrix.js";
import type { Neighbours } from "../../engine/engine.js";
import { writeJson } from "../../files/json.js";
import { writeNpy } from "../../files/numpy/npy-write.js";
import {
  LARGEST_DENSE,
  coactivationProfiles,
  profileNeighbours,
} from "../../projection/coactivation-profiles.js";
import { measureMap } from "../../projection/map-quality.js";
import { CELL_ROWS, EXACT_ROWS, PROBES, nearNeighbours } from "../../projection/near-neighbours.js";
import { cosineNeighbours } from "../../projection/neighbours.js";
import { projectUmap } from "../../projection/umap.js";
import { embeddingShape } from "../../sae/embedding-source.js";
import { sampleNote } from "../files/coactivation.js";
import { ATLAS_FILES } from "../files/files.js";
import { embeddingsOf } from "../options.js";
import type { AtlasBuild } from "./atlas-build.js";

/** Neighbours per row of a map, and of the catalog's list of nearest latents. */
export const NEIGHBOURS = 15;
export const DOCUMENT_STEP = "document-map";

/** What a build maps of itself: documents up to so many, in so many seconds. */
export const MOST_DOCUMENTS = 300_000;
const MOST_SECONDS = 60;
/** Multiplications of the neighbours, and moves of a row, per second on two cores. */
const PRODUCTS = 5e10;
const MOVES = 1e6;
const ROUNDS = 200;

/** Places the latents in the plane. */
export async function mapStep(build: AtlasBuild): Promise<void> {
  const { runner, options, hashes, data } = build;
  const { mapFrom = "coactivation", seed = 0, onProgress, signal } = options;
  const inputs: Record<string, string> =
    mapFrom === "decoder" ? { sae: hashes.sae } : { codes: hashes.codes };
  const outputs = [ATLAS_FILES.map, ATLAS_FILES.mapQuality];
  await runner.step(
    {
      ...{ name: "map", version: 2, inputs, outputs },
      options: { mapFrom, seed, ...(mapFrom === "coactivation" && sampleNote(options)) },
    },
    async () => {
      const engine = await data.engine();
      const reporting = { onProgress, signal };
      if (mapFrom === "decoder") {
        const { decoder } = await data.sae();
        const found = await cosineNeighbours(decoder, NEIGHBOURS, engine, reporting);
        return writeMap(build, outputs, found, decoder);
      }
      const coactivation = await data.coactivation();
      const found = await profileNeighbours(coactivation, NEIGHBOURS, engine, reporting);
      // Beyond that the profiles are too large to rank by.
      const isSmall = 4 * coactivation.n <= LARGEST_DENSE;
      await writeMap(
        build,
        outputs,
        found,
        isSmall ? coactivationProfiles(coactivation) : undefined,
      );
    },
  );
}

/**
 * Places the documents in the plane by their embeddings, where that is wanted, or by default where it takes less than a
 * minute; else an earlier map goes.
 */
export async function documentMapStep(build: AtlasBuild): Promise<void> {
  const { runner, options, hashes, data } = build;
  const { documentMap, seed = 0, onProgress, onWarning, signal } = options;
  if (documentMap === undefined) {
    const { N, d } = await embeddingShape(embeddingsOf(options));
    const compared = N > EXACT_ROWS ? PROBES * CELL_ROWS : N;
    const seconds = (N * compared * d) / PRODUCTS + (N * ROUNDS) / MOVES;
    if (N > MOST_DOCUMENTS || seconds > MOST_SECONDS) {
      onWarning?.(
        `the ${N} documents were not mapped, which would take about ${Math.ceil(seconds / 60)} min: \`feature-families map --of documents --atlas ${options.dir}\` maps them`,
      );
      return runner.dropStep(DOCUMENT_STEP);
    }
  } else if (!documentMap) return runner.dropStep(DOCUMENT_STEP);
  const outputs = [ATLAS_FILES.documentMap, ATLAS_FILES.documentMapQuality];
  const inputs = { embeddings: hashes.embeddings };
  await runner.step(
    { name: DOCUMENT_STEP, version: 1, inputs, options: { seed }, outputs },
    async () => {
      const rows = await data.embeddings();
      const engine = await data.engine();
      const reporting = { seed, onProgress, signal };
      const { neighbours, recall } = await nearNeighbours(rows, NEIGHBOURS, engine, reporting);
      await writeMap(build, outputs, neighbours, rows, recall);
    },
  );
}

async function writeMap(
  { options: { dir, seed = 0, onProgress, signal } }: AtlasBuild,
  [map, quality]: readonly string[],
  neighbours: Neighbours,
  rows: Matrix | undefined,
  recall = 1,
): Promise<void> {
  const reporting = { seed, onProgress, signal };
  const places = await projectUmap(neighbours, reporting);
  const measured = await measureMap(neighbours, places, rows, { recall, ...reporting });
  await writeNpy(path.join(dir, map), {
    shape: [places.rows, 2],
    data: places.data,
    dtype: "f4",
  });
  await writeJson(path.join(dir, quality), measured);
}
