import { type Axis, axisRange, axisTicks, layOutAxis, logPlace } from "../drawing/axis.js";
import { textColour, transparent } from "../theme/colour.js";
import type { ChartOptions, Figure, PlotlyObject } from "../figure.js";
import { requireSome, roundValue, roundValues } from "../figure.js";
import { placeTwoPlots, type TwoPlotsOptions } from "../drawing/panels.js";
import { fitText, plotlyText, textWidth } from "../drawing/text.js";
import type { FigureSize } from "../theme/theme.js";
import { CATEGORIES, MUTED } from "../theme/palette.js";
import { composeFigure, figureSize, isTitled, legendLines, topMargin } from "../theme/theme.js";
import { endLabels } from "./end-labels.js";
import { markLine } from "./marks.js";
import { namePoints } from "./point-names.js";

/** One line, or points alone. */
export interface Line {
  /** As plain text; a line named "" stands in no legend. */
  name: string;
  /** The name as plotly's markup, where plain text does not do. */
  markup?: string;
  x: ArrayLike<number>;
  y: ArrayLike<number>;
  /** As #rrggbb. Default: the theme's categories in order. */
  colour?: string;
  /** Default "line". */
  draw?: "line" | "points" | "both";
  dash?: "solid" | "dash" | "dot";
  /** Of the theme's width of lines. Default 1. */
  width?: number;
  /** Of the theme's size of points. Default 1. */
  pointSize?: number;
  /** Plotly's name of the points' shape. Default "circle". */
  symbol?: string;
  opacity?: number;
  /** Of the points alone. Default 1. */
  pointOpacity?: number;
  /** Someone else's numbers: dashed, with hollow points. Default false. */
  isReference?: boolean;
  /** Where the name stands: in the legend above the plot (default), at the line's right end, or nowhere. */
  label?: "legend" | "end" | "none";
  /** Place in the legend; plotly's default is 1000. */
  rank?: number;
  /** Lines of one group are shown and hidden together. */
  group?: string;
  /** Plotly's template for hovering. Default x, y and the name; "" for none. */
  hover?: string;
  customdata?: readonly unknown[];
  /** An area around the line where both ends are known, such as an interval. */
  band?: { low: ArrayLike<number>; high: ArrayLike<number>; opacity: number };
  /** An interval around each point, as bars. */
  error?: { low: ArrayLike<number>; high: ArrayLike<number> };
}

/** A line over the plot's height. */
export interface LineMark {
  x: number;
  /** Words above the plot. */
  label?: string;
  /** As #rrggbb. Default grey. */
  colour?: string;
  /** Of the theme's width of lines. Default 0.7. */
  width?: number;
}

/** Lines over one pair of axes. */
export interface LinePlot {
  lines: readonly Line[];
  x: Axis;
  y: Axis;
  /** Dotted vertical lines. */
  marks?: readonly LineMark[];
  /** Decimals kept of x and y. Default 6 each. */
  digits?: { x?: number; y?: number };
  /** Names of points, the most wanted first: those that find room beside their point are shown. */
  names?: readonly { x: number; y: number; text: string }[];
}

/** What `lines` shows. */
export interface LinesOptions extends ChartOptions {
  /** One plot, or two side by side (in a paper column one above the other). */
  plots: readonly LinePlot[];
  /** Two plots over one x axis instead, the second one smaller and below. Default false. */
  below?: boolean;
  /** How two plots stand side by side. */
  arrange?: TwoPlotsOptions;
  /** Whether names stand in a legend above the plot. Default true. */
  legend?: boolean;
  /** Entries of the legend that stand for a kind of line in every plot. */
  keys?: readonly { name: string; dash: "dash" | "dot" }[];
}

/**
 * Lines over one or two pairs of axes, named in a legend or at their right ends, where names that would meet are pushed
 * apart. One's own are solid, those of others dashed with hollow points. Throws RangeError without plots, where x and y
 * differ in length, and for values that a log axis cannot show.
 */
export function lines(options: LinesOptions): Figure {
  const { plots, defaultName: name = "lines", keys = [] } = options;
  requireSome(name, plots, "a plot");
  for (const plot of plots) checkLines(name, plot);
  const size = figureSize(options);
  const places = options.below
    ? { x: [{}, {}], y: [{ domain: [0.36, 1] }, { domain: [0, 0.26] }] }
    : placeTwoPlots(plots.length, size, options, options.arrange);
  const legend = legendOf(options);
  const layout: PlotlyObject = {};
  for (const [at, plot] of plots.entries()) {
    const suffix = at === 0 ? "" : "2";
    const anchored = plots.length > 1;
    if (at === 0 || !options.below) {
      layout[`xaxis${suffix}`] = layOutAxis(plot.x, size, {
        ...places.x[at],
        ...(anchored ? { anchor: options.below ? "y2" : `y${suffix}` } : {}),
      });
    }
    layout[`yaxis${suffix}`] = layOutAxis(plot.y, size, {
      ...places.y[at],
      ...(anchored && !options.below ? { anchor: `x${suffix}` } : {}),
    });
  }
  if (plots.some(({ names }) => names)) {
    const top = topMargin(size, options, legend && legendLines(legend, size));
    const room = {
      width: size.width - size.font * 6.4,
      height: size.height - top - size.font * 3.7,
    };
    layout.annotations = plots.flatMap((plot, at) =>
      namePoints(plot, at, areaOf(room, places, at), size),
    );
  }
  if (plots[0].marks) layout.shapes = plots[0].marks.map((mark) => markShape(mark, size));
  const hasEnds = plots[0].lines.some(({ label }) => label === "end");
  if (hasEnds) Object.assign(layout, endsLayout(plots[0], legend, options, size));
  const data = [
    ...plots.flatMap((plot, at) => plotTraces(plot, at, options.below ?? false, size)),
    ...keys.map((key) => keyTrace(key, size)),
  ];
  return composeFigure({ data, layout, size, legend }, name, options);
}

