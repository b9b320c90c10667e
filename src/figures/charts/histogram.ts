import { type Axis, layOutAxis } from "../drawing/axis.js";
import { textColour } from "../theme/colour.js";
import type { ChartOptions, Figure, PlotlyObject } from "../figure.js";
import { roundValue } from "../figure.js";
import { arrangePanels, panelAxis, panelSuffix, panelTitle } from "../drawing/panels.js";
import { plotlyText } from "../drawing/text.js";
import type { FigureSize } from "../theme/theme.js";
import { CATEGORIES, composeFigure, figureSize, INK, isTitled } from "../theme/theme.js";
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
import { arrangeNamedPanels, namedPanel } from "./named-panels.js";

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
  /** Where a line in the series' colour stands, such as its median. */
  mark?: number;
  /** Where another, dashed one stands, such as the median that others report. */
  reference?: number;
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
  /** Axis of the counts. Default from 0, named `counted`. */
  y?: Axis;
  binWidth: number;
  /** Counts, shares of all values of a series, or these per unit of the x axis. Default "count". */
  scale?: "count" | "share" | "density";
  /** Bars on one another in place of outlines before one another; needs a range. Default false. */
  stacked?: boolean;
  /**
   * Where series are named: in one legend, where marks are dashed; or above their own panel, for many small panels with one
   * axis, where marks are solid and references dashed. Default "legend".
   */
  names?: "legend" | "panels";
  /** Panels side by side where they carry the names. Default: as many as are legible. */
  columns?: number;
  /** Numbers of others, each a dotted line with an entry in the legend. */
  references?: readonly { name: string; value: number }[];
  /** What is counted, in the plural. Default "values". */
  counted?: string;
  /** Plotly's template for hovering. Default: the count of what is counted, and the bin's range. */
  hover?: string;
}

/**
 * How often values occur: outlines of bins (or stacked bars) for each series, a line at its mark, several panels with equal
 * axes. Throws RangeError without panels or series and for a width that makes too many bins.
 */
export function histogram(options: HistogramOptions): Figure {
  const { panels, defaultName: name = "histogram", defaultTitle: title = "" } = options;
  if (panels.length === 0 || panels.some(({ series }) => series.length === 0)) {
    throw new RangeError(`${name}: expected panels with a series each, got an empty one`);
  }
  const size = figureSize(options);
  const { stacked = false, references = [] } = options;
  const bins = panels.map(({ series }) => series.map(({ values }) => binsOf(values, options)));
  const range = options.x.range ?? binRange(bins.flat(2));
  const x = { grid: false, ...options.x, range };
  // One plot without a title takes the theme's own margins.
  const isBare = panels.length === 1 && panels[0].title === undefined && !stacked;
  const inPanels = options.names === "panels";
  const layout: PlotlyObject = {
    ...(stacked ? { barmode: "stack", bargap: 0 } : {}),
    ...(inPanels ? namedLayout(options, x, size) : legendLayout(options, x, isBare, size)),
  };
  const shapes = [...marksOf(options, isBare, size), ...references.map((one) => lineAt(one, size))];
  const hasMarks = panels.some((one) => one.series.some((series) => "mark" in series));
  if (!isBare || hasMarks || references.length > 0) layout.shapes = shapes;
  const data = [
    ...seriesTraces(options, bins, isBare, size),
    ...references.map((one) => referenceKey(one, size)),
  ];
  const entries = panels.flatMap(({ series }) => series.map((one) => one.legend ?? one.name));
  const legend = inPanels ? undefined : [...new Set(entries), ...references.map((one) => one.name)];
  return composeFigure({ name, title, data, layout, size, legend }, options);
}

/** Axes, margins and titles of panels below one legend. Sets the height of `size` where it is free. */
function legendLayout(
  options: HistogramOptions,
  x: Axis,
  isBare: boolean,
  size: FigureSize,
): PlotlyObject {
  const { panels, defaultTitle: title = "" } = options;
  const y = countAxis(options);
  if (isBare) return { xaxis: layOutAxis(x, size), yaxis: layOutAxis(y, size) };
  const titled = isTitled(size, options, title);
  const { margin, places } = arrangePanels(panels.length, size, options, titled);
  const room = (places[0].x[1] - places[0].x[0]) * (size.width - margin.l - margin.r);
  const axes = places.map((place, p) => ({
    [`xaxis${panelSuffix(p)}`]: layOutAxis(x, size, panelAxis(place, panelSuffix(p), "x")),
    [`yaxis${panelSuffix(p)}`]: layOutAxis(y, size, panelAxis(place, panelSuffix(p), "y")),
  }));
  const annotations = panels.flatMap((panel, p) => {
    const { note = "" } = panel;
    if (panel.title === undefined) return [];
    const width = room - note.length * size.small * 0.6;
    return [panelTitle(places[p], panel.title, size, { note, width })];
  });
  return Object.assign({ margin, annotations }, ...axes) as PlotlyObject;
}

