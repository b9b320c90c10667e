import { type Axis, layOutAxis } from "../drawing/axis.js";
import { textColour } from "../theme/colour.js";
import type { ChartOptions, Figure, PlotlyObject } from "../figure.js";
import { arrangePanels, panelAxes, panelSuffix, panelTitle } from "../drawing/panels.js";
import { formatFixed, formatNumber, plotlyText } from "../drawing/text.js";
import type { FigureSize } from "../theme/theme.js";
import { CATEGORIES, composeFigure, figureSize, INK } from "../theme/theme.js";
import {
  type Bins,
  barTrace,
  binRange,
  binValues,
  binWithin,
  meanOf,
  medianOf,
  roundBinWidth,
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
  /** As #rrggbb. Default: the theme's categories in order. */
  colour?: string;
  /** Where a line in the series' colour stands, which is written beside the name (over several panels, above its panel). */
  mark?: "mean" | "median";
  /** Said beside the name too, such as how many values are missing. */
  notes?: readonly string[];
  /** The mean or median that the paper reports: a dashed line, named so where panels carry the names. */
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
  /** Default: a round width that makes 20 to 50 bins. */
  binWidth?: number;
  /** Decimals of marks beside names. Default 2. */
  digits?: number;
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
  const {
    panels: given,
    defaultName: name = "histogram",
    stacked = false,
    references = [],
  } = options;
  if (given.length === 0 || given.some(({ series }) => series.length === 0)) {
    throw new RangeError(`${name}: expected panels with a series each, got an empty one`);
  }
  const size = figureSize(options);
  const inPanels = options.names === "panels";
  const panels = readPanels(options);
  const shown = panels.flatMap(({ series }) => series);
  const x = { grid: false, ...options.x };
  x.range ??= binRange(shown.map(({ bins }) => bins));
  // One plot without a title takes the theme's own margins.
  const isBare = panels.length === 1 && panels[0].title === undefined && !stacked;
  const y = options.y ?? { title: options.counted ?? "values", fromZero: true };
  const layout: PlotlyObject = {
    ...(stacked ? { barmode: "stack", bargap: 0 } : {}),
    ...(inPanels
      ? namedLayout(panels, options, { x, y }, size)
      : isBare
        ? { xaxis: layOutAxis(x, size), yaxis: layOutAxis(y, size) }
        : legendLayout(panels, options, { x, y }, size)),
    shapes: [
      ...panels.flatMap((panel, p) => marksOf(panel, p, { stacked, inPanels, isBare }, size)),
      ...references.map(({ value }) =>
        markLine(value, { colour: INK, line: size.line, dash: "dot" }),
      ),
    ],
  };
  const data = [
    ...panels.flatMap((panel, p) => seriesTraces(panel, p, options, isBare, size)),
    ...references.map((one) => ({
      ...{ type: "scatter", mode: "lines", x: [null], y: [null], name: plotlyText(one.name) },
      line: { color: INK, width: size.line, dash: "dot" },
      hoverinfo: "skip",
    })),
  ];
  const legend = [...new Set(shown.map((one) => one.legend)), ...references.map((one) => one.name)];
  return composeFigure(
    { data, layout, size, legend: inPanels ? undefined : legend },
    name,
    options,
  );
}

/** A series with its bins and mark, and what the legend (or the panel) says of it. */
interface Shown extends HistogramSeries {
  bins: Bins;
  colour: string;
  legend: string;
  at?: number;
  /** Whether it is the first of its name. */
  isFirst: boolean;
}

interface ShownPanel extends HistogramPanel {
  series: Shown[];
}

function readPanels(options: HistogramOptions): ShownPanel[] {
  const { panels, names = "legend", counted = "values", digits = 2, scale = "count" } = options;
  const binWidth = options.binWidth ?? roundBinWidth(panels.flatMap(({ series }) => series));
  const all = [...new Set(panels.flatMap(({ series }) => series.map(({ name }) => name)))];
  const seen = new Set<string>();
  const { range } = options.x;
  return panels.map((panel) => {
    const series = panel.series.map((one, s): Shown => {
      const { name, values, mark, notes = [], reference } = one;
      const at = mark === "mean" ? meanOf(values) : mark && medianOf(values);
      const format = names === "panels" ? formatFixed : formatNumber;
      const said = [
        ...(mark ? [at === undefined ? `no ${counted}` : `${mark} ${format(at, digits)}`] : []),
        ...notes,
        ...(reference === undefined ? [] : [`paper ${formatFixed(reference, digits)}`]),
      ];
      // Series of one name have one colour in all panels of a legend.
      const place = panels.length === 1 || names === "panels" ? s : all.indexOf(name);
      const bins =
        options.stacked && range ? binWithin(values, range, binWidth) : binValues(values, binWidth);
      const isFirst = !seen.has(name);
      seen.add(name);
      return {
        ...{ ...one, at, isFirst, notes: said },
        bins: scale === "count" ? bins : scaleBins(bins, scale),
        colour: one.colour ?? CATEGORIES[place % CATEGORIES.length],
        legend:
          names === "panels"
            ? [...(name === "" ? [] : [name]), ...said].join(", ")
            : panels.length > 1 || said.length === 0
              ? name
              : `${name} (${said.join(", ")})`,
      };
    });
    const notes = [panel.note ?? "", ...series.map((one) => (one.notes ?? []).join(", "))];
    return { ...panel, series, note: notes.filter((note) => note !== "").join("; ") };
  });
}

