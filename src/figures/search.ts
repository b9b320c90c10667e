import type { MeanInterval } from "../search/study/bootstrap.js";
import type { EditOptimisation } from "../search/study/edit-optimisation.js";
import type { CurvePoint, MeasureMeans } from "../search/study/equal-cosine.js";
import type { Explanation } from "../search/explain.js";
import type { SteeringCell } from "../search/study/evaluate-steering.js";
import { STEERING_METHODS } from "../search/steer.js";
import { logAxis } from "./drawing/axis.js";
import { meanOf } from "./charts/bins.js";
import { contour } from "./charts/contour.js";
import { type Line, lines } from "./charts/lines.js";
import { slopes } from "./charts/slopes.js";
import { type WaterfallBar, waterfall } from "./charts/waterfall.js";
import type { Figure, FigureOptions } from "./figure.js";
import { requireSome, roundValue } from "./figure.js";
import { plotlyText } from "./drawing/text.js";
import { CATEGORIES, INK, RULE } from "./theme/theme.js";

/** What the figure shows; a `SteeringReport` fits. */
export interface SteeringTradeoffInput {
  curves: readonly Pick<CurvePoint, "method" | "cosine" | "measures">[];
  /** The baseline, as a cross. */
  rewriting?: { cosines: readonly (number | null)[]; measures: MeasureMeans };
}

/** Options of `drawSteeringTradeoff`. */
export interface SteeringTradeoffOptions extends FigureOptions {
  /**
   * What success is: "queries", the share of queries in whose results the wanted latent is more often active and the
   * unwanted less; or "activation", their mean gain and fall in typical active values. Default "queries".
   */
  measure?: "queries" | "activation";
  /** Lines of others, by plot. */
  references?: { up: readonly Line[]; down: readonly Line[] };
}

/** The edited codes of one SAE, read back step by step. */
export interface OptimisationSeries extends EditOptimisation {
  /** Shown in the legend, such as "k 16, n 3072". */
  name: string;
}

/** What the figure shows. */
export interface ExplanationInput {
  explanation: Explanation;
  /** Label of each latent of the explanation, in its order. */
  labels: readonly string[];
  query: string;
  /** Title of the result. */
  result: string;
}

/** One result of a search; the same document has the same row in both lists. */
export interface RankedResult {
  row: number;
  title: string;
}

/** What the figure shows. */
export interface BeforeAfterInput {
  query: string;
  /** What was asked for, such as "up 12 (birds) × 2". */
  edits: readonly string[];
  /** Results best first, without and with the edits. */
  before: readonly RankedResult[];
  after: readonly RankedResult[];
  /** Ranks without the edits of results that are only in `after`, from 1, by row; those not in it are "new". */
  ranksBefore?: ReadonlyMap<number, number>;
  /** Cosine of the steered query to the original. */
  cosine?: number;
}

const MEASURES = {
  queries: {
    up: "upRises",
    down: "downFalls",
    axes: { up: "wanted latent rises", down: "unwanted latent falls" },
    format: ".0%",
  },
  activation: {
    up: "upActivation",
    down: "downActivation",
    axes: { up: "gain of the wanted latent", down: "fall of the unwanted latent" },
    format: undefined,
  },
} as const;

/**
 * What steering achieves against what it costs: success of the wanted latent's rise and of the unwanted one's fall by
 * the cosine of the steered query to the original, a line and a 95 % band for each method; crosses are queries that a
 * model rewrote. Throws RangeError without curves.
 */
export function drawSteeringTradeoff(
  input: SteeringTradeoffInput,
  { references, ...options }: SteeringTradeoffOptions = {},
): Figure {
  if (!references) requireSome("drawSteeringTradeoff", input.curves, "curves");
  const measure = MEASURES[options.measure ?? "queries"];
  const cross = input.rewriting && meanOf(input.rewriting.cosines.map((cosine) => cosine ?? NaN));
  const others = references ? [...references.up, ...references.down] : [];
  const cosines = [
    ...input.curves.map(({ cosine }) => cosine),
    ...(cross === undefined ? [] : [cross]),
    ...others.flatMap(({ x }) => Array.from(x)),
  ];
  const range = [
    roundValue(Math.min(...cosines) - 0.02, 4),
    Math.min(references ? 1.02 : 1, roundValue(Math.max(...cosines) + 0.02, 4)),
  ] as const;
  const plots = (["up", "down"] as const).map((side) => ({
    lines: [
      ...STEERING_METHODS.flatMap((method, at) =>
        methodLine(input, method, measure[side], side, CATEGORIES[at]),
      ),
      ...crossLine(input, cross, measure[side], side),
      ...(references?.[side] ?? []),
    ],
    x: { title: "cosine to the original query", range, grid: false },
    y: {
      ...{ title: measure.axes[side], fromZero: true, format: measure.format },
      ...(measure.format ? { range: [0, 1.03] as const } : {}),
    },
    digits: { x: 4, y: 5 },
  }));
  const defaultTitle = "What steering achieves, by how far it moves the query";
  return lines({ defaultName: "steering-tradeoff", defaultTitle, ...options, plots });
}

