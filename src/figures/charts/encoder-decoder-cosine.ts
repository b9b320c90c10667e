import type { Figure, FigureOptions, PlotlyObject } from "../figure.js";
import { roundValue } from "../figure.js";
import type { Bins } from "./histogram.js";
import { binRange, binValues, formatNumber, markLine, meanOf, stepTrace } from "./histogram.js";
import { plotlyText } from "../text.js";
import { axisLayout, CATEGORIES, composeFigure, figureSize } from "../theme.js";

/** The latents of one SAE. */
export interface CosineSeries {
  /** Shown in the legend, such as "k 16, n 3072". */
  name: string;
  /** Cosine of each latent's encoder and decoder directions, -1 to 1 [n]; what is not finite is left out. */
  cosines: ArrayLike<number>;
  /** As #rrggbb. Default: the theme's categories in order. */
  colour?: string;
}

/** Options of `drawEncoderDecoderCosine`. */
export interface EncoderDecoderCosineOptions extends FigureOptions {
  /** Width of a bin. Default 0.01. */
  binWidth?: number;
}

/**
 * How far the latents' encoder and decoder directions agree: a histogram of their cosines for each SAE, a dashed
 * line at its mean. Throws RangeError if there is no series.
 */
export function drawEncoderDecoderCosine(
  series: readonly CosineSeries[],
  options: EncoderDecoderCosineOptions = {},
): Figure {
  if (series.length === 0) {
    throw new RangeError("drawEncoderDecoderCosine: expected a series, got none");
  }
  const size = figureSize(options);
  const bins: Bins[] = [];
  const data: PlotlyObject[] = [];
  const legend: string[] = [];
  const shapes: PlotlyObject[] = [];
  for (const [at, { name, cosines, colour }] of series.entries()) {
    const style = { colour: colour ?? CATEGORIES[at % CATEGORIES.length], line: size.line };
    const mean = meanOf(cosines);
    bins.push(binValues(cosines, options.binWidth ?? 0.01));
    legend.push(`${name} (${mean === undefined ? "no latent" : `mean ${formatNumber(mean)}`})`);
    data.push({
      ...stepTrace(bins[at], style),
      name: plotlyText(legend[at]),
      hovertemplate: `%{y} latents<br>cosine %{customdata}<extra>${plotlyText(name)}</extra>`,
    });
    if (mean !== undefined) shapes.push(markLine(roundValue(mean, 4), style));
  }
  const layout = {
    xaxis: axisLayout("cosine of encoder and decoder direction", size, {
      showgrid: false,
      range: binRange(bins),
    }),
    yaxis: axisLayout("latents", size, { rangemode: "tozero" }),
    shapes,
  };
  const title = "Encoder and decoder directions";
  return composeFigure(
    { name: "encoder-decoder-cosine", title, data, layout, size, legend },
    options,
  );
}
