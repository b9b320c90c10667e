import type { Figure, FigureOptions, PlotlyObject } from "../figure.js";
import { roundValue, roundValues } from "../figure.js";
import type { Bins } from "./histogram.js";
import { binRange, binValues, formatNumber, markLine, stepTrace } from "./histogram.js";
import { arrangePanels, panelAxis, panelSuffix, panelTitle } from "../panels.js";
import { plotlyText } from "../text.js";
import type { FigureSize } from "../theme.js";
import {
  axisLayout,
  CATEGORIES,
  composeFigure,
  figureSize,
  INK,
  isTitled,
  MUTED,
} from "../theme.js";

const RANDOM = "random directions";
const LATENTS = "latents";

/** The latents of one SAE against those of another. */
export interface MatchSeries {
  /** Above its plot, such as "n 9216 in n 3072". */
  name: string;
  /** Of each latent with its nearest of the other SAE, as `matchSaes` gives. */
  cosines: ArrayLike<number>;
  /** What `matchNull` gives for the same direction. */
  null: { cosines: ArrayLike<number>; threshold: number };
  /** As #rrggbb. Default: the first of the theme's categories. */
  colour?: string;
}

/** Options of `drawMatchHistogram`. */
export interface MatchHistogramOptions extends FigureOptions {
  /** Width of a bin. Default 0.02. */
  binWidth?: number;
}

/**
 * Recurrent and novel latents: the largest cosine of each latent with those of another SAE as a share of latents a bin,
 * beside that of random directions with the same spectrum (grey), a dashed line at the threshold above which a latent
 * counts as recurrent; a plot a direction or pair. Needs a decoder each of two SAEs or more. Throws RangeError without series.
 */
export function drawMatchHistogram(
  series: readonly MatchSeries[],
  options: MatchHistogramOptions = {},
): Figure {
  if (series.length === 0) throw new RangeError("drawMatchHistogram: expected a series, got none");
  const size = figureSize(options);
  const width = options.binWidth ?? 0.02;
  const title = "Recurrent and novel latents";
  const titled = isTitled(size, options, title);
  const { margin, places } = arrangePanels(series.length, size, options, titled);
  const own = series.map(({ cosines }) => shares(cosines, width));
  const chance = series.map((one) => shares(one.null.cosines, width));
  const range = binRange([...own, ...chance]);
  const room = (places[0].x[1] - places[0].x[0]) * (size.width - margin.l - margin.r);
  const data: PlotlyObject[] = [];
  const layout: PlotlyObject = { margin };
  const annotations: PlotlyObject[] = [];
  const shapes: PlotlyObject[] = [];
  for (const [at, one] of series.entries()) {
    const axis = panelSuffix(at);
    data.push(...panelTraces(one, own[at], chance[at], axis, size));
    layout[`xaxis${axis}`] = axisLayout("cosine with the nearest latent", size, {
      ...panelAxis(places[at], axis, "x"),
      showgrid: false,
      range,
    });
    layout[`yaxis${axis}`] = axisLayout("share", size, {
      ...panelAxis(places[at], axis, "y"),
      rangemode: "tozero",
      tickformat: ".0%",
    });
    const { threshold } = one.null;
    const mark = markLine(roundValue(threshold, 4), { colour: INK, line: size.line });
    shapes.push({ ...mark, xref: `x${axis}`, yref: `y${axis} domain` });
    const note = `${percent(shareAbove(one.cosines, threshold))} recurrent`;
    annotations.push(
      panelTitle(places[at], one.name, size, {
        note,
        width: room - note.length * size.small * 0.6,
      }),
    );
  }
  return composeFigure(
    {
      name: "match-histogram",
      title,
      data,
      layout: { ...layout, shapes, annotations },
      size,
      legend: [RANDOM, LATENTS],
    },
    options,
  );
}

/** The latents before random directions; the first plot's stand in the legend for all. */
function panelTraces(
  { name, colour = CATEGORIES[0] }: MatchSeries,
  own: Bins,
  chance: Bins,
  axis: string,
  size: FigureSize,
): PlotlyObject[] {
  const common = { showlegend: axis === "", xaxis: `x${axis}`, yaxis: `y${axis}` };
  return [
    {
      ...stepTrace(chance, { colour: MUTED, line: size.line * 0.7 }),
      name: RANDOM,
      hovertemplate: "%{y:.1%} of random directions<br>cosine %{customdata}<extra></extra>",
      legendgroup: RANDOM,
      ...common,
    },
    {
      ...stepTrace(own, { colour, line: size.line }),
      name: LATENTS,
      hovertemplate: `%{y:.1%} of latents<br>cosine %{customdata}<extra>${plotlyText(name)}</extra>`,
      legendgroup: LATENTS,
      ...common,
    },
  ];
}

function shares(cosines: ArrayLike<number>, width: number): Bins {
  const bins = binValues(cosines, width);
  const total = bins.counts.reduce((sum, count) => sum + count, 0);
  const counts = bins.counts.map((count) => count / total);
  return { ...bins, counts: roundValues(counts, 5) as number[] };
}

function shareAbove(cosines: ArrayLike<number>, threshold: number): number {
  const list = Array.from(cosines).filter(Number.isFinite);
  return list.filter((cosine) => cosine > threshold).length / list.length;
}

function percent(share: number): string {
  return Number.isFinite(share) ? `${formatNumber(100 * share, 0)} %` : "none";
}