function methodLine(
  { curves }: SteeringTradeoffInput,
  method: string,
  measure: keyof MeasureMeans,
  side: "up" | "down",
  colour: string,
): Line[] {
  const own = curves.filter((point) => point.method === method);
  if (own.length === 0) return [];
  const points = own
    .map(({ cosine, measures }) => ({ cosine, value: measures[measure] }))
    .filter(({ value }) => value.n > 0)
    .sort((a, b) => a.cosine - b.cosine);
  return [
    {
      name: method,
      label: side === "up" ? "legend" : "none",
      x: points.map(({ cosine }) => cosine),
      y: points.map(({ value }) => value.mean),
      band: { ...intervalsOf(points.map(({ value }) => value)), opacity: 0.13 },
      ...{ colour, draw: "both", pointSize: 1.3 },
      hover: `${plotlyText(method)}: %{y:.3}<br>at cosine %{x}<extra></extra>`,
    },
  ];
}

function crossLine(
  { rewriting }: SteeringTradeoffInput,
  cosine: number | undefined,
  measure: keyof MeasureMeans,
  side: "up" | "down",
): Line[] {
  if (!rewriting || cosine === undefined) return [];
  const value = rewriting.measures[measure];
  return [
    {
      ...{ name: "rewritten by a model", label: side === "up" ? "legend" : "none" },
      ...{ x: [cosine], y: [value.mean], error: intervalsOf([value]) },
      ...{ colour: INK, draw: "points", symbol: "x", pointSize: 2.2 },
      hover: "rewritten: %{y:.3}<br>at mean cosine %{x}<extra></extra>",
    },
  ];
}

function intervalsOf(values: readonly MeanInterval[]): { low: number[]; high: number[] } {
  return {
    low: values.map(({ interval }) => interval[0]),
    high: values.map(({ interval }) => interval[1]),
  };
}

/**
 * Mean cosine of the steered query to the original over the strengths down and up, both on log axes; strengths of 0 are
 * left out. `method` (default that of the first cell) is the one whose cells are shown. Throws RangeError where a method
 * has fewer than two strengths above 0 either way, or lacks a pair of them.
 */
export function drawSteeringContour(
  cells: readonly Pick<SteeringCell, "method" | "up" | "down" | "cosines">[],
  { method = cells[0]?.method, ...options }: FigureOptions & { method?: string } = {},
): Figure {
  const own = cells.filter((cell) => cell.method === method && cell.up > 0 && cell.down > 0);
  const ups = ascending(own.map(({ up }) => up));
  const downs = ascending(own.map(({ down }) => down));
  if (ups.length < 2 || downs.length < 2 || own.length !== ups.length * downs.length) {
    throw new RangeError(
      `drawSteeringContour: expected every pair of two or more strengths up and down, got ${own.length} of ${method}`,
    );
  }
  const valueAt = (up: number, down: number): number => {
    const cell = own.find((one) => one.up === up && one.down === down);
    return roundValue(meanOf(cell?.cosines ?? []) ?? NaN, 4);
  };
  return contour({
    defaultName: "steering-contour",
    defaultTitle: `Cosine of steered queries to the original (${plotlyText(method)})`,
    ...options,
    x: { title: "strength down, in typical active values", values: downs },
    y: { title: "strength up, in typical active values", values: ups },
    z: ups.map((up) => downs.map((down) => valueAt(up, down))),
    scale: "mean cosine",
    hover: "up %{y}, down %{x}<br>mean cosine %{z:.3f}<extra></extra>",
  });
}

/**
 * One query's results without and with edits, as two lists with a slope from a result's rank to its new one. What came
 * has its former rank behind it, what left stands without a slope. Throws RangeError where both lists are empty.
 */
