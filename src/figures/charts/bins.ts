import { transparent } from "../theme/colour.js";
import type { PlotlyObject } from "../figure.js";
import { roundValue } from "../figure.js";
import { formatNumber } from "../drawing/text.js";

/** Counts in bins of one width: bin b holds the values from `start + b * width` up to the next bin's start. */
export interface Bins {
  start: number;
  width: number;
  counts: number[];
}

/**
 * Counts `values` in bins of `width` whose edges are multiples of it; what is not finite is left out. A value within
 * 1e-9 of a bin below an edge counts as on the edge. Throws RangeError if `width` is not over 0 or the range would
 * need more than 10,000 bins.
 */
export function binValues(values: ArrayLike<number>, width: number): Bins {
  if (!(width > 0)) throw new RangeError(`histogram: bin width must be over 0, got ${width}`);
  let low = Infinity;
  let high = -Infinity;
  // Without the nudge 0.3 / 0.1 = 2.999… would fall into the bin below.
  const binOf = (value: number): number => Math.floor(value / width + 1e-9);
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) continue;
    low = Math.min(low, binOf(values[i]));
    high = Math.max(high, binOf(values[i]));
  }
  if (low > high) return { start: 0, width, counts: [] };
  if (high - low >= 10_000) {
    throw new RangeError(
      `histogram: bins of ${width} over ${low * width} to ${high * width} are more than 10000`,
    );
  }
  const counts = new Array<number>(high - low + 1).fill(0);
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i])) counts[binOf(values[i]) - low]++;
  }
  return { start: roundValue(low * width, 9), width, counts };
}

/** The range of an axis that shows all of `histograms` with a bin's room at either side; undefined if all are empty. */
export function binRange(histograms: readonly Bins[]): [number, number] | undefined {
  let low = Infinity;
  let high = -Infinity;
  for (const { start, width, counts } of histograms) {
    if (counts.length === 0) continue;
    low = Math.min(low, start - width);
    high = Math.max(high, start + (counts.length + 1) * width);
  }
  return low < high ? [roundValue(low, 6), roundValue(high, 6)] : undefined;
}

/**
 * Counts `values` in bins of `width` from `low` to `high`; the last one holds `high` too, and what lies beyond an end counts
 * in the bin there. Throws RangeError unless that makes 1 to 10,000 bins.
 */
export function binWithin(
  values: ArrayLike<number>,
  [low, high]: readonly [number, number],
  width: number,
): Bins {
  const bins = Math.ceil((high - low) / width - 1e-9);
  if (!(width > 0 && bins >= 1 && bins <= 10_000)) {
    throw new RangeError(
      `histogram: expected a range with 1 to 10000 bins, got ${low} to ${high} by ${width}`,
    );
  }
  const counts = new Array<number>(bins).fill(0);
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) continue;
    const bin = Math.floor((values[i] - low) / width + 1e-9);
    counts[Math.min(bins - 1, Math.max(0, bin))]++;
  }
  return { start: low, width, counts };
}

/** 1, 2 or 5 times a power of ten, such that the widest series has at most 50 bins. */
export function roundBinWidth(series: readonly { values: ArrayLike<number> }[]): number {
  const spreads = series.map(({ values }) => {
    const list = Array.from(values).filter(Number.isFinite);
    const low = list.reduce((least, value) => Math.min(least, value), Infinity);
    return list.reduce((most, value) => Math.max(most, value), low) - low;
  });
  const spread = spreads.reduce((most, value) => (value > most ? value : most), 0);
  if (spread < 1e-6) return 0.1;
  const power = 10 ** Math.floor(Math.log10(spread / 50));
  const steps = [1, 2, 5, 10].map((step) => step * power);
  return roundValue(steps.find((step) => spread / step <= 50) ?? 10 * power, 9);
}

/** The counts as shares of all, or as shares per unit of the values' axis. */
export function scaleBins(bins: Bins, scale: "share" | "density"): Bins {
  const total = bins.counts.reduce((sum, count) => sum + count, 0);
  const whole = scale === "share" ? total : total * bins.width;
  return { ...bins, counts: bins.counts.map((count) => roundValue(count / whole, 5)) };
}

/** Mean of the finite values; undefined where there is none. */
export function meanOf(values: ArrayLike<number>): number | undefined {
  let sum = 0;
  let count = 0;
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) continue;
    sum += values[i];
    count++;
  }
  return count > 0 ? sum / count : undefined;
}

/** Bins as a filled step line; `hover` is plotly's template with %{customdata} for a bin's range and %{y}. */
export function stepTrace(
  bins: Bins,
  style: { colour: string; line: number; dash?: "solid" | "dash" | "dot" },
): PlotlyObject {
  const { start, width, counts } = bins;
  const x: number[] = [];
  const y: number[] = [];
  const ranges: string[] = [];
  for (let b = 0; b < counts.length; b++) {
    const left = roundValue(start + b * width, 6);
    const right = roundValue(start + (b + 1) * width, 6);
    // Both ends of each step are points, so that hovering anywhere over a bin finds it.
    x.push(left, right);
    y.push(counts[b], counts[b]);
    const range = `${formatNumber(left)} to ${formatNumber(right)}`;
    ranges.push(range, range);
  }
  if (counts.length > 0) {
    x.unshift(x[0]);
    y.unshift(0);
    ranges.unshift(ranges[0]);
    x.push(x[x.length - 1]);
    y.push(0);
    ranges.push(ranges[ranges.length - 1]);
  }
  return {
    type: "scatter",
    mode: "lines",
    x,
    y,
    customdata: ranges,
    line: {
      ...{ color: style.colour, width: style.line, shape: "linear" },
      ...(style.dash && { dash: style.dash }),
    },
    // Areas of several dashed outlines would lie on each other.
    ...(style.dash ? {} : { fill: "tozeroy", fillcolor: transparent(style.colour, 0.22) }),
  };
}

/** Bins as bars; %{customdata} in a template is a bin's range. */
export function barTrace({ start, width, counts }: Bins, colour: string): PlotlyObject {
  const at = (bin: number): number => roundValue(start + bin * width, 6);
  return {
    type: "bar",
    x: counts.map((_, bin) => roundValue(start + (bin + 0.5) * width, 6)),
    y: counts,
    width,
    customdata: counts.map((_, bin) => `${formatNumber(at(bin))} to ${formatNumber(at(bin + 1))}`),
    marker: { color: transparent(colour, 0.6), line: { color: colour, width: 0.5 } },
  };
}