/** Default colour of the line at this place. */
export function lineColour({ colour }: Pick<Line, "colour">, at: number): string {
  return colour ?? CATEGORIES[at % CATEGORIES.length];
}

function checkLines(figure: string, { lines: list, x, y }: LinePlot): void {
  if (list.length === 0 || list.some((line) => line.label === "end" && line.x.length === 0)) {
    throw new RangeError(`${figure}: expected lines with points, got an empty one`);
  }
  for (const line of list) {
    if (line.x.length !== line.y.length) {
      throw new RangeError(
        `${figure}: "${line.name}" has ${line.x.length} x but ${line.y.length} y`,
      );
    }
    if (line.label !== "end") continue;
    const values = [...(x.log ? Array.from(line.x) : []), ...(y.log ? Array.from(line.y) : [])];
    const bad = values.find((value) => !(value > 0));
    if (bad !== undefined) {
      throw new RangeError(`${figure}: a log axis needs values > 0, got ${bad}`);
    }
  }
}

/** Names in the legend, each once; undefined for no legend. */
function legendOf({ plots, keys = [], legend }: LinesOptions): string[] | undefined {
  if (legend === false) return undefined;
  const names = plots.flatMap(({ lines: list }) =>
    list.flatMap(({ name, label }) =>
      name === "" || label === "end" || label === "none" ? [] : [name],
    ),
  );
  const all = [...new Set([...names, ...keys.map((key) => key.name)])];
  return all.length > 0 ? all : undefined;
}

/** Margins with room for names at the lines' right ends, and the names. */
function endsLayout(
  plot: LinePlot,
  legend: readonly string[] | undefined,
  options: LinesOptions,
  size: FigureSize,
): PlotlyObject {
  const { x, y, marks = [], lines: list } = plot;
  const ranges = {
    x: axisRange(
      x,
      list,
      "x",
      marks.map(({ x: at }) => at),
    ),
    y: axisRange(y, list, "y"),
  };
  const ends = list.flatMap((line, at) => (line.label === "end" ? [{ line, at }] : []));
  const widest = Math.max(...ends.map(({ line }) => textWidth(line.name, size.small)));
  const most = size.width * 0.38;
  const top = legend
    ? topMargin(size, options, legendLines(legend, size))
    : isTitled(size, options)
      ? size.heading * 2.2
      : size.font * 0.9;
  const margin = {
    l: size.font * 5.2,
    r: Math.min(widest, most) + size.font * 1.2,
    t: top + (marks.some(({ label }) => label !== undefined) ? size.small * 1.2 : 0),
    b: size.font * 3.9,
    autoexpand: false,
  };
  const names = ends.map(({ line, at }) => ({
    text: line.markup ?? plotlyText(fitText(line.name, most, size.small)),
    colour: textColour(lineColour(line, at)),
    end: (logPlace(x, line.x[line.x.length - 1]) - ranges.x[0]) / (ranges.x[1] - ranges.x[0]),
    share: (logPlace(y, line.y[line.y.length - 1]) - ranges.y[0]) / (ranges.y[1] - ranges.y[0]),
  }));
  const height = size.height - margin.t - margin.b;
  const axis = (one: Axis, range: [number, number]): PlotlyObject =>
    layOutAxis(one, size, { range, automargin: false, ...axisTicks(one, range) });
  return {
    margin,
    xaxis: axis({ grid: false, ...x }, ranges.x),
    yaxis: axis(y, ranges.y),
    annotations: [
      ...endLabels(names, height, size),
      ...marks.flatMap((mark) => markLabel(x, mark, size)),
    ],
    shapes: marks.map((mark) => markShape(mark, size)),
  };
}

function areaOf(
  { width, height }: { width: number; height: number },
  places: { x: PlotlyObject[]; y: PlotlyObject[] },
  at: number,
): { width: number; height: number } {
  const share = ({ domain = [0, 1] }: { domain?: number[] }): number => domain[1] - domain[0];
  return { width: width * share(places.x[at]), height: height * share(places.y[at]) };
}

