import { type Axis, layOutAxis } from "../drawing/axis.js";
import { textColour } from "../theme/colour.js";
import type { ChartOptions, Figure, PlotlyObject } from "../figure.js";
import { panelSuffix } from "../drawing/panels.js";
import { formatFixed, formatNumber, plotlyText } from "../drawing/text.js";
import type { FigureSize } from "../theme/theme.js";
import { CATEGORIES, INK } from "../theme/palette.js";
import { composeFigure, figureSize } from "../theme/theme.js";
import {
  type Bins,
  barTrace,
  binRange,
  binValues,
  binWithin,
  meanOf,
  roundBinWidth,
  scaleBins,
  stepTrace,
} from "./bins.js";
import { medianOf } from "../../core/statistics.js";
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
  /** Where a line in the series' colour stands, which is written beside the name. */
  mark?: "mean" | "median";
  /** Said beside the name too, such as how many values are missing. */
  notes?: readonly string[];
  /** The mean or median that the paper reports: a dashed line, written beside the name of a titled panel. */
  reference?: number;
  /** Of the theme's width of lines. Default 1. */
  width?: number;
  /** Plotly's template for hovering; %{customdata} is a bin's range. Default: the chart's, and the name. */
  hover?: string;
}

/** One plot of the chart. */
export interface HistogramPanel {
  /** Above the plot, with the names of the series below it. Default none: a single plot with a legend. */
  title?: string;
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
  /** Titled panels side by side. Default: as many as are legible. */
  columns?: number;
  /** Numbers of others, each a dotted line with an entry in the legend. */
  references?: readonly { name: string; value: number }[];
  /** What is counted, in the plural. Default "values". */
  counted?: string;
  /** Plotly's template for hovering. Default: the count of what is counted, and the bin's range. */
  hover?: string;
}

/**
 * How often values occur: outlines of bins (or stacked bars) for each series, a line at its mark. One plot has a legend and
 * dashed marks; titled panels with equal axes carry the names of their series, and their marks are solid, so that what others
 * report is dashed. Throws RangeError without panels or series and for a width that makes too many bins.
 */
export function histogram(options: HistogramOptions): Figure {
  const { panels: given, stacked = false, references = [] } = options;
  if (given.length === 0 || given.some(({ series }) => series.length === 0)) {
    const name = options.defaultName ?? "histogram";
    throw new RangeError(`${name}: expected panels with a series each, got an empty one`);
  }
  const size = figureSize(options);
  const panels = readPanels(options);
  const shown = panels.flatMap(({ series }) => series);
  const x = { grid: false, ...options.x };
  x.range ??= binRange(shown.map(({ bins }) => bins));
  const y = options.y ?? { title: options.counted ?? "values", fromZero: true };
  const layout: PlotlyObject = {
    ...(stacked ? { barmode: "stack", bargap: 0 } : {}),
    ...(isTitledPanels(options)
      ? panelLayout(panels, options, { x, y }, size)
      : { xaxis: layOutAxis(x, size), yaxis: layOutAxis(y, size) }),
    shapes: [
      ...panels.flatMap((panel, p) => marksOf(panel, p, options, size)),
      ...references.map(({ value }) =>
        markLine(value, { colour: INK, line: size.line, dash: "dot" }),
      ),
    ],
  };
  const data = [
    ...panels.flatMap((panel, p) => seriesTraces(panel, p, options, size)),
    ...references.map((one) => ({
      ...{ type: "scatter", mode: "lines", x: [null], y: [null], name: plotlyText(one.name) },
      line: { color: INK, width: size.line, dash: "dot" },
      hoverinfo: "skip",
    })),
  ];
  const names = [
    ...new Set([...shown.map((one) => one.legend), ...references.map((one) => one.name)]),
  ];
  const legend = isTitledPanels(options) ? undefined : names;
  return composeFigure({ data, layout, size, legend }, "histogram", options);
}

/** What tells outlines apart without colours, and how it is drawn before a name. */
const DASHES = [
  { dash: "solid", sign: "━━" },
  { dash: "dash", sign: "╸╺" },
  { dash: "dot", sign: "┅┅" },
] as const;

/** A series with its bins and mark, and what the legend or the panel says of it. */
interface Shown extends HistogramSeries {
  bins: Bins;
  colour: string;
  legend: string;
  at?: number;
  /** Set where several series of equal rank share a plot. */
  dash?: (typeof DASHES)[number]["dash"];
}

interface ShownPanel extends HistogramPanel {
  series: Shown[];
}

function isTitledPanels({ panels }: HistogramOptions): boolean {
  return panels.length > 1 || panels[0].title !== undefined;
}

