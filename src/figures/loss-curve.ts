import { meanOf } from "../core/statistics.js";
import { type Line, lines } from "./charts/lines.js";
import { logAxis } from "./drawing/axis.js";
import type { ChartOptions, Figure } from "./figure.js";
import { CATEGORIES } from "./theme/palette.js";

/** What the curve reads of a training step; a row of the training log fits. */
export interface LossRow {
  step: number;
  /** Normalised squared error of the step's batch. */
  reconstruction: number;
  /** Latents counted as dead. */
  dead?: number;
  /** Normalised squared error of held-out rows, at the steps that measured it. */
  validation?: number;
}

/**
 * How training went: normalised reconstruction error by step (the mean of each of at most `maxPoints` bins of steps, default
 * 300, its range as a band), held-out error where it was measured, and the dead latents below. The error's axis is a log axis
 * where it spans more than a factor of 3. Throws RangeError without rows.
 */
export function lossCurve(
  rows: readonly LossRow[],
  { maxPoints = 300, ...options }: ChartOptions & { maxPoints?: number } = {},
): Figure {
  const bins = binRows(rows, maxPoints);
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
  const dead: Line = {
    ...{ name: "", label: "none", x, y: bins.map((bin) => bin.dead), colour: CATEGORIES[3] },
    hover: "step %{x}<br>%{y} dead latents<extra></extra>",
  };
  const step = { title: "step", grid: false };
  const errors = rows
    .flatMap((row) => [row.reconstruction, row.validation ?? NaN])
    .filter((error) => Number.isFinite(error) && error > 0);
  const low = errors.reduce((least, error) => Math.min(least, error), Infinity);
  const isWide = errors.some((error) => error > 3 * low);
  const plots = [
    {
      lines: rows.length === 0 ? [] : held.length > 0 ? [training, heldOut] : [training],
      x: step,
      y: { title: "normalised error", ...(isWide ? logAxis(errors) : {}) },
      digits: { y: 5 },
    },
    {
      ...{ lines: [dead], x: step, digits: { y: 1 } },
      y: { title: "dead latents", fromZero: true, layout: { nticks: 4 } },
    },
  ];
  const hasDead = rows.some((row) => row.dead !== undefined);
  return lines({
    ...{ defaultName: "loss-curve", defaultTitle: "Training", ...options },
    ...{ plots: hasDead ? plots : plots.slice(0, 1), below: true, legend: held.length > 0 },
  });
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
  if (!(most >= 1)) throw new RangeError(`loss-curve: maxPoints must be 1 or more, got ${most}`);
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
