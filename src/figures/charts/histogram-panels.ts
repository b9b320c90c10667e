import type { ChartOptions, Figure, PlotlyObject } from "../figure.js";
import { roundValue } from "../figure.js";
import { layPanels, type Panel, panelAxis, panelSuffix } from "../panels.js";
import { fitText, formatFixed, plotlyText } from "../text.js";
import type { FigureSize } from "../theme.js";
import { axisLayout, CATEGORIES, composeFigure, figureSize, INK, isTitled } from "../theme.js";
import { type Bins, binRange, binValues, meanOf, medianOf, scaleBins, stepTrace } from "./bins.js";
import { markLine } from "./marks.js";

/** Height of a line of text in units of its type size. */
const LINE = 1.4;

/** One histogram. */
export interface PanelSeries {
  /** Shown above its panel in its colour. */
  name: string;
  /** What is not finite is left out. */
  values: ArrayLike<number>;
  /** Mean or median that others report: a dashed line, named `referenceName`. */
  reference?: number;
  /** As #rrggbb. Default: the theme's categories in order. */
  colour?: string;
}

/** Histograms over one another. */
export interface PanelHistogram {
  title: string;
  series: readonly PanelSeries[];
}

/** What `histogramPanels` shows and how. */
export interface HistogramPanelsOptions extends ChartOptions {
  panels: readonly PanelHistogram[];
  /** Title of the x axes, as plotly's markup. */
  xTitle: string;
  binWidth: number;
  /** What the solid line of each series stands at. */
  mark: "mean" | "median";
  /** Latents in a bin, or their share per unit of the x axis, which compares SAEs of other sizes. Default "count". */
  scale?: "count" | "density";
  /** Panels side by side. Default: as many as are legible. */
  columns?: number;
  /** Whose numbers the references are. Default "paper". */
  referenceName?: string;
}

/**
 * Histograms in small panels with one x axis: several series per panel, a solid line at the mean or median of each, a dashed
 * one where a reference is given, and both written above the panel in place of a legend. Throws RangeError without a panel
 * or series.
 */
export function histogramPanels(options: HistogramPanelsOptions): Figure {
  const { panels, defaultName: name = "histogram-panels", defaultTitle: title = "" } = options;
  if (panels.length === 0 || panels.some(({ series }) => series.length === 0)) {
    throw new RangeError(`${name}: expected panels with a series each, got an empty one`);
  }
  const base = figureSize(options);
  const titled = isTitled(base, options, title);
  const columns = Math.min(panels.length, options.columns ?? fittingColumns(base));
  const rows = Math.ceil(panels.length / columns);
  const size = { ...base, height: options.height ?? panelsHeight(options, rows, base, titled) };
  const strip = stripHeight(options, size);
  const margin = {
    l: size.font * 5,
    r: size.font * 1.2,
    t: (titled ? size.heading * 2.2 : size.font * 0.5) + strip,
    b: size.font * 3.6,
  };
  const gaps = { gapX: size.font * 2.6, gapY: size.font * 1.8 + strip };
  const places = layPanels(panels.length, size, { columns, margin, ...gaps });
  const bins = panels.map(({ series }) => series.map((one) => binsOf(one, options)));
  const layout: PlotlyObject = { margin: { ...margin, autoexpand: false } };
  const data: PlotlyObject[] = [];
  const shapes: PlotlyObject[] = [];
  const annotations: PlotlyObject[] = [axisTitle(options, size)];
  const width = (size.width - margin.l - margin.r) * (places[0].x[1] - places[0].x[0]);
  for (const [at, panel] of panels.entries()) {
    const axis = panelSuffix(at);
    const isAt = { bottom: at + columns >= panels.length, left: at % columns === 0 };
    Object.assign(layout, panelAxes(options, places[at], size, { axis, ...isAt, width, bins }));
    annotations.push(...panelText(panel, places[at], size, { input: options, width }));
    for (const [s, series] of panel.series.entries()) {
      const style = { colour: series.colour ?? CATEGORIES[s % CATEGORIES.length], line: size.line };
      data.push({
        ...stepTrace(bins[at][s], style),
        xaxis: `x${axis}`,
        yaxis: `y${axis}`,
        name: plotlyText(series.name),
        hovertemplate: `%{y:.3~g}<br>%{customdata}<extra>${plotlyText(series.name)}</extra>`,
        showlegend: false,
      });
      shapes.push(...markLines(series, options, { axis, ...style }));
    }
  }
  return composeFigure(
    { name, title, data, layout: { ...layout, shapes, annotations }, size },
    options,
  );
}

