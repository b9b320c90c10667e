import type { Figure, FigureOptions, PlotlyObject } from "../figure.js";
import { roundValue, roundValues } from "../figure.js";
import { markLine } from "./histogram.js";
import { logTicks } from "./loss-curve.js";
import { fitText, plotlyText, textWidth } from "../text.js";
import type { FigureSize } from "../theme.js";
import { axisLayout, CATEGORIES, composeFigure, figureSize, isTitled, MUTED } from "../theme.js";

/** One line with its points. */
export interface ErrorLine {
  /** Written at the line's right end, as plain text. */
  label: string;
  x: readonly number[];
  y: readonly number[];
  /** As #rrggbb. Default: the theme's categories in order. */
  colour?: string;
  /** Someone else's numbers: dashed, with hollow points. Default false. */
  isReference?: boolean;
  /** Plotly's name of the points' shape. Default "circle". */
  symbol?: string;
  /** Points without a line, such as one alone. Default false. */
  noLine?: boolean;
  /** No points on the line, for one of many values. Default false. */
  noPoints?: boolean;
}

/** An axis of `drawErrorLines`. */
export interface ErrorAxis {
  /** As plotly's markup. */
  title: string;
  log?: boolean;
  range?: readonly [number, number];
  /** Values that get a tick. */
  ticks?: readonly number[];
}

/** What `drawErrorLines` shows. */
export interface ErrorLinesInput {
  /** Default names of file and figure. */
  name: string;
  title: string;
  lines: readonly ErrorLine[];
  x: ErrorAxis;
  y: ErrorAxis;
  /** Dotted vertical lines with a few words. */
  marks?: readonly { x: number; label: string }[];
}

/**
 * Lines that are named at their right ends instead of in a legend, names pushed apart where they would meet. One's own
 * are solid, those of others dashed with hollow points. Throws RangeError without a line that has a point, and for values
 * that a log axis cannot show.
 */
export function drawErrorLines(input: ErrorLinesInput, options: FigureOptions = {}): Figure {
  checkLines(input);
  const size = figureSize(options);
  const titled = isTitled(size, options, input.title);
  const ranges = { x: axisRange(input, "x"), y: axisRange(input, "y") };
  const margin = {
    l: size.font * 5.2,
    r: labelRoom(input, size),
    t: (titled ? size.heading * 2.2 : size.font * 0.9) + (input.marks ? size.small * 1.2 : 0),
    b: size.font * 3.9,
    autoexpand: false,
  };
  const layout: PlotlyObject = {
    margin,
    xaxis: axisOf(input.x, ranges.x, size, { showgrid: false }),
    yaxis: axisOf(input.y, ranges.y, size, {}),
    annotations: [
      ...endLabels(input, { ranges, height: size.height - margin.t - margin.b }, size),
      ...(input.marks ?? []).map(({ x, label }) => markLabel(input.x, x, label, size)),
    ],
    shapes: (input.marks ?? []).map(({ x }) =>
      markLine(x, { colour: MUTED, line: size.line * 0.7, dash: "dot" }),
    ),
  };
  const data = input.lines.map((line, at) => lineTrace(line, colourOf(line, at), size));
  const { name, title } = input;
  return composeFigure({ name, title, data, layout, size }, options);
}

function checkLines({ name, lines, x, y }: ErrorLinesInput): void {
  if (lines.length === 0 || lines.some((line) => line.x.length === 0)) {
    throw new RangeError(`${name}: expected lines with points, got an empty one`);
  }
  for (const line of lines) {
    if (line.x.length !== line.y.length) {
      throw new RangeError(
        `${name}: "${line.label}" has ${line.x.length} x but ${line.y.length} y`,
      );
    }
    const bad = [...(x.log ? line.x : []), ...(y.log ? line.y : [])].find((value) => !(value > 0));
    if (bad !== undefined) throw new RangeError(`${name}: a log axis needs values > 0, got ${bad}`);
  }
}

function colourOf({ colour }: ErrorLine, at: number): string {
  return colour ?? CATEGORIES[at % CATEGORIES.length];
}

/** The axis's range in its own unit, log10 on a log axis, with a little room. */
function axisRange(input: ErrorLinesInput, side: "x" | "y"): [number, number] {
  const { log, range } = input[side];
  const place = (value: number): number => (log ? Math.log10(value) : value);
  if (range) return [place(range[0]), place(range[1])];
  const values = input.lines.flatMap((line) => line[side].map(place)).filter(Number.isFinite);
  if (side === "x") values.push(...(input.marks ?? []).map(({ x }) => place(x)));
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = (high - low || 1) * 0.05;
  // An error starts at 0 where that costs little room.
  const start = side === "y" && !log && low >= 0 && low < 0.4 * high ? 0 : low - room;
  return [roundValue(start, 5), roundValue(high + room, 5)];
}

