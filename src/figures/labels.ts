import { binWithin, medianOf } from "./charts/bins.js";
import { histogram } from "./charts/histogram.js";
import { type Line, lines } from "./charts/lines.js";
import { violins } from "./charts/violins.js";
import type { Figure, FigureOptions, NamedSeries } from "./figure.js";
import { requireEqualLengths } from "./figure.js";
import { formatNumber, plotlyText } from "./drawing/text.js";
import { CATEGORIES } from "./theme/theme.js";
import { correlation } from "../core/statistics.js";

/** The labels of one SAE. Series of one name have one colour in all panels. */
export interface ScoreSeries extends NamedSeries {
  /** Of each labelled latent; what is not finite has no score and is left out. */
  scores: ArrayLike<number>;
}

/** One corpus: its SAEs are stacked in one plot. */
export interface ScorePanel {
  /** Above the plot, such as "astro-ph". */
  name: string;
  series: readonly ScoreSeries[];
}

/** Options of `drawScoreHistogram`. */
export interface ScoreHistogramOptions extends FigureOptions {
  /** What the scores are, for the axis. Default "Pearson correlation". */
  score?: string;
  /** Least and largest score there can be. Default -1 to 1. */
  range?: readonly [number, number];
  /** Width of a bin. Default 0.1. */
  binWidth?: number;
}

/** Labels that have both numbers. */
export interface OverlapInput {
  /** Share of each label's words that its documents hold, 0 to 1; see `tokenOverlap`. */
  overlaps: ArrayLike<number>;
  /** Score of each label; what is not finite is left out. */
  scores: ArrayLike<number>;
}

/** Options of `drawOverlapViolins`. */
export interface OverlapViolinsOptions extends FigureOptions {
  /** What the scores are. Default "F1". */
  score?: string;
  /** Groups of equal width that the overlaps are put in. Default 5. */
  groups?: number;
}

/** Score from which on a label counts as good. */
const GOOD = 0.8;

/**
 * How good the labels are: a histogram of their scores for each corpus, its SAEs stacked, a dashed line at the median of
 * each. Needs the scores alone, such as those of `labels.jsonl` by name or of the paper's `feature_analysis_results`.
 * A score at the range's end counts in the last bin. Throws RangeError without panels or series and for scores outside
 * the range.
 */
export function drawScoreHistogram(
  panels: readonly ScorePanel[],
  options: ScoreHistogramOptions = {},
): Figure {
  if (panels.length === 0 || panels.some(({ series }) => series.length === 0)) {
    throw new RangeError("drawScoreHistogram: expected a panel with a series, got none");
  }
  const { score = "Pearson correlation", range = [-1, 1], binWidth = 0.1 } = options;
  binWithin([], range, binWidth);
  for (const { scores } of panels.flatMap(({ series }) => series)) requireWithin(scores, range);
  const isOne = panels.length === 1;
  return histogram({
    ...{ defaultName: "score-histogram", defaultTitle: `Labels by ${score}`, ...options },
    panels: panels.map(({ name, series }) => ({
      ...(isOne ? {} : { title: name, note: mediansNote(series) }),
      series: series.map((one) => ({
        ...{ name: one.name, values: one.scores, colour: one.colour, mark: medianOf(one.scores) },
        ...(isOne ? { legend: seriesLegend(one) } : {}),
      })),
    })),
    ...{ x: { title: plotlyText(score), range }, binWidth, stacked: true, counted: "latents" },
  });
}

/**
 * Whether labels score well because they repeat their documents: a violin of the scores for each range of word overlap,
 * with its median and quartiles, and their correlation r. Needs `tokenOverlap` and scores of labels (F1, or
 * without a model the embedding AUC). Throws RangeError for lists of different lengths and overlaps that are no shares.
 */
