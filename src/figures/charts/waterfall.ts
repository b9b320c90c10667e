import type { ChartOptions, Figure, PlotlyObject } from "../figure.js";
import { roundValue, roundValues } from "../figure.js";
import { fitText, plotlyText, textWidth } from "../drawing/text.js";
import type { FigureSize } from "../theme/theme.js";
import { INK, MUTED } from "../theme/palette.js";
import { axisLayout, composeFigure, figureSize, topMargin } from "../theme/theme.js";

/** One summand. */
export interface WaterfallBar {
  name: string;
  value: number;
  /** As #rrggbb. */
  colour: string;
}

/** What `waterfall` shows. */
export interface WaterfallOptions extends ChartOptions {
  /** From top to bottom. */
  bars: readonly WaterfallBar[];
  /** What the bars sum up to, and what it is called: a dotted line. */
  total: { name: string; value: number };
  /** Title of the values' axis, as plotly's markup. */
  x: string;
}

interface Bar extends WaterfallBar {
  /** Where it begins: the sum of those before it. */
  start: number;
}

/** A number as a sum: a bar per summand, each starting where the one above it ends, and a line at what they come to. */
export function waterfall(options: WaterfallOptions): Figure {
  const { total } = options;
  const size = figureSize(options);
  const bars = placeBars(options.bars);
  if (options.height === undefined && options.size !== "slide") {
    size.height = Math.round(size.font * 7 + (bars.length + 1) * size.small * 2.1);
  }
  const ends = bars.map(({ start, value }) => start + value);
  const low = Math.min(0, ...ends);
  const high = Math.max(total.value, ...ends);
  const room = (high - low) * 0.14;
  const widest = size.width * 0.36;
  const names = bars.map((bar) => fitText(bar.name, widest, size.small));
  const left = Math.max(...names.map((text) => textWidth(text, size.small))) + size.font * 1.6;
  const right = size.font * 1.6;
  const range = [roundValue(low < 0 ? low - room : 0, 4), roundValue(high + room, 4)];
  const perPixel = (range[1] - range[0]) / (size.width - left - right);
  const crossing = bars.map((bar) => crossesTotal(bar, total.value, perPixel, size));
  const layout: PlotlyObject = {
    xaxis: axisLayout(options.x, size, {
      range,
      zeroline: true,
      zerolinecolor: MUTED,
    }),
    yaxis: axisLayout("", size, {
      tickmode: "array",
      tickvals: bars.map((_, i) => i),
      ticktext: names.map(plotlyText),
      range: [bars.length - 0.4, -1.1],
      showgrid: false,
      ticks: "",
      automargin: false,
    }),
    margin: {
      l: left,
      r: right,
      t: topMargin(size, options),
      b: size.font * 3.7,
      autoexpand: false,
    },
    shapes: [totalLine(total.value, size)],
    annotations: [
      totalName(total, total.value > (low + high) / 2, size),
      ...bars.flatMap((bar, i) => (crossing[i] ? [startText(bar, i, size)] : [])),
    ],
  };
  const data = [barTrace(bars, crossing, size)];
  return composeFigure({ data, layout, size }, "waterfall", options);
}

/** Whether the number after a bar's end would stand on the line at the total. */
function crossesTotal(
  { start, value }: Bar,
  total: number,
  perPixel: number,
  { small }: FigureSize,
): boolean {
  const end = start + value;
  const reach = end + Math.sign(value) * (textWidth(valueText(value), small) + 6) * perPixel;
  const slack = 2 * perPixel;
  return Math.min(end, reach) - slack < total && total < Math.max(end, reach) + slack;
}

function startText({ start, value }: Bar, at: number, { small }: FigureSize): PlotlyObject {
  return {
    text: valueText(value),
    ...{ x: roundValue(start, 5), y: at, xanchor: value < 0 ? "left" : "right" },
    xshift: value < 0 ? 3 : -3,
    showarrow: false,
    borderpad: 0,
    font: { size: small, color: INK },
  };
}

function valueText(value: number): string {
  return `${value > -5e-4 ? "+" : "\u2212"}${Math.abs(value).toFixed(3)}`;
}

function barTrace(
  bars: readonly Bar[],
  crossing: readonly boolean[],
  size: FigureSize,
): PlotlyObject {
  return {
    type: "bar",
    orientation: "h",
    base: roundValues(
      bars.map(({ start }) => start),
      5,
    ),
    x: roundValues(
      bars.map(({ value }) => value),
      5,
    ),
    y: bars.map((_, i) => i),
    width: 0.68,
    marker: { color: bars.map(({ colour }) => colour) },
    text: bars.map(({ value }, i) => (crossing[i] ? "" : valueText(value))),
    textposition: "outside",
    textfont: { size: size.small, color: INK },
    cliponaxis: false,
    customdata: bars.map(({ name }) => plotlyText(name)),
    hovertemplate: "%{customdata}<br>%{x:.4f}<extra></extra>",
  };
}

function totalLine(total: number, size: FigureSize): PlotlyObject {
  const x = roundValue(total, 5);
  const line = { color: INK, width: size.line * 0.7, dash: "dot" };
  return { type: "line", x0: x, x1: x, y0: 0, y1: 1, yref: "paper", layer: "below", line };
}

function totalName(
  { name, value }: WaterfallOptions["total"],
  isFar: boolean,
  size: FigureSize,
): PlotlyObject {
  return {
    text: `${plotlyText(name)} ${value.toFixed(3)}`,
    ...{ x: roundValue(value, 5), y: -0.75, xanchor: isFar ? "right" : "left" },
    xshift: isFar ? -4 : 4,
    showarrow: false,
    font: { size: size.small, color: INK },
  };
}

function placeBars(bars: readonly WaterfallBar[]): Bar[] {
  let start = 0;
  return bars.map((bar) => {
    const placed = { ...bar, start };
    start += bar.value;
    return placed;
  });
}
