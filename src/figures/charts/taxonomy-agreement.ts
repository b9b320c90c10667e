import { transparent } from "../colour.js";
import type { Figure, FigureOptions, PlotlyObject } from "../figure.js";
import { roundValues } from "../figure.js";
import { binValues } from "./histogram.js";
import { plotlyText } from "../text.js";
import type { FigureSize } from "../theme.js";
import { axisLayout, CATEGORIES, composeFigure, figureSize, MUTED } from "../theme.js";

/** Mean and standard deviation of a null over its runs. */
export interface NullSpread {
  mean: number;
  sd: number;
}

/** Parent-child edges from some threshold upwards; `EdgeAgreement` with its threshold fits. */
export interface EdgeAgreementPoint {
  /** Least edge weight, or whatever `edgeAxis` says. */
  threshold: number;
  /** Edges that can be judged. */
  edges: number;
  /** Share of them whose parent's class lies above the child's or is the same; NaN without edges. */
  share: number;
  /** 95 % interval of `share`. */
  interval: readonly [number, number];
  /** `share` with parents dealt out anew among the same edges. */
  shuffledNull: NullSpread;
  /** `share` of random pairs. */
  randomNull?: NullSpread;
}

/** What the figure shows. */
export interface TaxonomyAgreementInput {
  /** By ascending threshold. */
  edges: readonly EdgeAgreementPoint[];
  /** F1 of each live latent with its best class, 0 to 1. */
  f1: ArrayLike<number>;
  /** The same with documents and classes paired at random; the values of several runs may follow each other. */
  nullF1: ArrayLike<number>;
  /** F1 of each latent on documents that neither its class nor its threshold was chosen on. */
  heldOutF1?: ArrayLike<number>;
  /** F1 of each family's documents with its best class. */
  familyF1?: ArrayLike<number>;
}

/** Options of `drawTaxonomyAgreement`. */
export interface TaxonomyAgreementOptions extends FigureOptions {
  /** Name of the threshold's axis, as plain text. Default "least edge weight". */
  edgeAxis?: string;
  /** Width of a step of F1. Default 0.01. */
  binWidth?: number;
}

const SAE_COLOUR = CATEGORIES[0];
const RANDOM_COLOUR = CATEGORIES[1];
const FAMILY_COLOUR = CATEGORIES[2];

/**
 * Agreement with a known taxonomy, each beside chance: the share of parent-child edges that run from a class to the
 * same or a narrower one, by threshold; and the share of latents (and of families) that match some class with at least
 * a given F1, on a log axis. Bands are 95 % intervals of the SAE, two standard deviations of the null. The two plots stand side by
 * side, in a paper column one above the other.
 */
export function drawTaxonomyAgreement(
  input: TaxonomyAgreementInput,
  options: TaxonomyAgreementOptions = {},
): Figure {
  const size = figureSize(options);
  const stacked = size.width < 450;
  if (options.height === undefined && options.size !== "slide") {
    size.height = Math.round(size.width * (stacked ? 1.35 : 0.48));
  }
  const tails = tailTraces(input, options.binWidth ?? 0.01, size);
  const data = [...edgeTraces(input.edges, size), ...tails];
  const gap = (size.font * 6) / (stacked ? size.height : size.width);
  const near = [0, 0.5 - gap / 2];
  const far = [0.5 + gap / 2, 1];
  const layout = {
    xaxis: axisLayout(plotlyText(options.edgeAxis ?? "least edge weight"), size, {
      ...(stacked ? {} : { domain: near }),
      anchor: "y",
      showgrid: false,
    }),
    yaxis: axisLayout("edges that agree", size, {
      ...(stacked ? { domain: far } : {}),
      range: [0, 1.02],
      tickformat: ".0%",
    }),
    xaxis2: axisLayout("F1 with the best class", size, {
      ...(stacked ? {} : { domain: far }),
      anchor: "y2",
      range: [0, 1],
      showgrid: false,
    }),
    yaxis2: axisLayout("share of at least this F1", size, {
      ...(stacked ? { domain: near } : {}),
      anchor: "x2",
      type: "log",
      range: [Math.log10(leastShare(tails)) - 0.15, 0.05],
      dtick: 1,
      tickformat: "~%",
    }),
  };
  const legend = [
    ...["this SAE", "shuffled", "random pairs"],
    ...(input.heldOutF1 ? ["held out"] : []),
    ...(input.familyF1 ? ["families"] : []),
  ];
  const title = "Agreement with a known taxonomy";
  return composeFigure({ name: "taxonomy-agreement", title, data, layout, size, legend }, options);
}

