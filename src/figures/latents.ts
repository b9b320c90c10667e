import { correlation, meanOf as mean } from "../core/statistics.js";
import { meanOf, medianOf } from "./charts/bins.js";
import { type HistogramSeries, histogram } from "./charts/histogram.js";
import { type Line, lines } from "./charts/lines.js";
import { scatter } from "./charts/scatter.js";
import type { Figure, FigureOptions, NamedSeries } from "./figure.js";
import { requireEqualLengths, requireSome, roundValue } from "./figure.js";
import { formatNumber, plotlyText } from "./drawing/text.js";
import { CATEGORIES, MUTED } from "./theme/theme.js";

/** A number that others report, such as the paper's median. */
export interface Reference {
  name: string;
  value: number;
}

/** The latents of one SAE. */
export interface DensitySeries extends NamedSeries {
  /** Share of documents in which each latent is active, 0 to 1 [n]. Latents at 0 are dead: counted, not drawn. */
  densities: ArrayLike<number>;
}

/** One latent's activations. */
export interface ActivationSeries extends NamedSeries {
  /** Its activation in each document where it is active; what is not finite or not above 0 is left out. */
  values: ArrayLike<number>;
}

/** The latents of one SAE. */
export interface CosineSeries extends NamedSeries {
  /** Cosine of each latent's encoder and decoder directions, -1 to 1 [n]; what is not finite is left out. */
  cosines: ArrayLike<number>;
}

/** The latents of one SAE and those of them that are kept. */
export interface KeptLatents {
  /** What the latents are laid out by, such as their density or a score [n]. */
  values: ArrayLike<number>;
  /** Whether each is kept, such as in the clean set or in a family [n]. */
  kept: ArrayLike<boolean>;
}

/** Magnitudes in falling order. */
export interface RankSeries extends NamedSeries {
  /** By rank, the largest first. */
  values: ArrayLike<number>;
  /** The same smoothed, drawn as a dashed line. */
  smooth?: ArrayLike<number>;
  /** Rank at which a dotted line stands, such as an SAE's k. */
  mark?: number;
}

/** What the scatter shows, by latent [n]. */
export interface CosineScatterInput {
  /** Largest cosine of the latent's decoder direction with another one of the SAE. */
  nearest: ArrayLike<number>;
  /** Cosine of its encoder and decoder directions. */
  encoderDecoder: ArrayLike<number>;
}

/** Options of `drawCosineScatter`. */
export interface CosineScatterOptions extends FigureOptions {
  /** A line that others report, dashed: its slope, and the point that it goes through. */
  reference?: { name: string; slope: number; through: readonly [number, number] };
}

/** Options of the histograms of latents. */
export interface LatentHistogramOptions extends FigureOptions {
  /** Width of a bin, of log10 where values are on a log axis. */
  binWidth?: number;
  /** Numbers of others, each as a dotted line. */
  references?: readonly Reference[];
}

/** Options of `drawKeptLatents`. */
export interface KeptLatentsOptions extends FigureOptions {
  /** What the values are. Default "density". */
  axis?: string;
  /** What kept ones are called. Default "in families". */
  keptName?: string;
  /** Bins of log10 of the values, those that are not above 0 left out. Default true. */
  log?: boolean;
  /** Width of a bin; of log10 where `log` is set. Default 0.1. */
  binWidth?: number;
}

/**
 * How dense the latents are: a histogram of log10 density per SAE, a dashed line at the median of its live latents; bins of
 * 0.1. Throws RangeError if there is no series or a density is not from 0 to 1.
 */