function binsOf({ values }: PanelSeries, { binWidth, scale }: HistogramPanelsOptions): Bins {
  const bins = binValues(values, binWidth);
  return scale === "density" ? scaleBins(bins, scale) : bins;
}

function fittingColumns({ width, font }: FigureSize): number {
  return Math.max(1, Math.floor(width / (font * 19)));
}

/** Lines above a panel: its title and one a series, or one for both where there is a single series. */
function stripHeight({ panels }: HistogramPanelsOptions, size: FigureSize): number {
  const lines = Math.max(...panels.map(({ series }) => series.length)) + 1;
  return lines * size.small * LINE + size.font * 0.3;
}

function panelsHeight(
  input: HistogramPanelsOptions,
  rows: number,
  size: FigureSize,
  titled: boolean,
): number {
  const plot = size.font * (rows > 1 ? 8.5 : 17);
  const frame = size.font * 5 + (titled ? size.heading * 2.2 : 0);
  return Math.round(rows * (stripHeight(input, size) + plot + size.font * 1.6) + frame);
}

/** One title for all x axes, in the middle below them. */
function axisTitle({ xTitle }: HistogramPanelsOptions, size: FigureSize): PlotlyObject {
  return {
    text: xTitle,
    ...{ x: 0.5, xref: "paper", xanchor: "center", y: 0, yref: "paper", yanchor: "top" },
    yshift: -size.font * 1.9,
    font: { size: size.font },
    showarrow: false,
    borderpad: 0,
  };
}

function panelAxes(
  { scale }: HistogramPanelsOptions,
  place: Panel,
  size: FigureSize,
  at: { axis: string; bottom: boolean; left: boolean; width: number; bins: Bins[][] },
): PlotlyObject {
  const yTitle = scale === "density" ? "share per unit" : "latents";
  return {
    [`xaxis${at.axis}`]: axisLayout("", size, {
      ...panelAxis(place, at.axis, "x"),
      range: binRange(at.bins.flat()),
      showgrid: false,
      automargin: false,
      nticks: at.width < size.font * 16 ? 4 : 7,
      showticklabels: at.bottom,
    }),
    [`yaxis${at.axis}`]: axisLayout(at.left ? yTitle : "", size, {
      ...panelAxis(place, at.axis, "y"),
      rangemode: "tozero",
      automargin: false,
      nticks: 4,
    }),
  };
}

function markOf({ values }: PanelSeries, { mark }: HistogramPanelsOptions): number | undefined {
  return mark === "mean" ? meanOf(values) : medianOf(values);
}

function markLines(
  series: PanelSeries,
  input: HistogramPanelsOptions,
  { axis, colour, line }: { axis: string; colour: string; line: number },
): PlotlyObject[] {
  const place = { xref: `x${axis}`, yref: `y${axis} domain` };
  const lineAt = (x: number | undefined, dash: "solid" | "dash"): PlotlyObject[] =>
    x === undefined ? [] : [{ ...markLine(roundValue(x, 4), { colour, line, dash }), ...place }];
  return [...lineAt(markOf(series, input), "solid"), ...lineAt(series.reference, "dash")];
}

/** The panel's title and its series' names with their marks, line by line above it. */
function panelText(
  { title, series }: PanelHistogram,
  { x, y }: Panel,
  size: FigureSize,
  { input, width }: { input: HistogramPanelsOptions; width: number },
): PlotlyObject[] {
  const names = series.map((one, s) => ({
    text: seriesText(one, input),
    color: one.colour ?? CATEGORIES[s % CATEGORIES.length],
  }));
  const lines = [{ text: title, color: INK }, ...names];
  return lines.map(({ text, color }, at) => ({
    ...{ x: x[0], xref: "paper", xanchor: "left", y: y[1], yref: "paper", yanchor: "bottom" },
    yshift: roundValue(size.font * 0.3 + (lines.length - 1 - at) * size.small * LINE, 2),
    align: "left",
    showarrow: false,
    borderpad: 0,
    text: plotlyText(fitText(text, width + size.font * 1.8, size.small)),
    font: { size: size.small, color },
  }));
}

function seriesText(series: PanelSeries, input: HistogramPanelsOptions): string {
  const own = markOf(series, input);
  const { referenceName = "paper", mark } = input;
  const parts = [series.name, own === undefined ? "no latent" : `${mark} ${formatFixed(own, 2)}`];
  if (series.reference !== undefined) {
    parts.push(`${referenceName} ${formatFixed(series.reference, 2)}`);
  }
  return parts.filter((part) => part !== "").join(", ");
}