export function drawOverlapViolins(
  { overlaps, scores }: OverlapInput,
  options: OverlapViolinsOptions = {},
): Figure {
  requireEqualLengths("drawOverlapViolins", { overlaps, scores });
  const { score = "F1", groups = 5 } = options;
  const values: number[][] = Array.from({ length: groups }, () => []);
  for (let i = 0; i < overlaps.length; i++) {
    if (!(overlaps[i] >= 0 && overlaps[i] <= 1)) {
      throw new RangeError(
        `drawOverlapViolins: an overlap must be from 0 to 1, got ${overlaps[i]} at ${i}`,
      );
    }
    if (!Number.isFinite(scores[i])) continue;
    values[Math.min(groups - 1, Math.floor(overlaps[i] * groups + 1e-9))].push(scores[i]);
  }
  const edge = (g: number): string => formatNumber(g / groups, 2);
  const kept = (list: ArrayLike<number>): number[] =>
    Array.from(list).filter((_, i) => Number.isFinite(scores[i]));
  const r = correlation(kept(overlaps), kept(scores));
  const shown = Number.isFinite(r) ? `, r ${formatNumber(r, 2)}` : "";
  const what = `${score[0].toUpperCase()}${score.slice(1)}`;
  return violins({
    defaultName: "overlap-violins",
    defaultTitle: `${what} of labels by the words they share with documents`,
    ...options,
    groups: values.map((list, g) => ({
      name: `${edge(g)}–${edge(g + 1)}<br>(${list.length})`,
      values: list,
    })),
    x: `label’s words in its documents (labels)${shown}`,
    y: score,
  });
}

/**
 * How good the labels of several SAEs are, by k: the median of their scores and the share from 0.8 on, a point each.
 * `references` are lines of others. Throws RangeError where there is nothing to draw.
 */
export function drawScoresByK(
  saes: readonly { k: number; scores: readonly number[] }[],
  { references = [], ...options }: FigureOptions & { references?: readonly Line[] } = {},
): Figure {
  const scored = saes
    .map(({ k, scores }) => ({ k, scores: scores.filter(Number.isFinite) }))
    .filter(({ scores }) => scores.length > 0)
    .sort((a, b) => a.k - b.k);
  const own = (name: string, colour: string, valueOf: (scores: number[]) => number): Line => ({
    ...{ name, colour, label: "end", draw: scored.length > 1 ? "both" : "points", pointSize: 1.5 },
    x: scored.map(({ k }) => k),
    y: scored.map(({ scores }) => valueOf(scores)),
  });
  const goodShare = (scores: number[]): number =>
    scores.filter((value) => value >= GOOD).length / scores.length;
  const ours = [
    own("median", CATEGORIES[0], (scores) => medianOf(scores) ?? NaN),
    own(`share from ${GOOD}`, CATEGORIES[1], goodShare),
  ];
  const plot = {
    lines: [...(scored.length > 0 ? ours : []), ...references],
    x: { title: "k of the SAE", log: true, ticks: [4, 8, 16, 32, 64, 128] },
    y: { title: `median, and share from ${GOOD}`, range: [0, 1.05] as const },
  };
  const defaultTitle = "Pearson correlation of the labels by k";
  return lines({ defaultName: "label-scores-by-k", defaultTitle, ...options, plots: [plot] });
}

function requireWithin(scores: ArrayLike<number>, [low, high]: readonly [number, number]): void {
  for (let i = 0; i < scores.length; i++) {
    // Correlations of a few samples come out a rounding error beyond 1.
    if (scores[i] < low - 1e-6 || scores[i] > high + 1e-6) {
      throw new RangeError(
        `drawScoreHistogram: a score must be from ${low} to ${high}, got ${scores[i]} at ${i}`,
      );
    }
  }
}

function seriesLegend({ name, scores }: ScoreSeries): string {
  const median = medianOf(scores);
  const without = Array.from(scores).filter((score) => !Number.isFinite(score)).length;
  const notes = [
    median === undefined ? "no score" : `median ${formatNumber(median)}`,
    ...(without > 0 ? [`${without.toLocaleString("en")} without a score`] : []),
  ];
  return `${name} (${notes.join(", ")})`;
}

function mediansNote(series: readonly ScoreSeries[]): string {
  const known = series.map(({ scores }) => {
    const median = medianOf(scores);
    return median === undefined ? "–" : formatNumber(median, 2);
  });
  return `${known.length > 1 ? "medians" : "median"} ${known.join(", ")}`;
}
