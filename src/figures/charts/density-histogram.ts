import type { Figure, FigureOptions, PlotlyObject } from "../figure.js";
import { roundValue } from "../figure.js";
import type { Bins } from "./histogram.js";
import { binRange, binValues, formatNumber, markLine, medianOf, stepTrace } from "./histogram.js";
import { plotlyText } from "../text.js";
import { axisLayout, CATEGORIES, composeFigure, figureSize } from "../theme.js";

/** The latents of one SAE. */
export interface DensitySeries {
  /** Shown in the legend, such as "k 16, n 3072". */
  name: string;
  /** Share of documents in which each latent is active, 0 to 1 [n]. Latents at 0 are dead: counted, not drawn. */
  densities: ArrayLike<number>;
  /** As #rrggbb. Default: the theme's categories in order. */
  colour?: string;
}

/** Options of `drawDensityHistogram`. */
export interface DensityHistogramOptions extends FigureOptions {
  /** Width of a bin in powers of ten. Default 0.1. */
  binWidth?: number;
}

/**
 * How dense the latents are: a histogram of log10 density per SAE, a dashed line at the median of its live latents.
 * Throws RangeError if there is no series or a density is not from 0 to 1.
 */
export function drawDensityHistogram(
  series: readonly DensitySeries[],
  options: DensityHistogramOptions = {},
): Figure {
  if (series.length === 0)
    throw new RangeError("drawDensityHistogram: expected a series, got none");
  const size = figureSize(options);
  const binWidth = options.binWidth ?? 0.1;
  const bins: Bins[] = [];
  const data: PlotlyObject[] = [];
  const legend: string[] = [];
  const shapes: PlotlyObject[] = [];
  for (const [at, { name, densities, colour }] of series.entries()) {
    const logs = logDensities(densities);
    const median = medianOf(logs);
    const dead = densities.length - logs.length;
    const style = { colour: colour ?? CATEGORIES[at % CATEGORIES.length], line: size.line };
    const notes = [
      median === undefined ? "no live latent" : `median ${formatNumber(median, 2)}`,
      ...(dead > 0 ? [`${dead} dead`] : []),
    ];
    bins.push(binValues(logs, binWidth));
    legend.push(`${name} (${notes.join(", ")})`);
    data.push({
      ...stepTrace(bins[at], style),
      name: plotlyText(legend[at]),
      hovertemplate: `%{y} latents<br>log10 density %{customdata}<extra>${plotlyText(name)}</extra>`,
    });
    if (median !== undefined) shapes.push(markLine(roundValue(median, 4), style));
  }
  const layout = {
    xaxis: axisLayout("log<sub>10</sub> density", size, {
      showgrid: false,
      range: binRange(bins),
    }),
    yaxis: axisLayout("latents", size, { rangemode: "tozero" }),
    shapes,
  };
  return composeFigure(
    { name: "density-histogram", title: "Density of latents", data, layout, size, legend },
    options,
  );
}

function logDensities(densities: ArrayLike<number>): number[] {
  const logs: number[] = [];
  for (let i = 0; i < densities.length; i++) {
    const density = densities[i];
    if (!(density >= 0 && density <= 1)) {
      throw new RangeError(
        `drawDensityHistogram: a density must be from 0 to 1, got ${density} at ${i}`,
      );
    }
    if (density > 0) logs.push(Math.log10(density));
  }
  return logs;
}
