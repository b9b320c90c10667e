import {
  type ScalingFit,
  type ScalingRun,
  evaluatePowerLaw,
  fitScaling,
} from "../sae/train/scaling.js";
import { type Axis, logAxis } from "./drawing/axis.js";
import { type Line, lines } from "./charts/lines.js";
import type { Figure, FigureOptions } from "./figure.js";
import { requireSome } from "./figure.js";
import { CATEGORIES } from "./theme/theme.js";
import { meanOf } from "../core/statistics.js";

/** What the figure reads of a training step; a row of the training log fits. */
export interface LossRow {
  step: number;
  /** Normalised squared error of the step's batch. */
  reconstruction: number;
  /** Latents counted as dead. */
  dead?: number;
  /** Normalised squared error of held-out rows, at the steps that measured it. */
  validation?: number;
}

/** Options of `drawLossCurve`. */
export interface LossCurveOptions extends FigureOptions {
  /** Most points along a line; more steps are taken together in bins of equal length. Default 300. */
  maxPoints?: number;
}

/** A run as the compute frontier draws it. */
export interface FrontierRun extends ScalingRun {
  /** [compute, error] along the run. */
  curve?: readonly (readonly [number, number])[];
}

/** Options of `drawScalingLaw` and `drawComputeFrontier`. */
export interface ScalingOptions extends FigureOptions {
  /** Lines of others, named at their right ends. */
  references?: readonly Line[];
  /** Of `drawScalingLaw`: the width d of the embeddings, for n / d, which compares SAEs of other embeddings. */
  embeddingWidth?: number;
}

/** Options of `drawErrorByKept`. */
export interface KeptOptions extends FigureOptions {
  /** Lines of others, by the share of the k of their training. Where there are any, so is one's own. */
  references?: readonly Line[];
}

/** Error of one SAE decoded with other numbers of latents than it was trained with. */
export interface KeptErrors {
  /** Latents kept in training. */
  k: number;
  /** Latents kept, with the error of each. */
  kept: readonly number[];
  errors: readonly number[];
}

/**
 * How training went: normalised reconstruction error by step (the mean of each bin of steps, its range as a band),
 * held-out error where it was measured, and the dead latents below. The error's axis is a log axis where it spans
 * more than a factor of 3. Throws RangeError without rows.
 */
export function drawLossCurve(rows: readonly LossRow[], options: LossCurveOptions = {}): Figure {
  requireSome("drawLossCurve", rows, "training steps");
  const bins = binRows(rows, options.maxPoints ?? 300);
  const held = rows.filter(({ validation = NaN }) => Number.isFinite(validation));
  const x = bins.map((bin) => bin.step);
  const band = { low: bins.map((bin) => bin.low), high: bins.map((bin) => bin.high), opacity: 0.2 };
  const training: Line = {
    ...{ name: "training batches", x, y: bins.map((bin) => bin.mean), band },
    hover: "step %{x}<br>error %{y:.4f}<extra></extra>",
  };
  const heldOut: Line = {
    name: "held-out rows",
    x: held.map((row) => row.step),
    y: held.map((row) => row.validation ?? NaN),
    ...{ draw: "both", dash: "dot" },
    hover: "step %{x}<br>held-out error %{y:.4f}<extra></extra>",
  };
  const error = {
    lines: held.length > 0 ? [training, heldOut] : [training],
    x: { title: "step", grid: false },
    y: { title: "normalised error", ...errorAxis(rows) },
    digits: { y: 5 },
  };
  const dead = {
    lines: [
      {
        ...{ name: "", label: "none" as const, x, y: bins.map((bin) => bin.dead) },
        colour: CATEGORIES[3],
        hover: "step %{x}<br>%{y} dead latents<extra></extra>",
      },
    ],
    x: error.x,
    y: { title: "dead latents", fromZero: true, layout: { nticks: 4 } },
    digits: { y: 1 },
  };
  const plots = rows.some((row) => row.dead !== undefined) ? [error, dead] : [error];
  const named = { defaultName: "loss-curve", defaultTitle: "Training" };
  return lines({ ...named, ...options, plots, below: true, legend: held.length > 0 });
}

