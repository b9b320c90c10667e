import { type Matrix, createMatrix, normalizeRows } from "../../core/matrix.js";
import type { OnProgress } from "../../core/progress.js";
import { NO_NEIGHBOUR } from "../../projection/neighbours.js";
import { placeOnMap } from "../../projection/umap.js";
import { NEIGHBOURS } from "../steps/map-steps.js";
import type { AtlasStore } from "../store.js";

/**
 * Places of new embeddings [rows, d] on the documents' map, by their nearest documents [rows, 2]; NaN for a row of zeros.
 * Throws Error where the documents have no map of their own, RangeError for rows of another width.
 */
export async function placeDocuments(
  store: AtlasStore,
  rows: Matrix,
  options: { onProgress?: OnProgress; signal?: AbortSignal } = {},
): Promise<Matrix> {
  const places = await store.documentPlaces();
  if (places === undefined) {
    throw new Error(
      `${store.dir}: the documents have no map: make it with \`feature-families map --of documents --atlas ${store.dir}\``,
    );
  }
  const known = normalizeRows(await store.embeddings());
  const unit = normalizeRows(rows);
  if (rows.rows === 0) return createMatrix(0, 2);
  const engine = await store.engine();
  const found = await engine.nearest(unit, known, Math.min(NEIGHBOURS, known.rows), options);
  for (let i = 0; i < rows.rows; i++) {
    const row = unit.data.subarray(i * rows.cols, (i + 1) * rows.cols);
    if (row.some((value) => value !== 0) && row.every(Number.isFinite)) continue;
    found.indices.fill(NO_NEIGHBOUR, i * found.count, (i + 1) * found.count);
  }
  return placeOnMap(found, places, options);
}
