import type { PlotlyObject } from "../figure.js";
import { roundValue } from "../figure.js";
import type { FigureSize } from "../theme/theme.js";
import { axisLayout } from "../theme/theme.js";

/** An axis of a chart. */
export interface Axis {
  /** As plotly's markup. */
  title: string;
  /** Default false. */
  log?: boolean;
  /** In the values' own unit. Default: what the data take. */
  range?: readonly [number, number];
  /** Values that get a tick. */
  ticks?: readonly number[];
  /** Grid lines across the plot. Default true. */
  grid?: boolean;
  /** Whether 0 is on it even where no value is near. Default false. */
  fromZero?: boolean;
  /** d3's format of the ticks, such as ".0%". */
  format?: string;
  /** Anything else that plotly's axes take, laid over. */
  layout?: PlotlyObject;
}

const LOG_TICKS = [1, 2, 3, 5, 7];

/** The axis in the theme's style; `extra` is what the chart decides, such as its place. */
export function layOutAxis(axis: Axis, size: FigureSize, extra: PlotlyObject = {}): PlotlyObject {
  const { title, log, range, ticks, grid = true, fromZero, format, layout } = axis;
  return axisLayout(title, size, {
    ...(log ? { type: "log" } : {}),
    ...(range ? { range: range.map((end) => logPlace(axis, end)) } : {}),
    ...(ticks ? tickLayout(ticks) : {}),
    ...(grid ? {} : { showgrid: false }),
    ...(fromZero ? { rangemode: "tozero" } : {}),
    ...(format === undefined ? {} : { tickformat: format }),
    ...layout,
    ...extra,
  });
}

/** Ticks at these values, with plain numbers. */
export function tickLayout(ticks: readonly number[]): PlotlyObject {
  return {
    tickmode: "array",
    tickvals: ticks,
    ticktext: ticks.map((value) => value.toLocaleString("en", { maximumFractionDigits: 12 })),
  };
}

/**
 * A log axis with ticks at round numbers where two or more lie between the values, those of 0 and less left out; a linear
 * one where none is left.
 */
export function logAxis(values: readonly number[]): Pick<Axis, "log" | "ticks"> {
  const above = values.filter((value) => value > 0);
  if (above.length === 0) return {};
  const ticks = logTicks(minOf(above), maxOf(above));
  return ticks.length >= 2 ? { log: true, ticks } : { log: true };
}

/** Places of ticks of a log axis from about `low` to about `high`, both above 0. */
export function logTicks(low: number, high: number): number[] {
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++) {
    for (const tick of LOG_TICKS) ticks.push(roundValue(tick * 10 ** power, 9));
  }
  return ticks.filter((tick) => tick >= low * 0.9 && tick <= high * 1.1);
}

/** Where a value stands on the axis: its log10 on a log axis. */
export function logPlace({ log }: Pick<Axis, "log">, value: number): number {
  return log ? Math.log10(value) : value;
}

/** The range that lines take on the axis, in its own unit (log10 on a log axis), with a little room. */
export function axisRange(
  axis: Axis,
  lines: readonly { x: ArrayLike<number>; y: ArrayLike<number> }[],
  side: "x" | "y",
  more: readonly number[] = [],
): [number, number] {
  const place = (value: number): number => logPlace(axis, value);
  if (axis.range) return [place(axis.range[0]), place(axis.range[1])];
  const values = [...lines.flatMap((line) => Array.from(line[side])), ...more]
    .map(place)
    .filter(Number.isFinite);
  const [low, high] = [minOf(values), maxOf(values)];
  const room = (high - low || 1) * 0.05;
  // An error starts at 0 where that costs little room.
  const start = side === "y" && !axis.log && low >= 0 && low < 0.4 * high ? 0 : low - room;
  return [roundValue(start, 5), roundValue(high + room, 5)];
}

/** Ticks that fit this range of the axis: those asked for, else round ones. */
export function axisTicks({ log, ticks }: Axis, range: readonly [number, number]): PlotlyObject {
  const shown = ticks ?? (log ? logTicks(10 ** range[0], 10 ** range[1]) : []);
  const isShort = !log || 10 ** range[1] < 1e6;
  if (isShort && shown.length >= 2 && shown.length <= 12) return tickLayout(shown);
  const isWide = log === true && range[1] - range[0] > 2;
  return { exponentformat: "power", ...(isWide ? { dtick: 1 } : { nticks: 6 }) };
}

function minOf(values: readonly number[]): number {
  return values.reduce((least, value) => Math.min(least, value), Infinity);
}

function maxOf(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), -Infinity);
}
