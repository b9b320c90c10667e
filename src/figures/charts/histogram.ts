import { type Axis, layOutAxis } from "../axis.js";
import { textColour } from "../colour.js";
import type { ChartOptions, Figure, PlotlyObject } from "../figure.js";
import { requireSome, roundValue } from "../figure.js";
import { arrangePanels, panelAxis, panelSuffix, panelTitle } from "../panels.js";
import { plotlyText } from "../text.js";
import type { FigureSize } from "../theme.js";
import { CATEGORIES, composeFigure, figureSize, INK, isTitled } from "../theme.js";
import {
  type Bins,
  barTrace,
  binRange,
  binValues,
  binWithin,
  scaleBins,
  stepTrace,
} from "./bins.js";
import { markLine } from "./marks.js";

/** Values to be counted. */
export interface HistogramSeries {
  /** As plain text. Series of one name have one colour and one entry in the legend. */
  name: string;
  /** What is not finite is left out. */
  values: ArrayLike<number>;
  /** In the legend in place of the name, such as the name with a median. */
  legend?: string;
  /** As #rrggbb. Default: the theme's categories in order. */
  colour?: string;
  /** Where a dashed line in the series' colour stands, such as its median. */
  mark?: number;
  /** Of the theme's width of lines. Default 1. */
  width?: number;
  /** Plotly's template for hovering; %{customdata} is a bin's range. Default: the chart's, and the name. */
  hover?: string;
}

/** One plot of the chart. */
export interface HistogramPanel {
  /** Above the plot. Default none. */
  title?: string;
  /** Small print after the title. */
  note?: string;
  series: readonly HistogramSeries[];
  /** Where a dashed line for all series stands, such as a threshold. */
  mark?: number;
}

/** What `histogram` shows. */
export interface HistogramOptions extends ChartOptions {
  panels: readonly HistogramPanel[];
  /** Axis of the values. Its range makes the bins start there. Default range: all bins. */
  x: Axis;
  /** Axis of the counts. Default "latents", from 0. */
  y?: Axis;
  binWidth: number;
  /** Counts, or shares of all values of a series. Default "count". */
  scale?: "count" | "share";
  /** Bars on one another in place of outlines before one another; needs a range. Default false. */
  stacked?: boolean;
  /** Numbers of others, each a dotted line with an entry in the legend. */
  references?: readonly { name: string; value: number }[];
  /** Plotly's template for hovering. Default "%{y} latents<br>%{customdata}". */
  hover?: string;
}

/**
 * How often values occur: outlines of bins (or stacked bars) for each series, a dashed line at its mark, several panels
 * with equal axes side by side. Throws RangeError without panels or series and for a width that makes too many bins.
 */
export function histogram(options: HistogramOptions): Figure {
  const { panels, defaultName: name = "histogram", defaultTitle: title = "" } = options;
  requireSome(name, panels, "a panel");
  for (const panel of panels) requireSome(name, panel.series, "a panel with a series");
  const size = figureSize(options);
  const { stacked = false, references = [] } = options;
  const bins = panels.map(({ series }) => series.map(({ values }) => binsOf(values, options)));
  const range = options.x.range ?? binRange(bins.flat(2));
  const x = { grid: false, ...options.x, range };
  const y = options.y ?? { title: "latents", fromZero: true };
  // One plot without a title takes the theme's own margins.
  const isBare = panels.length === 1 && panels[0].title === undefined && !stacked;
  const layout: PlotlyObject = stacked ? { barmode: "stack", bargap: 0 } : {};
  const annotations: PlotlyObject[] = [];
  const arranged = isBare
    ? undefined
    : arrangePanels(panels.length, size, options, isTitled(size, options, title));
  for (const [p, panel] of panels.entries()) {
    const suffix = panelSuffix(p);
    const place = arranged?.places[p];
    const axis = (side: "x" | "y"): PlotlyObject => (place ? panelAxis(place, suffix, side) : {});
    layout[`xaxis${suffix}`] = layOutAxis(x, size, axis("x"));
    layout[`yaxis${suffix}`] = layOutAxis(y, size, axis("y"));
    if (arranged && place && panel.title !== undefined) {
      const { margin } = arranged;
      const { note = "" } = panel;
      const room = (place.x[1] - place.x[0]) * (size.width - margin.l - margin.r);
      const width = room - note.length * size.small * 0.6;
      annotations.push(panelTitle(place, panel.title, size, { note, width }));
    }
  }
  if (arranged) Object.assign(layout, { margin: arranged.margin, annotations });
  const hasMarks = panels.some((one) => one.series.some((series) => "mark" in series));
  const shapes = [...marksOf(options, isBare, size), ...references.map((one) => lineAt(one, size))];
  if (arranged || hasMarks || references.length > 0) layout.shapes = shapes;
  const data = [
    ...seriesTraces(options, bins, isBare, size),
    ...references.map((one) => referenceKey(one, size)),
  ];
  const entries = panels.flatMap(({ series }) => series.map((one) => one.legend ?? one.name));
  const legend = [...new Set(entries), ...references.map((one) => one.name)];
  return composeFigure({ name, title, data, layout, size, legend }, options);
}