export function drawDensityHistogram(
  series: readonly DensitySeries[],
  { binWidth = 0.1, ...options }: LatentHistogramOptions = {},
): Figure {
  requireSome("drawDensityHistogram", series);
  const shown = series.map(({ name, densities, colour }): HistogramSeries => {
    const values = logDensities(densities);
    const mark = medianOf(values);
    const dead = densities.length - values.length;
    const notes = [
      mark === undefined ? "no live latent" : `median ${formatNumber(mark, 2)}`,
      ...(dead > 0 ? [`${dead} dead`] : []),
    ];
    return { name, values, legend: `${name} (${notes.join(", ")})`, mark, colour };
  });
  return histogram({
    ...{ defaultName: "density-histogram", defaultTitle: "Density of latents", ...options },
    panels: [{ series: shown }],
    ...{ x: { title: "log<sub>10</sub> density" }, binWidth, counted: "latents" },
    hover: "%{y} latents<br>log10 density %{customdata}",
  });
}

/**
 * How strongly latents are active in the documents that have them: a histogram of the activations above 0 for each,
 * a dashed line at its median; bins of a round width, 20 to 50 of them. Throws RangeError if there is no series.
 */
export function drawActivationHistogram(
  series: readonly ActivationSeries[],
  options: LatentHistogramOptions = {},
): Figure {
  requireSome("drawActivationHistogram", series);
  const shown = series.map(({ name, values: all, colour }): HistogramSeries => {
    const values = Float64Array.from(all).filter((value) => Number.isFinite(value) && value > 0);
    const mark = medianOf(values);
    const count = values.length.toLocaleString("en-US");
    const documents = `${count} ${values.length === 1 ? "document" : "documents"}`;
    const note =
      mark === undefined ? "active in no document" : `${documents}, median ${formatNumber(mark)}`;
    return { name, values, legend: `${name} (${note})`, mark, colour };
  });
  return histogram({
    defaultName: "activation-histogram",
    defaultTitle: series.length === 1 ? "Activations of a latent" : "Activations of latents",
    ...options,
    panels: [{ series: shown }],
    ...{ x: { title: "activation" }, counted: "documents" },
    binWidth: options.binWidth ?? roundBinWidth(shown.map(({ values }) => values)),
    hover: "%{y} documents<br>activation %{customdata}",
  });
}

/**
 * How far the latents' encoder and decoder directions agree: a histogram of their cosines for each SAE, a dashed
 * line at its mean; bins of 0.01. Throws RangeError if there is no series.
 */
export function drawEncoderDecoderCosine(
  series: readonly CosineSeries[],
  { binWidth = 0.01, ...options }: LatentHistogramOptions = {},
): Figure {
  requireSome("drawEncoderDecoderCosine", series);
  const named = { defaultName: "encoder-decoder-cosine" };
  return histogram({
    ...{ ...named, defaultTitle: "Encoder and decoder directions", ...options },
    panels: [
      { series: series.map(({ cosines, ...one }) => meanSeries(one, cosines, "latent", 3)) },
    ],
    ...{ x: { title: "cosine of encoder and decoder direction" }, binWidth, counted: "latents" },
    hover: "%{y} latents<br>cosine %{customdata}",
  });
}

/**
 * Whether latents whose decoder direction has a near neighbour are read by another direction than they write: a point per
 * latent, with the least-squares line. Throws RangeError for fewer than two latents and where lengths differ.
 */