/** Axes, margins and texts of panels that carry their series' names. Sets the height of `size` where it is free. */
function namedLayout(options: HistogramOptions, x: Axis, size: FigureSize): PlotlyObject {
  const y = countAxis(options);
  const panels = options.panels.map(({ title = "", series }) => ({
    title,
    names: series.map((one, s) => ({
      text: one.legend ?? one.name,
      colour: one.colour ?? CATEGORIES[s % CATEGORIES.length],
    })),
  }));
  const frame = arrangeNamedPanels(panels, options, size);
  const parts = panels.map((panel, at) => namedPanel(panel, { at, x, y, frame }, size));
  return {
    margin: { ...frame.margin, autoexpand: false },
    annotations: [frame.xTitle(x.title), ...parts.flatMap(({ texts }) => texts)],
    ...(Object.assign({}, ...parts.map(({ axes }) => axes)) as PlotlyObject),
  };
}

function countAxis({ y, counted = "values" }: HistogramOptions): Axis {
  return y ?? { title: counted, fromZero: true };
}

function binsOf(
  values: ArrayLike<number>,
  { x, binWidth, scale = "count", stacked }: HistogramOptions,
): Bins {
  if (stacked && x.range) return binWithin(values, x.range, binWidth);
  const bins = binValues(values, binWidth);
  return scale === "count" ? bins : scaleBins(bins, scale);
}

/** Series of one name have one colour in all panels of a legend. */
function colourOf(series: HistogramSeries, options: HistogramOptions, at: number): string {
  const { panels, names } = options;
  if (series.colour !== undefined) return series.colour;
  if (panels.length === 1 || names === "panels") return CATEGORIES[at % CATEGORIES.length];
  const all = [...new Set(panels.flatMap((panel) => panel.series.map(({ name }) => name)))];
  return CATEGORIES[all.indexOf(series.name) % CATEGORIES.length];
}

/** The traces of all panels; series of one name share the legend entry of the first. */
function seriesTraces(
  options: HistogramOptions,
  bins: readonly Bins[][],
  isBare: boolean,
  size: FigureSize,
): PlotlyObject[] {
  const seen = new Set<string>();
  const { counted = "values", hover = `%{y} ${counted}<br>%{customdata}` } = options;
  const inPanels = options.names === "panels";
  return options.panels.flatMap(({ series }, p) =>
    series.map((one, s) => {
      const colour = colourOf(one, options, s);
      const isFirst = !seen.has(one.name);
      seen.add(one.name);
      const suffix = panelSuffix(p);
      return {
        ...(options.stacked
          ? barTrace(bins[p][s], colour)
          : stepTrace(bins[p][s], { colour, line: size.line * (one.width ?? 1) })),
        name: plotlyText(inPanels ? one.name : (one.legend ?? one.name)),
        hovertemplate: one.hover ?? `${hover}<extra>${plotlyText(one.name)}</extra>`,
        ...(isBare && !inPanels ? {} : { xaxis: `x${suffix}`, yaxis: `y${suffix}` }),
        ...(inPanels ? { showlegend: false } : {}),
        ...(isBare || inPanels ? {} : { legendgroup: plotlyText(one.name), showlegend: isFirst }),
      };
    }),
  );
}

function marksOf(options: HistogramOptions, isBare: boolean, size: FigureSize): PlotlyObject[] {
  const { stacked, panels, names } = options;
  const own = names === "panels" ? "solid" : "dash";
  return panels.flatMap((panel, p) => {
    const suffix = panelSuffix(p);
    const place = isBare ? {} : { xref: `x${suffix}`, yref: `y${suffix} domain` };
    const line = (
      x: number | undefined,
      colour: string,
      dash: "solid" | "dash",
      width = 1,
    ): PlotlyObject[] =>
      x === undefined
        ? []
        : [{ ...markLine(roundValue(x, 4), { colour, line: size.line * width, dash }), ...place }];
    const marks = panel.series.flatMap((series, s) => {
      const colour = colourOf(series, options, s);
      return [
        // Over bars a line needs more weight than before a pale area.
        ...(stacked
          ? line(series.mark, textColour(colour), own, 1.2)
          : line(series.mark, colour, own)),
        ...line(series.reference, colour, "dash"),
      ];
    });
    return [...marks, ...line(panel.mark, INK, "dash")];
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