function edgeTraces(points: readonly EdgeAgreementPoint[], size: FigureSize): PlotlyObject[] {
  const x = points.map((point) => point.threshold);
  const nulls = points.map((point) => point.shuffledNull);
  const marker = { size: size.marker * 1.3, color: SAE_COLOUR };
  const traces = [
    bandTrace(
      x,
      nulls.map(({ mean, sd }) => [mean - 2 * sd, mean + 2 * sd]),
      MUTED,
    ),
    {
      ...lineTrace(
        "shuffled",
        x,
        nulls.map(({ mean }) => mean),
        size,
      ),
      line: { color: MUTED, width: size.line, dash: "dash" },
      legendrank: 2,
    },
    bandTrace(
      x,
      points.map((point) => point.interval),
      SAE_COLOUR,
    ),
    {
      ...lineTrace(
        "this SAE",
        x,
        points.map((point) => point.share),
        size,
      ),
      mode: "lines+markers",
      line: { color: SAE_COLOUR, width: size.line },
      marker,
      customdata: points.map((point) => point.edges),
      hovertemplate: "this SAE: %{y:.1%} of %{customdata} edges<br>at %{x}<extra></extra>",
      legendrank: 1,
    },
  ];
  if (points.some((point) => point.randomNull)) {
    const random = points.map((point) => point.randomNull?.mean ?? NaN);
    traces.push({
      ...lineTrace("random pairs", x, random, size),
      line: { color: RANDOM_COLOUR, width: size.line, dash: "dot" },
      legendrank: 3,
    });
  }
  return traces;
}

function lineTrace(
  name: string,
  x: readonly number[],
  y: readonly number[],
  size: FigureSize,
): PlotlyObject {
  return {
    type: "scatter",
    mode: "lines",
    name,
    x: roundValues(x, 4),
    y: roundValues(y, 5),
    line: { width: size.line },
    hovertemplate: `${name}: %{y:.1%} of edges<br>at %{x}<extra></extra>`,
  };
}

/** The area between low and high, where both are known. */
function bandTrace(
  x: readonly number[],
  intervals: readonly (readonly [number, number] | number[])[],
  colour: string,
): PlotlyObject {
  const known = x.flatMap((at, i) =>
    intervals[i].every(Number.isFinite)
      ? [{ at, low: intervals[i][0], high: intervals[i][1] }]
      : [],
  );
  const back = [...known].reverse();
  return {
    type: "scatter",
    mode: "lines",
    x: roundValues(
      [...known, ...back].map(({ at }) => at),
      4,
    ),
    y: roundValues([...known.map(({ low }) => low), ...back.map(({ high }) => high)], 5),
    line: { width: 0 },
    fill: "toself",
    fillcolor: transparent(colour, 0.18),
    hoverinfo: "skip",
    showlegend: false,
  };
}

/** The shares of values that reach x, as falling lines in the second plot. */
function tailTraces(
  { f1, nullF1, heldOutF1, familyF1 }: TaxonomyAgreementInput,
  width: number,
  size: FigureSize,
): PlotlyObject[] {
  const { line: lineWidth } = size;
  const kinds = [
    { values: nullF1, name: "shuffled", line: { color: MUTED, width: lineWidth, dash: "dash" } },
    {
      values: heldOutF1,
      name: "held out",
      line: { color: SAE_COLOUR, width: lineWidth, dash: "dot" },
    },
    { values: familyF1, name: "families", line: { color: FAMILY_COLOUR, width: lineWidth } },
    { values: f1, name: "this SAE", line: { color: SAE_COLOUR, width: lineWidth } },
  ];
  return kinds.flatMap(({ values, name, line }) => {
    if (values === undefined) return [];
    // The other two stand in the legend by the first plot's lines.
    const isNew = name === "held out" || name === "families";
    return {
      ...lineTrace(name, ...tailOf(values, width), size),
      xaxis: "x2",
      yaxis: "y2",
      line,
      hovertemplate: `${name}: %{y:.2%}<br>have an F1 of %{x} or more<extra></extra>`,
      showlegend: isNew,
      ...(isNew ? { legendrank: 4 } : {}),
    };
  });
}

/** The share of values of x or more at each multiple of `width` up to the last that any value reaches. */
function tailOf(values: ArrayLike<number>, width: number): [x: number[], y: number[]] {
  const { start, counts } = binValues(values, width);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const x: number[] = [];
  const y: number[] = [];
  let left = total;
  for (let b = 0; b < counts.length; b++) {
    x.push(start + b * width);
    y.push(left / total);
    left -= counts[b];
  }
  if (start > 0 && total > 0) {
    x.unshift(0);
    y.unshift(1);
  }
  return [x, y];
}

function leastShare(traces: readonly PlotlyObject[]): number {
  const shares = traces.flatMap((trace) => trace.y as number[]);
  return Math.max(1e-6, Math.min(0.1, ...shares));
}
