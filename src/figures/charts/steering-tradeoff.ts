import type { MeanInterval } from "../../search/study/bootstrap.js";
import type { CurvePoint, MeasureMeans } from "../../search/study/equal-cosine.js";
import { STEERING_METHODS, type SteeringMethod } from "../../search/steer.js";
import { transparent } from "../colour.js";
import type { Figure, FigureOptions, PlotlyObject } from "../figure.js";
import { roundValue, roundValues } from "../figure.js";
import { placeTwoPlots } from "../side-by-side.js";
import { plotlyText } from "../text.js";
import type { FigureSize } from "../theme.js";
import { axisLayout, CATEGORIES, composeFigure, figureSize, INK } from "../theme.js";

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
}

type Side = "up" | "down";

const MEASURES = {
  queries: {
    up: "upRises",
    down: "downFalls",
    axes: ["wanted latent rises", "unwanted latent falls"],
    format: ".0%",
  },
  activation: {
    up: "upActivation",
    down: "downActivation",
    axes: ["gain of the wanted latent", "fall of the unwanted latent"],
    format: "",
  },
} as const;

/**
 * What steering brings against what it costs: success of the wanted latent's rise and of the unwanted one's fall by
 * the cosine of the steered query to the original, a line and a 95 % band for each method; crosses are queries that a
 * model rewrote. Throws RangeError without curves.
 */
export function drawSteeringTradeoff(
  input: SteeringTradeoffInput,
  options: SteeringTradeoffOptions = {},
): Figure {
  const methods = STEERING_METHODS.filter((name) =>
    input.curves.some(({ method }) => method === name),
  );
  if (methods.length === 0) throw new RangeError("drawSteeringTradeoff: expected curves, got none");
  const size = figureSize(options);
  if (options.height === undefined && options.size !== "slide") {
    size.height = Math.round(size.width * (size.width < 450 ? 1.4 : 0.5));
  }
  const plots = placeTwoPlots(size);
  const measure = MEASURES[options.measure ?? "queries"];
  const sides: Side[] = ["up", "down"];
  const data = sides.flatMap((side, at) => [
    ...methods.flatMap((method) => {
      const own = input.curves.filter((point) => point.method === method);
      const points = own
        .map(({ cosine, measures }) => ({ cosine, value: measures[measure[side]] }))
        .filter(({ value }) => value.n > 0)
        .sort((a, b) => a.cosine - b.cosine);
      return curveTraces(method, points, { colour: colourOf(method), at, size });
    }),
    ...crossTrace(input, measure[side], at, size),
  ]);
  const range = cosineRange(input);
  const axis = (at: number): PlotlyObject =>
    axisLayout("cosine to the original query", size, {
      ...plots.x[at],
      range,
      showgrid: false,
      anchor: at === 0 ? "y" : "y2",
    });
  const valueAxis = (at: number): PlotlyObject =>
    axisLayout(measure.axes[at], size, {
      ...plots.y[at],
      anchor: at === 0 ? "x" : "x2",
      rangemode: "tozero",
      ...(measure.format === "" ? {} : { tickformat: measure.format, range: [0, 1.03] }),
    });
  const layout: PlotlyObject = {
    xaxis: axis(0),
    yaxis: valueAxis(0),
    xaxis2: axis(1),
    yaxis2: valueAxis(1),
  };
  const legend = [...methods, ...(input.rewriting ? ["rewritten by a model"] : [])];
  const title = "What steering brings, by what it costs";
  return composeFigure({ name: "steering-tradeoff", title, data, layout, size, legend }, options);
}

function colourOf(method: SteeringMethod): string {
  return CATEGORIES[STEERING_METHODS.indexOf(method)];
}

function curveTraces(
  name: string,
  points: readonly { cosine: number; value: MeanInterval }[],
  { colour, at, size }: { colour: string; at: number; size: FigureSize },
): PlotlyObject[] {
  const place = at === 0 ? {} : { xaxis: "x2", yaxis: "y2" };
  const back = [...points].reverse();
  const x = roundValues(
    points.map(({ cosine }) => cosine),
    4,
  );
  return [
    {
      type: "scatter",
      mode: "lines",
      x: [...x, ...[...x].reverse()],
      y: roundValues(
        [
          ...points.map(({ value }) => value.interval[0]),
          ...back.map(({ value }) => value.interval[1]),
        ],
        5,
      ),
      line: { width: 0 },
      fill: "toself",
      fillcolor: transparent(colour, 0.13),
      hoverinfo: "skip",
      showlegend: false,
      ...place,
    },
    {
      type: "scatter",
      mode: "lines+markers",
      name: plotlyText(name),
      showlegend: at === 0,
      x,
      y: roundValues(
        points.map(({ value }) => value.mean),
        5,
      ),
      line: { color: colour, width: size.line },
      marker: { color: colour, size: size.marker * 1.3 },
      hovertemplate: `${plotlyText(name)}: %{y:.3}<br>at cosine %{x}<extra></extra>`,
      ...place,
    },
  ];
}

function crossTrace(
  { rewriting }: SteeringTradeoffInput,
  measure: keyof MeasureMeans,
  at: number,
  size: FigureSize,
): PlotlyObject[] {
  const cosine = rewriting && meanCosine(rewriting.cosines);
  if (!rewriting || cosine === undefined) return [];
  const { mean, interval } = rewriting.measures[measure];
  return [
    {
      type: "scatter",
      mode: "markers",
      name: "rewritten by a model",
      showlegend: at === 0,
      x: [roundValue(cosine, 4)],
      y: roundValues([mean], 5),
      error_y: {
        type: "data",
        symmetric: false,
        array: roundValues([interval[1] - mean], 5),
        arrayminus: roundValues([mean - interval[0]], 5),
        color: INK,
        thickness: size.line * 0.6,
        width: size.marker,
      },
      marker: { symbol: "x", color: INK, size: size.marker * 2.2 },
      hovertemplate: "rewritten: %{y:.3}<br>at mean cosine %{x}<extra></extra>",
      ...(at === 0 ? {} : { xaxis: "x2", yaxis: "y2" }),
    },
  ];
}

function meanCosine(cosines: readonly (number | null)[]): number | undefined {
  const known = cosines.filter((cosine) => cosine !== null && Number.isFinite(cosine)) as number[];
  return known.length > 0 ? known.reduce((sum, value) => sum + value, 0) / known.length : undefined;
}

function cosineRange({ curves, rewriting }: SteeringTradeoffInput): [number, number] {
  const all = curves.map(({ cosine }) => cosine);
  const cross = rewriting && meanCosine(rewriting.cosines);
  if (cross !== undefined) all.push(cross);
  return [
    roundValue(Math.min(...all) - 0.02, 4),
    Math.min(1, roundValue(Math.max(...all) + 0.02, 4)),
  ];
}