export function drawCosineScatter(
  { nearest, encoderDecoder }: CosineScatterInput,
  { reference, ...options }: CosineScatterOptions = {},
): Figure {
  requireEqualLengths("drawCosineScatter", { nearest, encoderDecoder });
  const kept = Array.from(nearest, (_, latent) => latent).filter(
    (latent) => Number.isFinite(nearest[latent]) && Number.isFinite(encoderDecoder[latent]),
  );
  if (kept.length < 2) {
    throw new RangeError(`drawCosineScatter: expected two latents or more, got ${kept.length}`);
  }
  const x = kept.map((latent) => nearest[latent]);
  const y = kept.map((latent) => encoderDecoder[latent]);
  const fit = fitLine(x, y);
  const [low, high] = [Math.min(...x), Math.max(...x)];
  const line = (name: string, slope: number, [px, py]: readonly [number, number]): Line => {
    const ends = [Math.min(low, px), Math.max(high, px)];
    return { name, x: ends, y: ends.map((at) => py + slope * (at - px)), hover: "" };
  };
  const own = `slope ${formatNumber(fit.slope, 2)}, correlation ${formatNumber(fit.correlation, 2)}`;
  const theirs = reference && `${reference.name}: slope ${formatNumber(reference.slope, 2)}`;
  return scatter({
    defaultName: "encoder-decoder-scatter",
    defaultTitle: "Directions of each latent",
    ...options,
    groups: [
      {
        ...{ name: "", x, y, customdata: kept },
        hover: "latent %{customdata}<br>nearest %{x}<br>encoder %{y}<extra></extra>",
      },
    ],
    lines: [
      { ...line(own, fit.slope, fit.through), colour: CATEGORIES[1] },
      ...(reference && theirs !== undefined
        ? [
            {
              ...line(theirs, reference.slope, reference.through),
              ...{ colour: CATEGORIES[6], dash: "dash" as const },
            },
          ]
        : []),
    ],
    x: { title: "largest cosine with another decoder direction" },
    y: { title: "cosine of encoder and decoder" },
  });
}

/** A series with its mean in the legend and as a dashed line; `one` is what to say where it has no value. */
export function meanSeries(
  { name, colour }: { name: string; colour?: string },
  values: ArrayLike<number>,
  one: string,
  digits = 2,
): HistogramSeries {
  const mark = meanOf(values);
  const note = mark === undefined ? `no ${one}` : `mean ${formatNumber(mark, digits)}`;
  return { name, values, legend: `${name} (${note})`, mark, colour };
}

/**
 * Which latents the clean set or the families keep, by density or score: a histogram of all latents and, in front of
 * it, of those kept. Needs one value and one flag per latent. Throws RangeError for lists of different lengths.
 */
export function drawKeptLatents(
  { values, kept }: KeptLatents,
  options: KeptLatentsOptions = {},
): Figure {
  requireEqualLengths("drawKeptLatents", { values, kept });
  const { axis = "density", keptName = "in families", log = true, binWidth = 0.1 } = options;
  const all = Array.from(values, (value) => (log ? Math.log10(value) : value));
  const some = all.filter((_, latent) => kept[latent]);
  const [total, rest] = [all, some].map((list) => list.filter(Number.isFinite).length);
  const share = total === 0 ? 0 : Math.round((100 * rest) / total);
  const note = `${rest.toLocaleString("en")}, ${share} %`;
  return histogram({
    ...{ defaultName: "kept-latents", defaultTitle: `Latents kept by ${axis}`, ...options },
    panels: [
      {
        series: [
          { name: `all (${total.toLocaleString("en")})`, values: all, colour: MUTED },
          { name: `${keptName} (${note})`, values: some, colour: CATEGORIES[0] },
        ],
      },
    ],
    x: { title: log ? `log<sub>10</sub> ${plotlyText(axis)}` : plotlyText(axis) },
    ...{ binWidth, counted: "latents" },
  });
}

/**
 * How fast pre-activations fall off within a document: mean sorted |pre-activation| by rank for each SAE, its moving
 * average dashed, a dotted line at k. Needs `magnitudeDecay`. Throws RangeError without series.
 */
export function drawMagnitudeDecay(
  series: readonly RankSeries[],
  options: FigureOptions = {},
): Figure {
  requireSome("drawMagnitudeDecay", series);
  const named = { defaultName: "magnitude-decay", defaultTitle: "Magnitude of latents by rank" };
  const axes = { x: "rank of the latent in a document", y: "mean |pre-activation|" };
  return drawRanks(series, axes, { ...named, ...options });
}

/**
 * Whether few dimensions of the embeddings carry most: mean |value| of each dimension, sorted. Needs
 * `dimensionMagnitudes`. Throws RangeError without series.
 */
