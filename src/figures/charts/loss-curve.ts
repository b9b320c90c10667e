import { transparent } from "../colour.js";
import type { Figure, FigureOptions, PlotlyObject } from "../figure.js";
import { roundValue, roundValues } from "../figure.js";
import type { FigureSize } from "../theme.js";
import { axisLayout, CATEGORIES, composeFigure, figureSize } from "../theme.js";

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

// A run of steps taken together.
interface Bin {
  step: number;
  mean: number;
  low: number;
  high: number;
  dead: number;
}

const LEGEND = ["training batches", "held-out rows"];
const LOG_TICKS = [1, 2, 3, 5, 7];

/**
 * How training went: normalised reconstruction error by step (the mean of each bin of steps, its range as a band),
 * held-out error where it was measured, and the dead latents below. The error's axis is a log axis where it spans
 * more than a factor of 3. Throws RangeError without rows.
 */
export function drawLossCurve(rows: readonly LossRow[], options: LossCurveOptions = {}): Figure {
  if (rows.length === 0) throw new RangeError("drawLossCurve: expected training steps, got none");
  const size = figureSize(options);
  const bins = binRows(rows, options.maxPoints ?? 300);
  const held = rows.filter(
    (row) => row.validation !== undefined && Number.isFinite(row.validation),
  );
  const data = lossTraces(bins, held, size);
  const hasDead = rows.some((row) => row.dead !== undefined);
  const layout: PlotlyObject = {
    xaxis: axisLayout("step", size, { showgrid: false, anchor: hasDead ? "y2" : "y" }),
    yaxis: axisLayout("normalised error", size, {
      ...errorAxis(rows),
      domain: hasDead ? [0.36, 1] : [0, 1],
    }),
  };
  if (hasDead) {
    data.push(deadTrace(bins, size));
    layout.yaxis2 = axisLayout("dead latents", size, {
      domain: [0, 0.26],
      rangemode: "tozero",
      nticks: 4,
    });
  }
  const legend = held.length > 0 ? LEGEND : undefined;
  return composeFigure(
    { name: "loss-curve", title: "Training", data, layout, size, legend },
    options,
  );
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
      mean: meanOfAll(errors),
      low: Math.min(...errors),
      high: Math.max(...errors),
      dead: meanOfAll(dead),
    });
  }
  return bins;
}

function meanOfAll(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function lossTraces(
  bins: readonly Bin[],
  held: readonly LossRow[],
  size: FigureSize,
): PlotlyObject[] {
  const steps = bins.map((bin) => bin.step);
  const [colour, heldColour] = CATEGORIES;
  const back = [...bins].reverse();
  const traces: PlotlyObject[] = [
    {
      type: "scatter",
      mode: "lines",
      x: [...steps, ...back.map((bin) => bin.step)],
      y: roundValues([...bins.map((bin) => bin.low), ...back.map((bin) => bin.high)], 5),
      line: { width: 0 },
      fill: "toself",
      fillcolor: transparent(colour, 0.2),
      hoverinfo: "skip",
      showlegend: false,
    },
    {
      type: "scatter",
      mode: "lines",
      name: LEGEND[0],
      x: steps,
      y: roundValues(
        bins.map((bin) => bin.mean),
        5,
      ),
      line: { color: colour, width: size.line },
      hovertemplate: "step %{x}<br>error %{y:.4f}<extra></extra>",
    },
  ];
  if (held.length > 0) {
    traces.push({
      type: "scatter",
      mode: "lines+markers",
      name: LEGEND[1],
      x: held.map((row) => row.step),
      y: roundValues(
        held.map((row) => row.validation ?? NaN),
        5,
      ),
      line: { color: heldColour, width: size.line, dash: "dot" },
      marker: { color: heldColour, size: size.marker },
      hovertemplate: "step %{x}<br>held-out error %{y:.4f}<extra></extra>",
    });
  }
  return traces;
}

function deadTrace(bins: readonly Bin[], size: FigureSize): PlotlyObject {
  return {
    type: "scatter",
    mode: "lines",
    x: bins.map((bin) => bin.step),
    y: roundValues(
      bins.map((bin) => bin.dead),
      1,
    ),
    yaxis: "y2",
    line: { color: CATEGORIES[3], width: size.line },
    hovertemplate: "step %{x}<br>%{y} dead latents<extra></extra>",
    showlegend: false,
  };
}

function errorAxis(rows: readonly LossRow[]): PlotlyObject {
  const errors = rows
    .flatMap((row) => [row.reconstruction, row.validation ?? NaN])
    .filter((error) => Number.isFinite(error) && error > 0);
  const low = errors.reduce((least, error) => Math.min(least, error), Infinity);
  const high = errors.reduce((most, error) => Math.max(most, error), 0);
  if (!(high > 3 * low)) return {};
  const shown = logTicks(low, high);
  return { type: "log", tickmode: "array", tickvals: shown, ticktext: shown.map(String) };
}

/** Places of ticks of a log axis from about `low` to about `high`, both above 0. */
export function logTicks(low: number, high: number): number[] {
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++) {
    for (const tick of LOG_TICKS) ticks.push(roundValue(tick * 10 ** power, 9));
  }
  return ticks.filter((tick) => tick >= low * 0.9 && tick <= high * 1.1);
}