function axisOf(
  { title, log, ticks }: ErrorAxis,
  range: [number, number],
  size: FigureSize,
  extra: PlotlyObject,
): PlotlyObject {
  const shown = ticks ?? (log ? logTicks(10 ** range[0], 10 ** range[1]) : undefined);
  const isWide = log === true && range[1] - range[0] > 2;
  const listed = shown && shown.length >= 2 && shown.length <= 12;
  return axisLayout(title, size, {
    ...extra,
    ...(log ? { type: "log" } : {}),
    range,
    automargin: false,
    ...(listed
      ? {
          tickmode: "array",
          tickvals: shown,
          ticktext: shown.map((value) => value.toLocaleString("en")),
        }
      : { exponentformat: "power", ...(isWide ? { dtick: 1 } : { nticks: 6 }) }),
  });
}

function lineTrace(line: ErrorLine, colour: string, size: FigureSize): PlotlyObject {
  const { label, isReference = false, noLine = false, noPoints = false, symbol = "circle" } = line;
  const points = noPoints ? "" : "markers";
  const name = plotlyText(label);
  return {
    type: "scatter",
    mode: [noLine ? "" : "lines", points].filter((part) => part !== "").join("+"),
    name,
    x: roundValues(line.x, 6),
    y: roundValues(line.y, 6),
    line: { color: colour, width: size.line, dash: isReference ? "dash" : "solid" },
    marker: {
      symbol,
      color: isReference ? "#ffffff" : colour,
      size: size.marker * 1.5,
      line: { color: colour, width: isReference ? size.line * 0.9 : 0 },
    },
    hovertemplate: `%{x}: %{y:.4f}<extra>${name}</extra>`,
    showlegend: false,
  };
}

function labelRoom({ lines }: ErrorLinesInput, size: FigureSize): number {
  const widest = Math.max(...lines.map(({ label }) => textWidth(label, size.small)));
  return Math.min(widest, size.width * 0.38) + size.font * 1.2;
}

/** Names at the plot's right edge, at the heights of the lines' ends, pushed apart to a line's height. */
function endLabels(
  input: ErrorLinesInput,
  frame: { ranges: { x: [number, number]; y: [number, number] }; height: number },
  size: FigureSize,
): PlotlyObject[] {
  const [low, high] = frame.ranges.y;
  const ends = input.lines.map((line, at) => {
    const value = line.y[line.y.length - 1];
    const place = input.y.log ? Math.log10(value) : value;
    return { line, at, height: ((place - low) / (high - low)) * frame.height };
  });
  const heights = spreadHeights(
    ends.map(({ height }) => height),
    size.small * 1.3,
    frame.height,
  );
  const most = size.width * 0.38;
  return ends.map(({ line, at }, i) => ({
    x: 1,
    xref: "paper",
    xanchor: "left",
    xshift: size.font * 0.5,
    y: roundValue(heights[i] / frame.height, 5),
    yref: "paper",
    yanchor: "middle",
    text: plotlyText(fitText(line.label, most, size.small)),
    font: { size: size.small, color: colourOf(line, at) },
    showarrow: false,
    borderpad: 0,
  }));
}

/** Heights at least `gap` apart and within 0 to `most` where they fit, near those wanted, in their order. */
function spreadHeights(wanted: readonly number[], gap: number, most: number): number[] {
  const order = wanted.map((_, at) => at).sort((a, b) => wanted[a] - wanted[b] || a - b);
  const out = [...wanted];
  // Blocks of touching names, each centred on its wanted heights' mean; blocks that meet become one.
  const blocks: { members: number[]; centre: number }[] = [];
  for (const at of order) {
    blocks.push({ members: [at], centre: wanted[at] });
    while (blocks.length > 1) {
      const [below, above] = blocks.slice(-2);
      const reach = ((below.members.length + above.members.length) * gap) / 2;
      if (above.centre - below.centre >= reach) break;
      const members = [...below.members, ...above.members];
      const centre = members.reduce((sum, member) => sum + wanted[member], 0) / members.length;
      blocks.splice(-2, 2, { members, centre: clamp(centre, members.length * gap, most) });
    }
  }
  for (const { members, centre } of blocks) {
    for (const [i, at] of members.entries()) {
      out[at] = centre + (i - (members.length - 1) / 2) * gap;
    }
  }
  return out;
}

function clamp(centre: number, length: number, most: number): number {
  return Math.max(length / 2, Math.min(most - length / 2, centre));
}

function markLabel(axis: ErrorAxis, x: number, label: string, size: FigureSize): PlotlyObject {
  return {
    x: axis.log ? roundValue(Math.log10(x), 5) : x,
    y: 1,
    yref: "paper",
    yanchor: "bottom",
    text: plotlyText(label),
    font: { size: size.small, color: MUTED },
    showarrow: false,
    borderpad: 0,
  };
}