function readPanels(options: HistogramOptions): ShownPanel[] {
  const { panels, counted = "values", digits = 2, scale = "count" } = options;
  const { range } = options.x;
  const binWidth = options.binWidth ?? roundBinWidth(panels.flatMap(({ series }) => series));
  // Series of one name have one colour in all panels.
  const names = [...new Set(panels.flatMap(({ series }) => series.map(({ name }) => name)))];
  const format = isTitledPanels(options) ? formatFixed : formatNumber;
  return panels.map((panel) => ({
    ...panel,
    series: panel.series.map((one, s): Shown => {
      const { name, values, mark, notes = [], reference } = one;
      const at = mark === "mean" ? meanOf(values) : mark && medianOf(values);
      const said = [
        ...(mark ? [at === undefined ? `no ${counted}` : `${mark} ${format(at, digits)}`] : []),
        ...notes,
        ...(reference === undefined ? [] : [`paper ${formatFixed(reference, digits)}`]),
      ].join(", ");
      const bins =
        options.stacked && range ? binWithin(values, range, binWidth) : binValues(values, binWidth);
      const isMixed = !options.stacked && panel.series.filter(({ mark: m }) => m).length > 1;
      const style = isMixed ? DASHES[s % DASHES.length] : undefined;
      const sign = style && isTitledPanels(options) ? `${style.sign} ` : "";
      const titled = sign + [name, said].filter((part) => part !== "").join(", ");
      return {
        ...{ ...one, at, bins: scale === "count" ? bins : scaleBins(bins, scale) },
        dash: style?.dash,
        colour: one.colour ?? CATEGORIES[names.indexOf(name) % CATEGORIES.length],
        legend: isTitledPanels(options) ? titled : said === "" ? name : `${name} (${said})`,
      };
    }),
  }));
}

/** Axes, margins and texts of titled panels. Sets the height of `size` where it is free. */
function panelLayout(
  panels: readonly ShownPanel[],
  options: HistogramOptions,
  { x, y }: { x: Axis; y: Axis },
  size: FigureSize,
): PlotlyObject {
  const named = panels.map(({ title = "", series }) => ({
    title,
    names: series.map(({ legend: text, colour }) => ({ text, colour: textColour(colour) })),
  }));
  const frame = arrangeNamedPanels(named, options, size);
  const parts = named.map((panel, at) => namedPanel(panel, { at, x, y, frame }, size));
  return {
    margin: { ...frame.margin, autoexpand: false },
    annotations: [frame.xTitle(x.title), ...parts.flatMap(({ texts }) => texts)],
    ...(Object.assign({}, ...parts.map(({ axes }) => axes)) as PlotlyObject),
  };
}

function seriesTraces(
  { series }: ShownPanel,
  p: number,
  options: HistogramOptions,
  size: FigureSize,
): PlotlyObject[] {
  const { stacked, counted = "values", hover = `%{y} ${counted}<br>%{customdata}` } = options;
  const place = { xaxis: `x${panelSuffix(p)}`, yaxis: `y${panelSuffix(p)}`, showlegend: false };
  return series.map((one) => ({
    ...(stacked
      ? barTrace(one.bins, one.colour)
      : stepTrace(one.bins, { ...one, line: size.line * (one.width ?? 1) })),
    name: plotlyText(isTitledPanels(options) ? one.name : one.legend),
    hovertemplate: one.hover ?? `${hover}<extra>${plotlyText(one.name)}</extra>`,
    ...(isTitledPanels(options) ? place : {}),
  }));
}

/** Lines at the marks of a panel and of its series. */
function marksOf(
  { series, mark }: ShownPanel,
  p: number,
  options: HistogramOptions,
  { line }: FigureSize,
): PlotlyObject[] {
  const inPanels = isTitledPanels(options);
  const suffix = panelSuffix(p);
  const place = inPanels ? { xref: `x${suffix}`, yref: `y${suffix} domain` } : {};
  const own: "solid" | "dash" = inPanels ? "solid" : "dash";
  const lines = series.flatMap(
    ({ at, reference, colour }) =>
      [
        // Over bars a line needs more weight than before a pale area.
        options.stacked
          ? { x: at, dash: own, colour: textColour(colour), width: 1.2 }
          : { x: at, dash: own, colour, width: 1 },
        { x: reference, colour, dash: "dash", width: 1 },
      ] as const,
  );
  return [...lines, { x: mark, colour: INK, dash: "dash", width: 1 } as const].flatMap(
    ({ x, colour, dash, width }) =>
      x === undefined ? [] : [{ ...markLine(x, { colour, line: line * width, dash }), ...place }],
  );
}