export function drawDimensionMagnitudes(
  series: readonly RankSeries[],
  options: FigureOptions = {},
): Figure {
  requireSome("drawDimensionMagnitudes", series);
  const sorted = series.map((one) => ({
    ...one,
    values: Float64Array.from(one.values).sort().reverse(),
  }));
  const defaultTitle = "Magnitude of the embeddings’ dimensions";
  const named = { defaultName: "dimension-magnitudes", defaultTitle };
  const axes = { x: "rank of the dimension", y: "mean |value|" };
  return drawRanks(sorted, axes, { ...named, ...options });
}

function drawRanks(
  series: readonly RankSeries[],
  { x, y }: { x: string; y: string },
  options: FigureOptions & { defaultName: string; defaultTitle: string },
): Figure {
  const marks = series.flatMap(({ mark, colour }, at) =>
    mark === undefined
      ? []
      : [{ x: mark, colour: colour ?? CATEGORIES[at % CATEGORIES.length], width: 0.8 }],
  );
  const hasSmooth = series.some(({ smooth }) => smooth);
  const ranked = series.flatMap(({ name, values, smooth, colour }, at): Line[] => {
    const line = (list: ArrayLike<number>): Omit<Line, "name"> => ({
      ...{ x: Array.from(list, (_, rank) => rank + 1), y: list },
      colour: colour ?? CATEGORIES[at % CATEGORIES.length],
      group: plotlyText(name),
    });
    const hover = `rank %{x}<br>%{y:.4f}<extra>${plotlyText(name)}</extra>`;
    const smoothed: Line[] = smooth
      ? [{ name: "", label: "none", ...line(smooth), dash: "dash", hover: "" }]
      : [];
    return [{ name, ...line(values), hover }, ...smoothed];
  });
  return lines({
    ...options,
    plots: [
      {
        lines: ranked,
        x: { title: x, grid: false, fromZero: true },
        y: { title: y, fromZero: true },
        marks,
      },
    ],
    keys: [
      ...(hasSmooth ? [{ name: "moving average", dash: "dash" as const }] : []),
      ...(marks.length > 0 ? [{ name: "k", dash: "dot" as const }] : []),
    ],
  });
}

function logDensities(densities: ArrayLike<number>): number[] {
  const logs: number[] = [];
  for (let i = 0; i < densities.length; i++) {
    const density = densities[i];
    if (!(density >= 0 && density <= 1)) {
      throw new RangeError(
        `drawDensityHistogram: a density must be from 0 to 1, got ${density} at ${i}`,
      );
    }
    if (density > 0) logs.push(Math.log10(density));
  }
  return logs;
}

/** 1, 2 or 5 times a power of ten, such that the widest series has at most 50 bins. */
function roundBinWidth(series: readonly ArrayLike<number>[]): number {
  const spreads = series.map((values) => {
    const list = Array.from(values);
    const low = list.reduce((least, value) => Math.min(least, value), Infinity);
    return list.reduce((most, value) => Math.max(most, value), low) - low;
  });
  const spread = spreads.reduce((most, value) => (value > most ? value : most), 0);
  if (spread < 1e-6) return 0.1;
  const power = 10 ** Math.floor(Math.log10(spread / 50));
  const steps = [1, 2, 5, 10].map((step) => step * power);
  return roundValue(steps.find((step) => spread / step <= 50) ?? 10 * power, 9);
}

/** The least-squares line of y on x. */
function fitLine(
  x: readonly number[],
  y: readonly number[],
): { slope: number; through: [number, number]; correlation: number } {
  const through: [number, number] = [mean(x), mean(y)];
  let [xx, xy] = [0, 0];
  for (let i = 0; i < x.length; i++) {
    xx += (x[i] - through[0]) ** 2;
    xy += (x[i] - through[0]) * (y[i] - through[1]);
  }
  // A correlation that is not defined is written as 0.
  return { slope: xx === 0 ? 0 : xy / xx, through, correlation: correlation(x, y) || 0 };
}
