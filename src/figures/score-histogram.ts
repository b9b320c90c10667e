import type { Figure, FigureOptions, PlotlyObject } from "./figure.js";
import { roundValue } from "./figure.js";
import { binRange, binValues, formatNumber, markLine, meanOf, stepTrace } from "./histogram.js";
import { plotlyText } from "./text.js";
import { axisLayout, CATEGORIES, composeFigure, figureSize, MUTED } from "./theme.js";

/** Scores of some labels by one measure. */
export interface ScoreSeries {
  /** Shown in the legend, such as "keyword labels". */
  name: string;
  /** A score a label; what is not finite is left out. */
  values: ArrayLike<number>;
  /** As #rrggbb. Default: the theme's categories in order. */
  colour?: string;
}

/** Options of `drawScoreHistogram`. */
export interface ScoreHistogramOptions extends FigureOptions {
  /** Title of the axis, such as "AUC". Default "score". */
  measure?: string;
  /** What a label scores that says nothing, drawn as a dashed line. Default none. */
  chance?: number;
  /** Width of a bin. Default 0.025. */
  binWidth?: number;
}

/**
 * How well labels score: a histogram for each series with its mean, such as labels beside the same labels dealt out at
 * random. Throws RangeError if there is no series.
 */
export function drawScoreHistogram(
  series: readonly ScoreSeries[],
  { measure = "score", chance, binWidth = 0.025, ...options }: ScoreHistogramOptions = {},
): Figure {
  if (series.length === 0) throw new RangeError("drawScoreHistogram: expected a series, got none");
  const size = figureSize(options);
  // A perfect score belongs to the bin that ends at 1, not to one beyond it.
  const inside = (value: number): number => (value === 1 ? 1 - binWidth / 2 : value);
  const bins = series.map(({ values }) => binValues(Array.from(values, inside), binWidth));
  const legend: string[] = [];
  const data = series.map(({ name, values, colour }, at): PlotlyObject => {
    const style = { colour: colour ?? CATEGORIES[at % CATEGORIES.length], line: size.line };
    const mean = meanOf(values);
    const count = bins[at].counts.reduce((sum, some) => sum + some, 0).toLocaleString("en-US");
    legend.push(
      mean === undefined ? `${name} (none)` : `${name} (${count}, mean ${formatNumber(mean)})`,
    );
    return {
      ...stepTrace(bins[at], style),
      name: plotlyText(legend[at]),
      hovertemplate: `%{y} labels<br>${plotlyText(measure)} %{customdata}<extra>${plotlyText(name)}</extra>`,
    };
  });
  const mark = { colour: MUTED, line: size.line };
  const layout = {
    xaxis: axisLayout(measure, size, { showgrid: false, range: binRange(bins) }),
    yaxis: axisLayout("labels", size, { rangemode: "tozero" }),
    shapes: chance === undefined ? [] : [markLine(roundValue(chance, 4), mark)],
  };
  return composeFigure(
    { name: "score-histogram", title: "Scores of labels", data, layout, size, legend },
    options,
  );
}
