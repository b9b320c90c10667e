import { textColour, transparent } from "../colour.js";
import type { Figure, FigureOptions, PlotlyObject } from "../figure.js";
import { roundValue } from "../figure.js";
import { formatNumber, medianOf } from "./histogram.js";
import { arrangePanels, panelAxis, panelSuffix, panelTitle } from "../panels.js";
import { plotlyText } from "../text.js";
import type { FigureSize } from "../theme.js";
import { axisLayout, CATEGORIES, composeFigure, figureSize, isTitled } from "../theme.js";

/** The labels of one SAE. */
export interface ScoreSeries {
  /** Shown in the legend, such as "k 16, n 3072". Series of one name have one colour in all panels. */
  name: string;
  /** Of each labelled latent; what is not finite has no score and is left out. */
  scores: ArrayLike<number>;
  /** As #rrggbb. Default: the theme's categories in order. */
  colour?: string;
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

interface Binned {
  series: ScoreSeries;
  counts: number[];
  median: number | undefined;
  colour: string;
}

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
  const size = figureSize(options);
  const names = [...new Set(panels.flatMap(({ series }) => series.map(({ name }) => name)))];
  const binned = panels.map(({ series }) =>
    series.map((one) => {
      const colour = one.colour ?? CATEGORIES[names.indexOf(one.name) % CATEGORIES.length];
      const counts = binScores(one.scores, range, binWidth);
      return { series: one, counts, median: medianOf(one.scores), colour };
    }),
  );
  const single = panels.length === 1;
  const legend = single ? binned[0].map(describe) : names;
  const title = `Labels by ${score}`;
  const { margin, places } = arrangePanels(
    panels.length,
    size,
    options,
    isTitled(size, options, title),
  );
  const layout: PlotlyObject = { barmode: "stack", bargap: 0, margin };
  for (const [p, place] of places.entries()) {
    const axis = panelSuffix(p);
    layout[`xaxis${axis}`] = axisLayout(plotlyText(score), size, {
      ...panelAxis(place, axis, "x"),
      showgrid: false,
      range,
    });
    layout[`yaxis${axis}`] = axisLayout("latents", size, {
      ...panelAxis(place, axis, "y"),
      rangemode: "tozero",
    });
  }
  const data = stackTraces(binned, single ? legend : undefined, range[0], binWidth);
  const shapes = binned.flatMap((list, p) =>
    list.flatMap(({ median, colour }) =>
      median === undefined ? [] : [medianLine(median, colour, panelSuffix(p), size)],
    ),
  );
  const width = (places[0].x[1] - places[0].x[0]) * (size.width - margin.l - margin.r);
  const annotations = single
    ? []
    : places.map((place, p) =>
        panelTitle(place, panels[p].name, size, { ...medians(binned[p]), width }),
      );
  Object.assign(layout, { shapes, annotations });
  return composeFigure({ name: "score-histogram", title, data, layout, size, legend }, options);
}

/** Counts in bins from the range's start; the last one holds its end too. */
function binScores(
  scores: ArrayLike<number>,
  [low, high]: readonly [number, number],
  width: number,
): number[] {
  const bins = Math.ceil((high - low) / width - 1e-9);
  if (!(width > 0 && bins >= 1 && bins <= 10_000)) {
    throw new RangeError(
      `drawScoreHistogram: expected a range with 1 to 10000 bins, got ${low} to ${high} by ${width}`,
    );
  }
  const counts = new Array<number>(bins).fill(0);
  for (let i = 0; i < scores.length; i++) {
    const score = scores[i];
    if (!Number.isFinite(score)) continue;
    // Correlations of a few samples come out a rounding error beyond 1.
    if (score < low - 1e-6 || score > high + 1e-6) {
      throw new RangeError(
        `drawScoreHistogram: a score must be from ${low} to ${high}, got ${score} at ${i}`,
      );
    }
    const bin = Math.floor((score - low) / width + 1e-9);
    counts[Math.min(bins - 1, Math.max(0, bin))]++;
  }
  return counts;
}

function describe({ series, counts, median }: Binned): string {
  const scored = counts.reduce((sum, count) => sum + count, 0);
  const without = series.scores.length - scored;
  const notes = [
    median === undefined ? "no score" : `median ${formatNumber(median)}`,
    ...(without > 0 ? [`${without.toLocaleString("en")} without a score`] : []),
  ];
  return `${series.name} (${notes.join(", ")})`;
}

function medians(binned: readonly Binned[]): { note: string } {
  const known = binned.map(({ median }) => (median === undefined ? "–" : formatNumber(median, 2)));
  return { note: `${known.length > 1 ? "medians" : "median"} ${known.join(", ")}` };
}

/** The bars of all panels; SAEs of one name share the legend entry of the first. */
function stackTraces(
  binned: readonly (readonly Binned[])[],
  entries: readonly string[] | undefined,
  low: number,
  width: number,
): PlotlyObject[] {
  const first = new Set<string>();
  return binned.flatMap((list, p) =>
    list.map((one, s) => {
      const { name } = one.series;
      const showlegend = !first.has(name);
      first.add(name);
      return {
        ...barTrace(one, low, width),
        name: plotlyText(entries?.[s] ?? name),
        legendgroup: plotlyText(name),
        showlegend,
        ...{ xaxis: `x${panelSuffix(p)}`, yaxis: `y${panelSuffix(p)}` },
      };
    }),
  );
}

function barTrace({ series, counts, colour }: Binned, low: number, width: number): PlotlyObject {
  const at = (bin: number): number => roundValue(low + bin * width, 6);
  return {
    type: "bar",
    x: counts.map((_, bin) => roundValue(low + (bin + 0.5) * width, 6)),
    y: counts,
    width,
    customdata: counts.map((_, bin) => `${formatNumber(at(bin))} to ${formatNumber(at(bin + 1))}`),
    marker: { color: transparent(colour, 0.6), line: { color: "#ffffff", width: 0.5 } },
    hovertemplate: `%{y} latents<br>%{customdata}<extra>${plotlyText(series.name)}</extra>`,
  };
}

function medianLine(x: number, colour: string, axis: string, size: FigureSize): PlotlyObject {
  return {
    type: "line",
    ...{ x0: roundValue(x, 4), x1: roundValue(x, 4), xref: `x${axis}` },
    ...{ y0: 0, y1: 1, yref: `y${axis} domain` },
    line: { color: textColour(colour), width: size.line * 1.2, dash: "dash" },
  };
}