/**
 * Error at the end of each run against n, both on log axes, a colour for each k, with the power law of each k that has
 * two n or more. Throws RangeError without runs and for errors that are not above 0.
 */
export function drawScalingLaw(
  runs: readonly ScalingRun[],
  { references = [], embeddingWidth: d, ...options }: ScalingOptions = {},
): Figure {
  requireRuns("drawScalingLaw", runs);
  const places = d === undefined ? runs : runs.map((run) => ({ ...run, n: run.n / d }));
  const fits = fitScaling(places).size;
  const own = groupByK(places).flatMap(({ k, colour, members }) => [
    ...fitLines(fits, k, colour),
    { ...legendOf(k, fits, d === undefined ? "n" : "(n/d)"), ...endPoints(members, "n", colour) },
  ]);
  const plot = {
    lines: [...own, ...references],
    x: {
      ...{ log: true, grid: false },
      ...(d === undefined
        ? { title: "latents n", ticks: ascending(runs.map(({ n }) => n)) }
        : { title: "latents over embedding width, n / d" }),
    },
    y: scalingAxis([...errorsOf(runs), ...valuesOf(references)]),
    digits: { y: 5 },
  };
  const named = { defaultName: "scaling-law", defaultTitle: "Error by size" };
  return lines({ ...named, ...options, plots: [plot] });
}

/**
 * Error against compute, both on log axes: each run's curve where it is given, its end as a point, and for each k the
 * power law through the ends. Throws RangeError without runs and for errors that are not above 0.
 */
export function drawComputeFrontier(
  runs: readonly FrontierRun[],
  { references = [], ...options }: ScalingOptions = {},
): Figure {
  requireRuns("drawComputeFrontier", runs);
  const fits = fitScaling(runs).compute;
  const own = groupByK(runs).flatMap(({ k, colour, members }) => [
    ...members.flatMap((run) => curveLines(run, colour)),
    ...fitLines(fits, k, colour),
    { ...legendOf(k, fits, "F"), ...endPoints(members, "flops", colour) },
  ]);
  const curves = runs.flatMap(({ curve = [] }) => curve.map(([, error]) => error));
  const plot = {
    lines: [...own, ...references],
    x: {
      title: "compute F (floating-point operations, one document per step)",
      ...{ log: true, grid: false, layout: { exponentformat: "power", nticks: 6 } },
    },
    y: scalingAxis([...errorsOf(runs), ...curves, ...valuesOf(references)]),
    digits: { y: 5 },
  };
  const named = { defaultName: "compute-frontier", defaultTitle: "Error by compute" };
  return lines({ ...named, ...options, plots: [plot] });
}

/** Error of one SAE by the latents kept at inference, with a dotted line at the k of its training. */
export function drawErrorByKept(
  { k, kept, errors }: KeptErrors,
  { references = [], ...options }: KeptOptions = {},
): Figure {
  const relative = references.length > 0;
  const own: Line = {
    ...{ name: relative ? `k ${k}` : "", label: "end", draw: "both", pointSize: 1.5 },
    x: relative ? kept.map((count) => count / k) : kept,
    y: errors,
  };
  const plot = {
    lines: [own, ...references],
    x: {
      title: relative ? "latents kept over k of the training" : "latents kept per document",
      log: true,
    },
    y: { title: "normalised error" },
    marks: [{ x: relative ? 1 : k, label: "k of the training" }],
  };
  const defaultTitle = "Error by latents kept at inference";
  return lines({ defaultName: "error-by-kept", defaultTitle, ...options, plots: [plot] });
}

// A run of steps taken together.
interface Bin {
  step: number;
  mean: number;
  low: number;
  high: number;
  dead: number;
}

