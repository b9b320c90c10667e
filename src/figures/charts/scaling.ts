import {
  type ScalingFit,
  type ScalingRun,
  evaluatePowerLaw,
  fitScaling,
} from "../../sae/train/scaling.js";
import type { Figure, FigureOptions, PlotlyObject } from "../figure.js";
import { roundValues } from "../figure.js";
import { logTicks } from "./loss-curve.js";
import type { FigureSize } from "../theme.js";
import { axisLayout, CATEGORIES, composeFigure, figureSize } from "../theme.js";

/** A run as the compute frontier draws it. */
export interface FrontierRun extends ScalingRun {
  /** [compute, error] along the run. */
  curve?: readonly (readonly [number, number])[];
}

/**
 * Error at the end of each run against n, both on log axes, a colour for each k, with the power law of each k that has
 * two n or more. Throws RangeError without runs and for errors that are not above 0.
 */
export function drawScalingLaw(runs: readonly ScalingRun[], options: FigureOptions = {}): Figure {
  requireRuns("drawScalingLaw", runs);
  const size = figureSize(options);
  const fits = fitScaling(runs).size;
  const groups = groupByK(runs);
  const sizes = [...new Set(runs.map(({ n }) => n))].sort((a, b) => a - b);
  const names = groups.map(({ k }) => nameOf(k, fits, "n"));
  const data = groups.flatMap(({ k, members }, i) => [
    ...fitTraces(fits, k, colourOf(i), size),
    pointTrace(
      { name: names[i], x: members.map(({ n }) => n), y: errorsOf(members), colour: colourOf(i) },
      size,
    ),
  ]);
  const layout: PlotlyObject = {
    xaxis: axisLayout("latents n", size, {
      type: "log",
      tickmode: "array",
      tickvals: sizes,
      ticktext: sizes.map((n) => n.toLocaleString("en")),
      showgrid: false,
    }),
    yaxis: errorAxis(errorsOf(runs), size),
  };
  const legend = names.map(withoutMarkup);
  return composeFigure(
    { name: "scaling-law", title: "Error by size", data, layout, size, legend },
    options,
  );
}

/**
 * Error against compute, both on log axes: each run's curve where it is given, its end as a point, and for each k the
 * power law through the ends. Throws RangeError without runs and for errors that are not above 0.
 */
export function drawComputeFrontier(
  runs: readonly FrontierRun[],
  options: FigureOptions = {},
): Figure {
  requireRuns("drawComputeFrontier", runs);
  const size = figureSize(options);
  const fits = fitScaling(runs).compute;
  const groups = groupByK(runs);
  const names = groups.map(({ k }) => nameOf(k, fits, "F"));
  const data = groups.flatMap(({ k, members }, i) => [
    ...members.flatMap((run) => curveTraces(run, colourOf(i), size)),
    ...fitTraces(fits, k, colourOf(i), size),
    pointTrace(
      {
        name: names[i],
        x: members.map(({ flops }) => flops),
        y: errorsOf(members),
        colour: colourOf(i),
      },
      size,
    ),
  ]);
  const errors = runs.flatMap((run) => [
    run.normalized_mse,
    ...(run.curve ?? []).map(([, error]) => error),
  ]);
  const layout: PlotlyObject = {
    xaxis: axisLayout("compute F (floating-point operations, one document a step)", size, {
      type: "log",
      exponentformat: "power",
      showgrid: false,
      nticks: 6,
    }),
    yaxis: errorAxis(errors, size),
  };
  const title = "Error by compute";
  const legend = names.map(withoutMarkup);
  return composeFigure({ name: "compute-frontier", title, data, layout, size, legend }, options);
}

function requireRuns(figure: string, runs: readonly ScalingRun[]): void {
  if (runs.length === 0) throw new RangeError(`${figure}: expected training runs, got none`);
  const bad = runs.find(({ normalized_mse: error }) => !(error > 0 && error < Infinity));
  if (bad) throw new RangeError(`${figure}: errors must be above 0, got ${bad.normalized_mse}`);
}

function groupByK<R extends ScalingRun>(runs: readonly R[]): { k: number; members: R[] }[] {
  const ks = [...new Set(runs.map(({ k }) => k))].sort((a, b) => a - b);
  return ks.map((k) => ({
    k,
    members: runs.filter((run) => run.k === k).sort((a, b) => a.n - b.n),
  }));
}

function errorsOf(runs: readonly ScalingRun[]): number[] {
  return runs.map((run) => run.normalized_mse);
}

function colourOf(i: number): string {
  return CATEGORIES[i % CATEGORIES.length];
}

/** What the legend says of k, as plotly's markup. */
function nameOf(k: number, fits: readonly ScalingFit[], variable: string): string {
  const fit = fits.find((candidate) => candidate.k === k);
  if (!fit) return `k ${k}`;
  const exponent = fit.b.toFixed(3).replace("-", "\u2212");
  return `k ${k}: ${fit.a.toPrecision(3)} ${variable}<sup>${exponent}</sup>`;
}

function withoutMarkup(name: string): string {
  return name.replace(/<[^>]*>/g, "");
}

function pointTrace(
  { name, x, y, colour }: { name: string; x: number[]; y: number[]; colour: string },
  size: FigureSize,
): PlotlyObject {
  return {
    type: "scatter",
    mode: "markers",
    name,
    x,
    y: roundValues(y, 5),
    marker: { color: colour, size: size.marker * 1.6 },
    hovertemplate: "%{x}<br>error %{y:.4f}<extra></extra>",
  };
}

function fitTraces(
  fits: readonly ScalingFit[],
  k: number,
  colour: string,
  size: FigureSize,
): PlotlyObject[] {
  const fit = fits.find((candidate) => candidate.k === k);
  if (!fit) return [];
  return [
    {
      type: "scatter",
      mode: "lines",
      x: fit.range,
      y: roundValues(
        fit.range.map((x) => evaluatePowerLaw(fit, x)),
        5,
      ),
      line: { color: colour, width: size.line, dash: "dash" },
      hoverinfo: "skip",
      showlegend: false,
    },
  ];
}

function curveTraces({ n, curve }: FrontierRun, colour: string, size: FigureSize): PlotlyObject[] {
  if (!curve || curve.length === 0) return [];
  return [
    {
      type: "scatter",
      mode: "lines",
      x: curve.map(([flops]) => flops),
      y: roundValues(
        curve.map(([, error]) => error),
        5,
      ),
      line: { color: colour, width: size.line * 0.6 },
      opacity: 0.55,
      hovertemplate: `n ${n}<br>%{x:.3s}<br>error %{y:.4f}<extra></extra>`,
      showlegend: false,
    },
  ];
}

function errorAxis(errors: readonly number[], size: FigureSize): PlotlyObject {
  const shown = logTicks(Math.min(...errors), Math.max(...errors));
  const ticks = { tickmode: "array", tickvals: shown, ticktext: shown.map(String) };
  return axisLayout("normalised error", size, {
    type: "log",
    ...(shown.length >= 2 ? ticks : { nticks: 6 }),
  });
}