/** Axes, margins and titles of panels below one legend. Sets the height of `size` where it is free. */
function legendLayout(
  panels: readonly ShownPanel[],
  options: HistogramOptions,
  { x, y }: { x: Axis; y: Axis },
  size: FigureSize,
): PlotlyObject {
  const { margin, places } = arrangePanels(panels.length, size, options);
  const room = (places[0].x[1] - places[0].x[0]) * (size.width - margin.l - margin.r);
  const axes = places.map((place, p) => panelAxes(place, p, { x, y }, size));
  const annotations = panels.flatMap(({ title, note = "" }, p) => {
    if (title === undefined) return [];
    const width = room - note.length * size.small * 0.6;
    return [panelTitle(places[p], title, size, { note, width })];
  });
  return Object.assign({ margin, annotations }, ...axes) as PlotlyObject;
}

/** Axes, margins and texts of panels that carry their series' names. Sets the height of `size` where it is free. */
function namedLayout(
  panels: readonly ShownPanel[],
  options: HistogramOptions,
  { x, y }: { x: Axis; y: Axis },
  size: FigureSize,
): PlotlyObject {
  const named = panels.map(({ title = "", series }) => ({
    title,
    names: series.map(({ legend: text, colour }) => ({ text, colour })),
  }));
  const frame = arrangeNamedPanels(named, options, size);
  const parts = named.map((panel, at) => namedPanel(panel, { at, x, y, frame }, size));
  return {
    margin: { ...frame.margin, autoexpand: false },
    annotations: [frame.xTitle(x.title), ...parts.flatMap(({ texts }) => texts)],
    ...(Object.assign({}, ...parts.map(({ axes }) => axes)) as PlotlyObject),
  };
}

/** The traces of a panel; series of one name share the legend entry of the first. */
function seriesTraces(
  { series }: ShownPanel,
  p: number,
  options: HistogramOptions,
  isBare: boolean,
  size: FigureSize,
): PlotlyObject[] {
  const { stacked, counted = "values", hover = `%{y} ${counted}<br>%{customdata}` } = options;
  const inPanels = options.names === "panels";
  const place = { xaxis: `x${panelSuffix(p)}`, yaxis: `y${panelSuffix(p)}` };
  return series.map((one) => {
    const name = plotlyText(one.name);
    return {
      ...(stacked
        ? barTrace(one.bins, one.colour)
        : stepTrace(one.bins, { colour: one.colour, line: size.line * (one.width ?? 1) })),
      name: inPanels ? name : plotlyText(one.legend),
      hovertemplate: one.hover ?? `${hover}<extra>${name}</extra>`,
      ...(isBare && !inPanels ? {} : place),
      ...(inPanels
        ? { showlegend: false }
        : isBare
          ? {}
          : { legendgroup: name, showlegend: one.isFirst }),
    };
  });
}

/** Lines at the marks of a panel and of its series; those of others are dashed. */
function marksOf(
  { series, mark }: ShownPanel,
  p: number,
  { stacked, inPanels, isBare }: { stacked: boolean; inPanels: boolean; isBare: boolean },
  { line }: FigureSize,
): PlotlyObject[] {
  const suffix = panelSuffix(p);
  const place = isBare ? {} : { xref: `x${suffix}`, yref: `y${suffix} domain` };
  const own = inPanels ? "solid" : "dash";
  const lines = series.flatMap(
    ({ at, reference, colour }) =>
      [
        // Over bars a line needs more weight than before a pale area.
        {
          x: at,
          dash: own,
          ...(stacked ? { colour: textColour(colour), width: 1.2 } : { colour, width: 1 }),
        },
        { x: reference, colour, dash: "dash", width: 1 },
      ] as const,
  );
  return [...lines, { x: mark, colour: INK, dash: "dash", width: 1 } as const].flatMap(
    ({ x, colour, dash, width }) =>
      x === undefined ? [] : [{ ...markLine(x, { colour, line: line * width, dash }), ...place }],
  );
}