export function drawSteeringBeforeAfter(
  { query, edits, before, after, ranksBefore, cosine }: BeforeAfterInput,
  options: FigureOptions = {},
): Figure {
  const items = (list: readonly RankedResult[]): { key: number; label: string }[] =>
    list.map(({ row, title }) => ({ key: row, label: title }));
  return slopes({
    ...{ defaultName: "steering-before-after", defaultTitle: `Steering “${query}”`, ...options },
    ...{ before: items(before), after: items(after), ranksBefore },
    heads: ["without edits", "with edits"],
    notes: [
      ...edits,
      ...(cosine === undefined ? [] : [`cosine to the query without edits ${cosine.toFixed(2)}`]),
    ],
  });
}

/**
 * A result's score as a sum: a bar for what each of the query's latents adds or takes (the first `most`, default 8), then the
 * other latents together, the SAE's bias, and what it cannot reconstruct; each bar starts where the one above it ends, and
 * a line marks the score that they come to. Throws RangeError where labels do not fit.
 */
export function drawExplanationBars(
  { explanation, labels, query, result }: ExplanationInput,
  { most = 8, ...options }: FigureOptions & { most?: number } = {},
): Figure {
  const { latents, bias, residual, score } = explanation;
  if (labels.length !== latents.length) {
    throw new RangeError(
      `drawExplanationBars: expected ${latents.length} labels, got ${labels.length}`,
    );
  }
  const bar = (name: string, value: number): WaterfallBar => ({
    ...{ name, value, colour: value < 0 ? CATEGORIES[1] : CATEGORIES[0] },
  });
  const others = latents.slice(most);
  const rest = others.reduce((all, { contribution }) => all + contribution, 0);
  return waterfall({
    defaultName: "explanation-bars",
    defaultTitle: `Why “${result}” answers “${query}”`,
    ...options,
    bars: [
      ...latents
        .slice(0, most)
        .map(({ latent, contribution }, i) => bar(labels[i] || `latent ${latent}`, contribution)),
      ...(others.length > 0 ? [bar(`${others.length} other latents`, rest)] : []),
      { name: "bias", value: bias, colour: RULE },
      { name: "not reconstructed", value: residual, colour: RULE },
    ],
    total: { name: "score", value: score },
    x: "cosine, summed from the top",
  });
}

/**
 * How near an input's code comes to an edited one, step by step: silent latents turned on, and active ones turned off,
 * a line for each SAE, errors on a log axis; `references` are series of others, hollow. Throws RangeError without series.
 */
export function drawIterativeOptimisation(
  series: readonly OptimisationSeries[],
  {
    references = [],
    ...options
  }: FigureOptions & { references?: readonly OptimisationSeries[] } = {},
): Figure {
  requireSome("drawIterativeOptimisation", series);
  const all = [
    ...series.map((one, i) => ({ one, i, isReference: false })),
    ...references.map((one, i) => ({ one, i, isReference: true })),
  ];
  const kinds = [
    { kind: "zeroToActive", title: "silent latents turned on" },
    { kind: "activeToZero", title: "active latents turned off" },
  ] as const;
  const plots = kinds.map(({ kind, title }, at) => ({
    lines: all.map(({ one, i, isReference }): Line => ({
      ...{ name: one.name, label: at === 0 ? "legend" : "none", isReference },
      x: one[kind].map((_, step) => step + 1),
      y: one[kind],
      colour: CATEGORIES[i % CATEGORIES.length],
      ...{ draw: "both", pointSize: 1.2 },
      hover: `${plotlyText(one.name)}: %{y:.4f}<br>after step %{x}<extra></extra>`,
    })),
    x: { title: "step", grid: false, layout: { dtick: 1 } },
    y: { title: `error, ${title}`, ...logAxis(all.flatMap(({ one }) => one[kind])) },
  }));
  const defaultTitle = "Finding an input whose code is the edited one";
  return lines({ defaultName: "iterative-optimisation", defaultTitle, ...options, plots });
}

/** Error of reading back a code with latents turned on, by how many. */
export function drawReadBackError(
  { counts, errors }: { counts: readonly number[]; errors: readonly number[] },
  options: FigureOptions = {},
): Figure {
  const line: Line = {
    ...{ name: "", label: "end", draw: "both", pointSize: 1.5 },
    ...{ x: counts, y: errors },
  };
  const plot = {
    lines: [line],
    x: { title: "silent latents turned on", log: true, ticks: counts },
    y: { title: "normalised error of the code" },
  };
  const defaultTitle = "Error of reading back an edited code";
  return lines({ defaultName: "read-back-error", defaultTitle, ...options, plots: [plot] });
}

function ascending(values: readonly number[]): number[] {
  return [...new Set(values)].sort((a, b) => a - b);
}
