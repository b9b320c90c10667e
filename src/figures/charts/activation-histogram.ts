import type { Figure, FigureOptions, PlotlyObject } from "../figure.js";
import { roundValue } from "../figure.js";
import type { Bins } from "./histogram.js";
import { binRange, binValues, formatNumber, markLine, medianOf, stepTrace } from "./histogram.js";
import { plotlyText } from "../text.js";
import { axisLayout, CATEGORIES, composeFigure, figureSize } from "../theme.js";

/** One latent's activations. */
export interface ActivationSeries {
  /** Shown in the legend, such as the latent's label. */
  name: string;
  /** Its activation in each document where it is active; what is not finite or not above 0 is left out. */
  values: ArrayLike<number>;
  /** As #rrggbb. Default: the theme's categories in order. */
  colour?: string;
}

/** Options of `drawActivationHistogram`. */
export interface ActivationHistogramOptions extends FigureOptions {
  /** Width of a bin. Default: a round number that gives 20 to 50 bins. */
  binWidth?: number;
}

/**
 * How strongly latents are active in the documents that have them: a histogram of the activations above 0 for each,
 * a dashed line at its median. Throws RangeError if there is no series.
 */
export function drawActivationHistogram(
  series: readonly ActivationSeries[],
  options: ActivationHistogramOptions = {},
): Figure {
  if (series.length === 0) {
    throw new RangeError("drawActivationHistogram: expected a series, got none");
  }
  const size = figureSize(options);
  const active = series.map(({ values }) => Float64Array.from(values).filter(isActive));
  const binWidth = options.binWidth ?? roundBinWidth(active);
  const bins: Bins[] = [];
  const data: PlotlyObject[] = [];
  const legend: string[] = [];
  const shapes: PlotlyObject[] = [];
  for (const [at, { name, colour }] of series.entries()) {
    const style = { colour: colour ?? CATEGORIES[at % CATEGORIES.length], line: size.line };
    const median = medianOf(active[at]);
    const count = active[at].length.toLocaleString("en-US");
    const documents = `${count} ${active[at].length === 1 ? "document" : "documents"}`;
    bins.push(binValues(active[at], binWidth));
    legend.push(
      median === undefined
        ? `${name} (active in no document)`
        : `${name} (${documents}, median ${formatNumber(median)})`,
    );
    data.push({
      ...stepTrace(bins[at], style),
      name: plotlyText(legend[at]),
      hovertemplate: `%{y} documents<br>activation %{customdata}<extra>${plotlyText(name)}</extra>`,
    });
    if (median !== undefined) shapes.push(markLine(roundValue(median, 4), style));
  }
  const layout = {
    xaxis: axisLayout("activation", size, { showgrid: false, range: binRange(bins) }),
    yaxis: axisLayout("documents", size, { rangemode: "tozero" }),
    shapes,
  };
  const title = series.length === 1 ? "Activations of a latent" : "Activations of latents";
  return composeFigure(
    { name: "activation-histogram", title, data, layout, size, legend },
    options,
  );
}

function isActive(value: number): boolean {
  return Number.isFinite(value) && value > 0;
}

/** 1, 2 or 5 times a power of ten, such that the widest series has at most 50 bins. */
function roundBinWidth(series: readonly Float64Array[]): number {
  let spread = 0;
  for (const values of series) {
    if (values.length > 0)
      spread = Math.max(spread, values.reduce(larger) - values.reduce(smaller));
  }
  if (spread < 1e-6) return 0.1;
  const power = 10 ** Math.floor(Math.log10(spread / 50));
  const steps = [1, 2, 5, 10].map((step) => step * power);
  return roundValue(steps.find((step) => spread / step <= 50) ?? 10 * power, 9);
}

function larger(a: number, b: number): number {
  return Math.max(a, b);
}

function smaller(a: number, b: number): number {
  return Math.min(a, b);
}
