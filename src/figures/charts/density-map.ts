import type { Figure, PlotlyObject } from "../figure.js";
import { roundValue } from "../figure.js";
import type { LatentMapInput, LatentMapOptions } from "./latent-map.js";
import { drawLatentMap } from "./latent-map.js";
import { figureSize, SEQUENTIAL } from "../theme.js";

const TITLE = "Map of latents by density";

// The palest part of the scale does not show on white.
const PALEST = 0.15;

/**
 * The latents at their places, coloured by log10 of their density instead of by family; dead ones are left out. Throws
 * RangeError where lengths differ.
 */
export function drawDensityMap(
  { x, y, labels, densities }: Omit<LatentMapInput, "families">,
  options: LatentMapOptions = {},
): Figure {
  const size = figureSize(options);
  // A title that is given is shown at every size, so one for print is left to the caller.
  const shownTitle = size.titled ? TITLE : undefined;
  const live = Array.from(densities, (density, latent) => (density > 0 ? x[latent] : NaN));
  const map = drawLatentMap(
    { x: live, y, labels, densities, families: [] },
    { ...options, name: options.name ?? "latent-map-density", title: options.title ?? shownTitle },
  );
  const logs = Array.from(densities).flatMap((value) => (value > 0 ? [Math.log10(value)] : []));
  const [low, high] = [Math.min(...logs), Math.max(...logs)];
  const data = map.data.map((trace) => ({
    ...trace,
    marker: {
      ...(trace.marker as PlotlyObject),
      color: (trace.customdata as [number][]).map(([latent]) =>
        roundValue(Math.log10(densities[latent]), 3),
      ),
      colorscale: SEQUENTIAL.map(([at, colour]) => [at, colour]),
      cmin: roundValue(low - (high - low) * PALEST, 3),
      cmax: roundValue(high, 3),
      showscale: true,
      colorbar: {
        ...{ x: 1.01, xanchor: "left" },
        title: { text: "log<sub>10</sub> density", side: "right", font: { size: size.small } },
        tickfont: { size: size.small },
        thickness: size.font,
        len: 0.6,
        outlinewidth: 0,
      },
    },
  }));
  // The colour bar has a strip of its own, so that no point lies below it.
  const margin = { ...(map.layout.margin as { r: number }), r: size.font * 6 };
  return { ...map, title: options.title ?? TITLE, data, layout: { ...map.layout, margin } };
}