function binRows(rows: readonly LossRow[], most: number): Bin[] {
  if (!(most >= 1)) throw new RangeError(`drawLossCurve: maxPoints must be 1 or more, got ${most}`);
  const length = Math.ceil(rows.length / Math.floor(most));
  const bins: Bin[] = [];
  for (let start = 0; start < rows.length; start += length) {
    const part = rows.slice(start, start + length);
    const errors = part.map((row) => row.reconstruction).filter(Number.isFinite);
    if (errors.length === 0) continue;
    const dead = part.flatMap((row) => (row.dead === undefined ? [] : [row.dead]));
    bins.push({
      step: part[Math.floor((part.length - 1) / 2)].step,
      mean: meanOf(errors),
      low: Math.min(...errors),
      high: Math.max(...errors),
      dead: meanOf(dead),
    });
  }
  return bins;
}

/** A log axis where the errors span more than a factor of 3. */
function errorAxis(rows: readonly LossRow[]): Pick<Axis, "log" | "ticks"> {
  const errors = rows
    .flatMap((row) => [row.reconstruction, row.validation ?? NaN])
    .filter((error) => Number.isFinite(error) && error > 0);
  const low = errors.reduce((least, error) => Math.min(least, error), Infinity);
  const high = errors.reduce((most, error) => Math.max(most, error), 0);
  return high > 3 * low ? logAxis(errors) : {};
}

function requireRuns(figure: string, runs: readonly ScalingRun[]): void {
  requireSome(figure, runs, "training runs");
  const bad = runs.find(({ normalized_mse: error }) => !(error > 0 && error < Infinity));
  if (bad) throw new RangeError(`${figure}: errors must be above 0, got ${bad.normalized_mse}`);
}

/** The runs of each k, by n, with the colour of that k. */
function groupByK<R extends ScalingRun>(
  runs: readonly R[],
): { k: number; colour: string; members: R[] }[] {
  return ascending(runs.map(({ k }) => k)).map((k, i) => ({
    k,
    colour: CATEGORIES[i % CATEGORIES.length],
    members: runs.filter((run) => run.k === k).sort((a, b) => a.n - b.n),
  }));
}

function ascending(values: readonly number[]): number[] {
  return [...new Set(values)].sort((a, b) => a - b);
}

function errorsOf(runs: readonly ScalingRun[]): number[] {
  return runs.map((run) => run.normalized_mse);
}

/** What the legend says of k: as plain text, and as plotly's markup. */
function legendOf(
  k: number,
  fits: readonly ScalingFit[],
  variable: string,
): { name: string; markup: string } {
  const fit = fits.find((candidate) => candidate.k === k);
  if (!fit) return { name: `k ${k}`, markup: `k ${k}` };
  const exponent = fit.b.toFixed(3).replace("-", "\u2212");
  const law = `k ${k}: ${fit.a.toPrecision(3)} ${variable}`;
  return { name: law + exponent, markup: `${law}<sup>${exponent}</sup>` };
}

function endPoints(
  runs: readonly ScalingRun[],
  side: "n" | "flops",
  colour: string,
): Omit<Line, "name"> {
  return {
    ...{ x: runs.map((run) => run[side]), y: errorsOf(runs), colour },
    ...{ draw: "points", pointSize: 1.6 },
    hover: "%{x}<br>error %{y:.4f}<extra></extra>",
  };
}

function valuesOf(list: readonly Line[]): number[] {
  return list.flatMap(({ y }) => Array.from(y));
}

function fitLines(fits: readonly ScalingFit[], k: number, colour: string): Line[] {
  const fit = fits.find((candidate) => candidate.k === k);
  if (!fit) return [];
  const y = fit.range.map((x) => evaluatePowerLaw(fit, x));
  return [{ name: "", label: "none", x: fit.range, y, colour, dash: "dash", hover: "" }];
}

function curveLines({ n, curve = [] }: FrontierRun, colour: string): Line[] {
  if (curve.length === 0) return [];
  return [
    {
      ...{ name: "", label: "none", colour, width: 0.6, opacity: 0.55 },
      x: curve.map(([flops]) => flops),
      y: curve.map(([, error]) => error),
      hover: `n ${n}<br>%{x:.3s}<br>error %{y:.4f}<extra></extra>`,
    },
  ];
}

function scalingAxis(errors: readonly number[]): Axis {
  const axis = logAxis(errors);
  return { title: "normalised error", ...axis, ...(axis.ticks ? {} : { layout: { nticks: 6 } }) };
}
