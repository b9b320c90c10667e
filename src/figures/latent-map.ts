import { type MapGroup, type MapOptions, pointMap } from "./charts/map.js";
import type { Figure, FigureOptions } from "./figure.js";
import { requireEqualLengths } from "./figure.js";

/** What the map shows; arrays are [n]. */
export interface LatentMapInput extends Pick<MapOptions, "x" | "y" | "labels"> {
  /** Share of documents in which a latent is active. */
  densities: ArrayLike<number>;
  /** The parent of a family is among its members. A latent in several is drawn in the smallest, the most specific one. */
  families: readonly MapGroup[];
}

/** Options of the maps of latents. */
export type LatentMapOptions = FigureOptions & Pick<MapOptions, "maxNames" | "colours">;

const WORDS = { point: "latent", weight: "density", group: "family" };

/** The latents as points at their places, coloured by family and larger the denser they are; see `pointMap`. */
export function drawLatentMap(
  { densities: weights, families: groups, ...places }: LatentMapInput,
  options: LatentMapOptions = {},
): Figure {
  requireEqualLengths("drawLatentMap", {
    x: places.x,
    y: places.y,
    labels: places.labels,
    densities: weights,
  });
  const defaultTitle = "Map of latents, coloured by family";
  const parts = { ...places, weights, groups, words: WORDS };
  return pointMap({ defaultName: "latent-map", defaultTitle, ...options, ...parts });
}

/**
 * The latents at their places, coloured by log10 of their density instead of by family; dead ones are left out. Throws
 * RangeError where lengths differ.
 */
export function drawDensityMap(
  { x, y, labels, densities }: Omit<LatentMapInput, "families">,
  options: LatentMapOptions = {},
): Figure {
  const live = Array.from(densities, (density, latent) => (density > 0 ? x[latent] : NaN));
  return pointMap({
    ...{ defaultName: "latent-map-density", defaultTitle: "Map of latents by density", ...options },
    ...{ x: live, y, labels, weights: densities, words: WORDS },
    heat: { values: Float64Array.from(densities, Math.log10), title: "log<sub>10</sub> density" },
  });
}
