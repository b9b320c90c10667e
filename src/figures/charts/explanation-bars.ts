import type { Explanation } from "../../search/explain.js";
import type { Figure, FigureOptions, PlotlyObject } from "../figure.js";
import { roundValue, roundValues } from "../figure.js";
import { fitText, plotlyText, textWidth } from "../text.js";
import type { FigureSize } from "../theme.js";
import {
  axisLayout,
  CATEGORIES,
  composeFigure,
  figureSize,
  INK,
  isTitled,
  MUTED,
  RULE,
  topMargin,
} from "../theme.js";

/** What the figure shows. */
export interface ExplanationInput {
  explanation: Explanation;
  /** Label of each latent of the explanation, in its order. */
  labels: readonly string[];
  query: string;
  /** Title of the result. */
  result: string;
}

/** Options of `drawExplanationBars`. */
export interface ExplanationBarsOptions extends FigureOptions {
  /** Latents with a bar of their own; the others share one. Default 8. */
  most?: number;
}

interface Bar {
  name: string;
  value: number;
  kind: "latent" | "rest";
  /** Where it begins: the sum of those before it. */
  start: number;
}

/**
 * A result's score as a sum: a bar for what each of the query's latents adds or takes, then the other latents together,
 * the SAE's bias, and what it cannot reconstruct; each bar starts where the one above it ends, and a line marks the
 * score that they come to. Throws RangeError where labels do not fit.
 */
export function drawExplanationBars(
  input: ExplanationInput,
  options: ExplanationBarsOptions = {},
): Figure {
  const { explanation, labels, query, result } = input;
  if (labels.length !== explanation.latents.length) {
    throw new RangeError(
      `drawExplanationBars: expected ${explanation.latents.length} labels, got ${labels.length}`,
    );
  }
  const size = figureSize(options);
  const bars = listBars(explanation, labels, options.most ?? 8);
  if (options.height === undefined && options.size !== "slide") {
    size.height = Math.round(size.font * 7 + (bars.length + 1) * size.small * 2.1);
  }
  const ends = bars.map(({ start, value }) => start + value);
  const low = Math.min(0, ...ends);
  const high = Math.max(explanation.score, ...ends);
  const room = (high - low) * 0.14;
  const widest = size.width * 0.36;
  const names = bars.map(({ name }) => fitText(name, widest, size.small));
  const title = `Why “${result}” answers “${query}”`;
  const left = Math.max(...names.map((name) => textWidth(name, size.small))) + size.font * 1.6;
  const right = size.font * 1.6;
  const range = [roundValue(low < 0 ? low - room : 0, 4), roundValue(high + room, 4)];
  const perPixel = (range[1] - range[0]) / (size.width - left - right);
  const crossing = bars.map((bar) => crossesScore(bar, explanation.score, perPixel, size));
  const layout: PlotlyObject = {
    xaxis: axisLayout("cosine, summed from the top", size, {
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
      t: topMargin(size, isTitled(size, options, title)),
      b: size.font * 3.7,
      autoexpand: false,
    },
    shapes: [scoreLine(explanation.score, size)],
    annotations: [
      scoreName(explanation.score, explanation.score > (low + high) / 2, size),
      ...bars.flatMap((bar, i) => (crossing[i] ? [startText(bar, i, size)] : [])),
    ],
  };
  const data = [barTrace(bars, crossing, size)];
  return composeFigure({ name: "explanation-bars", title, data, layout, size }, options);
}

/** Whether the number after a bar's end would stand on the line at the score. */
function crossesScore(
  { start, value }: Bar,
  score: number,
  perPixel: number,
  { small }: FigureSize,
): boolean {
  const end = start + value;
  const reach = end + Math.sign(value) * (textWidth(valueText(value), small) + 6) * perPixel;
  const slack = 2 * perPixel;
  return Math.min(end, reach) - slack < score && score < Math.max(end, reach) + slack;
}

/** A bar's number where the bar starts. */
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
    marker: { color: bars.map(barColour) },
    text: bars.map(({ value }, i) => (crossing[i] ? "" : valueText(value))),
    textposition: "outside",
    textfont: { size: size.small, color: INK },
    cliponaxis: false,
    customdata: bars.map(({ name }) => plotlyText(name)),
    hovertemplate: "%{customdata}<br>%{x:.4f}<extra></extra>",
  };
}

function scoreLine(score: number, size: FigureSize): PlotlyObject {
  const x = roundValue(score, 5);
  const line = { color: INK, width: size.line * 0.7, dash: "dot" };
  return { type: "line", x0: x, x1: x, y0: 0, y1: 1, yref: "paper", layer: "below", line };
}

function scoreName(score: number, isFar: boolean, size: FigureSize): PlotlyObject {
  return {
    text: `score ${score.toFixed(3)}`,
    ...{ x: roundValue(score, 5), y: -0.75, xanchor: isFar ? "right" : "left" },
    xshift: isFar ? -4 : 4,
    showarrow: false,
    font: { size: size.small, color: INK },
  };
}

function listBars(
  { latents, bias, residual }: Explanation,
  labels: readonly string[],
  most: number,
): Bar[] {
  const bars: Bar[] = [];
  let sum = 0;
  const add = (name: string, value: number, kind: Bar["kind"]): void => {
    bars.push({ name, value, kind, start: sum });
    sum += value;
  };
  for (const [i, { latent, contribution }] of latents.slice(0, most).entries()) {
    add(labels[i] === "" ? `latent ${latent}` : labels[i], contribution, "latent");
  }
  const left = latents.slice(most);
  if (left.length > 0) {
    const rest = left.reduce((all, { contribution }) => all + contribution, 0);
    add(`${left.length} other latents`, rest, "latent");
  }
  add("bias", bias, "rest");
  add("not reconstructed", residual, "rest");
  return bars;
}

function barColour({ kind, value }: Bar): string {
  if (kind === "rest") return RULE;
  return value < 0 ? CATEGORIES[1] : CATEGORIES[0];
}