function binsOf(
  values: ArrayLike<number>,
  { x, binWidth, scale, stacked }: HistogramOptions,
): Bins {
  if (stacked && x.range) return binWithin(values, x.range, binWidth);
  const bins = binValues(values, binWidth);
  return scale === "share" ? scaleBins(bins, "share") : bins;
}

function colourOf(series: HistogramSeries, { panels }: HistogramOptions, at: number): string {
  if (series.colour !== undefined) return series.colour;
  if (panels.length === 1) return CATEGORIES[at % CATEGORIES.length];
  const names = [...new Set(panels.flatMap((panel) => panel.series.map(({ name }) => name)))];
  return CATEGORIES[names.indexOf(series.name) % CATEGORIES.length];
}

/** The traces of all panels; series of one name share the legend entry of the first. */
function seriesTraces(
  options: HistogramOptions,
  bins: readonly Bins[][],
  isBare: boolean,
  size: FigureSize,
): PlotlyObject[] {
  const seen = new Set<string>();
  const { hover = "%{y} latents<br>%{customdata}" } = options;
  return options.panels.flatMap(({ series }, p) =>
    series.map((one, s) => {
      const colour = colourOf(one, options, s);
      const showlegend = !seen.has(one.name);
      seen.add(one.name);
      const suffix = panelSuffix(p);
      return {
        ...(options.stacked
          ? barTrace(bins[p][s], colour)
          : stepTrace(bins[p][s], { colour, line: size.line * (one.width ?? 1) })),
        name: plotlyText(one.legend ?? one.name),
        hovertemplate: one.hover ?? `${hover}<extra>${plotlyText(one.name)}</extra>`,
        ...(isBare
          ? {}
          : {
              legendgroup: plotlyText(one.name),
              showlegend,
              ...{ xaxis: `x${suffix}`, yaxis: `y${suffix}` },
            }),
      };
    }),
  );
}

function marksOf(options: HistogramOptions, isBare: boolean, size: FigureSize): PlotlyObject[] {
  const { stacked, panels } = options;
  return panels.flatMap((panel, p) => {
    const suffix = panelSuffix(p);
    const place = isBare ? {} : { xref: `x${suffix}`, yref: `y${suffix} domain` };
    const line = (x: number, colour: string, width = 1): PlotlyObject => ({
      ...markLine(roundValue(x, 4), { colour, line: size.line * width }),
      ...place,
    });
    const own = panel.series.flatMap((series, s) => {
      if (series.mark === undefined) return [];
      const colour = colourOf(series, options, s);
      // Over bars a line needs more weight than before a pale area.
      return [stacked ? line(series.mark, textColour(colour), 1.2) : line(series.mark, colour)];
    });
    return [...own, ...(panel.mark === undefined ? [] : [line(panel.mark, INK)])];
  });
}

function lineAt({ value }: { value: number }, { line }: FigureSize): PlotlyObject {
  return markLine(roundValue(value, 4), { colour: INK, line, dash: "dot" });
}

function referenceKey({ name }: { name: string }, { line }: FigureSize): PlotlyObject {
  return {
    ...{ type: "scatter", mode: "lines", x: [null], y: [null], name: plotlyText(name) },
    line: { color: INK, width: line, dash: "dot" },
    hoverinfo: "skip",
  };
}
