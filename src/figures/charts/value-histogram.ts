import type { Figure, FigureOptions, PlotlyObject } from "../figure.js";
import { roundValue } from "../figure.js";
import type { Bins } from "./histogram.js";
import { binRange, binValues, formatNumber, markLine, meanOf, stepTrace } from "./histogram.js";
import { plotlyText } from "../text.js";
import { axisLayout, CATEGORIES, composeFigure, figureSize } from "../theme.js";

/** Values of one SAE. */
export interface ValueSeries {
  /** Shown in the legend, such as "k 16, n 3072". */
  name: string;
  /** What is not finite is left out. */
  values: ArrayLike<number>;
  /** As #rrggbb. Default: the theme's categories in order. */
  colour?: string;
}

/** What a histogram of values is called and how it is drawn. */
export interface ValueHistogramParts {
  /** File name and title of the figure. */
  name: string;
  title: string;
  /** Of the values' axis, as plain text. */
  axis: string;
  /** What is counted, in the plural, such as "families". */
  counted: string;
  binWidth: number;
}

/** A histogram a series, each with a dashed line at its mean. Throws RangeError, naming `caller`, without series. */
export function drawValueHistogram(
  caller: string,
  series: readonly ValueSeries[],
  { name, title, axis, counted, binWidth }: ValueHistogramParts,
  options: FigureOptions,
): Figure {
  if (series.length === 0) throw new RangeError(`${caller}: expected a series, got none`);
  const size = figureSize(options);
  const bins: Bins[] = [];
  const data: PlotlyObject[] = [];
  const legend: string[] = [];
  const shapes: PlotlyObject[] = [];
  for (const [at, one] of series.entries()) {
    const style = { colour: one.colour ?? CATEGORIES[at % CATEGORIES.length], line: size.line };
    const mean = meanOf(one.values);
    bins.push(binValues(one.values, binWidth));
    legend.push(
      `${one.name} (${mean === undefined ? `no ${counted}` : `mean ${formatNumber(mean, 2)}`})`,
    );
    data.push({
      ...stepTrace(bins[at], style),
      name: plotlyText(legend[at]),
      hovertemplate: `%{y} ${counted}<br>%{customdata}<extra>${plotlyText(one.name)}</extra>`,
    });
    if (mean !== undefined) shapes.push(markLine(roundValue(mean, 4), style));
  }
  const layout = {
    xaxis: axisLayout(plotlyText(axis), size, { showgrid: false, range: binRange(bins) }),
    yaxis: axisLayout(counted, size, { rangemode: "tozero" }),
    shapes,
  };
  return composeFigure({ name, title, data, layout, size, legend }, options);
}
