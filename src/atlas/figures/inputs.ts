import type { OnProgress } from "../../core/progress.js";
import type { AtlasStore } from "../store.js";
import { trainSmallGrid } from "./small-grid.js";
import { type FigureSources, figureSources } from "./sources.js";

/** What figures are drawn from beside the atlas itself. */
export interface FigureInputs {
  /** Atlases to compare with this one. */
  atlases?: readonly { readonly store: AtlasStore }[];
  /** Files of SAEs of the same embeddings to compare with this atlas's. */
  saes?: readonly string[];
  /** A folder with a grid of SAEs, as `trainGrid` writes it; "small" trains nine small ones into the atlas, once. */
  grid?: string;
}

/** The sources of figures of an atlas and what is given beside it. */
export function inputSources(
  store: AtlasStore,
  { atlases = [], saes, grid }: FigureInputs,
  options: { onProgress?: OnProgress; signal?: AbortSignal },
): FigureSources {
  const openGrid =
    grid === "small" ? () => trainSmallGrid(store, options) : () => Promise.resolve(grid ?? "");
  return figureSources(store, {
    others: atlases.map((atlas) => atlas.store),
    saeFiles: saes,
    grid: grid === undefined ? undefined : openGrid,
  });
}