function markShape(
  { x, colour = MUTED, width = 0.7 }: LineMark,
  { line }: FigureSize,
): PlotlyObject {
  return markLine(x, { colour, line: line * width, dash: "dot" });
}

function markLabel(axis: Axis, { x, label }: LineMark, { small }: FigureSize): PlotlyObject[] {
  if (label === undefined) return [];
  return [
    {
      x: axis.log ? roundValue(Math.log10(x), 5) : x,
      ...{ y: 1, yref: "paper", yanchor: "bottom" },
      text: plotlyText(label),
      font: { size: small, color: MUTED },
      ...{ showarrow: false, borderpad: 0 },
    },
  ];
}

function plotTraces(plot: LinePlot, at: number, below: boolean, size: FigureSize): PlotlyObject[] {
  const place = at === 0 ? {} : below ? { yaxis: "y2" } : { xaxis: "x2", yaxis: "y2" };
  return plot.lines.flatMap((line, i) => {
    const colour = lineColour(line, i);
    const traces = [
      ...(line.band ? [bandTrace(line, line.band, colour, plot)] : []),
      lineTrace(line, colour, plot, size),
    ];
    return traces.map((trace) => ({ ...trace, ...place }));
  });
}

function lineTrace(
  line: Line,
  colour: string,
  { digits = {} }: LinePlot,
  size: FigureSize,
): PlotlyObject {
  const { name, markup = plotlyText(name), isReference = false, draw = "line", label } = line;
  const atEnd = label === "end" ? "solid" : undefined;
  const dash = line.dash ?? (isReference ? "dash" : atEnd);
  return {
    type: "scatter",
    mode: { line: "lines", points: "markers", both: "lines+markers" }[draw],
    ...(markup === "" ? {} : { name: markup }),
    ...(line.group === undefined ? {} : { legendgroup: line.group }),
    ...(label === undefined ? {} : { showlegend: label === "legend" }),
    ...(line.rank === undefined ? {} : { legendrank: line.rank }),
    ...(line.opacity === undefined ? {} : { opacity: line.opacity }),
    ...(line.customdata ? { customdata: line.customdata } : {}),
    x: roundValues(line.x, digits.x ?? 6),
    y: roundValues(line.y, digits.y ?? 6),
    ...(draw === "points"
      ? {}
      : { line: { color: colour, width: size.line * (line.width ?? 1), ...(dash && { dash }) } }),
    ...(draw === "line" ? {} : { marker: markerOf(line, colour, size) }),
    ...(line.error ? { error_y: errorBars(line, line.error, colour, size) } : {}),
    ...(line.hover === ""
      ? { hoverinfo: "skip" }
      : { hovertemplate: line.hover ?? `%{x}: %{y:.4f}<extra>${markup}</extra>` }),
  };
}

function markerOf(
  { symbol = "circle", label, isReference = false, pointSize = 1, pointOpacity }: Line,
  colour: string,
  size: FigureSize,
): PlotlyObject {
  const edge = { color: colour, width: isReference ? size.line * 0.9 : 0 };
  const named = symbol !== "circle" || label === "end" || isReference;
  return {
    ...(named ? { symbol } : {}),
    ...(label === "end" || isReference ? { line: edge } : {}),
    color: isReference ? "#ffffff" : colour,
    size: size.marker * pointSize,
    ...(pointOpacity === undefined ? {} : { opacity: pointOpacity }),
  };
}

function bandTrace(
  { x, y }: Line,
  { low, high, opacity }: NonNullable<Line["band"]>,
  colour: string,
  { digits = {} }: LinePlot,
): PlotlyObject {
  const known = Array.from(y, (_, i) => i).filter(
    (i) => Number.isFinite(low[i]) && Number.isFinite(high[i]),
  );
  const back = [...known].reverse();
  return {
    ...{ type: "scatter", mode: "lines", line: { width: 0 }, fill: "toself" },
    x: roundValues(
      [...known, ...back].map((i) => x[i]),
      digits.x ?? 6,
    ),
    y: roundValues([...known.map((i) => low[i]), ...back.map((i) => high[i])], digits.y ?? 6),
    fillcolor: transparent(colour, opacity),
    ...{ hoverinfo: "skip", showlegend: false },
  };
}

function errorBars(
  { y }: Line,
  { low, high }: NonNullable<Line["error"]>,
  colour: string,
  size: FigureSize,
): PlotlyObject {
  return {
    ...{ type: "data", symmetric: false },
    array: roundValues(
      Array.from(y, (value, i) => high[i] - value),
      5,
    ),
    arrayminus: roundValues(
      Array.from(y, (value, i) => value - low[i]),
      5,
    ),
    ...{ color: colour, thickness: size.line * 0.6, width: size.marker },
  };
}

/** An entry of the legend for what lines of this kind are in every plot. */
function keyTrace(
  { name, dash }: { name: string; dash: string },
  { line }: FigureSize,
): PlotlyObject {
  return {
    ...{ type: "scatter", mode: "lines", x: [null], y: [null], name },
    line: { color: MUTED, width: line, dash },
    hoverinfo: "skip",
  };
}
