import type { EditOptimisation } from "../../search/study/edit-optimisation.js";
import type { Figure, FigureOptions, PlotlyObject } from "../figure.js";
import { roundValues } from "../figure.js";
import { logTicks } from "./loss-curve.js";
import { placeTwoPlots } from "../side-by-side.js";
import { plotlyText } from "../text.js";
import type { FigureSize } from "../theme.js";
import { axisLayout, CATEGORIES, composeFigure, figureSize } from "../theme.js";

/** The edited codes of one SAE, read back step by step. */
export interface OptimisationSeries extends EditOptimisation {
  /** Shown in the legend, such as "k 16, n 3072". */
  name: string;
}

const TITLES = ["silent latents turned on", "active latents turned off"];

/**
 * How near an input's code comes to an edited one, step by step: silent latents turned on, and active ones turned off,
 * a line for each SAE, errors on a log axis. Throws RangeError without series.
 */
export function drawIterativeOptimisation(
  series: readonly OptimisationSeries[],
  options: FigureOptions = {},
): Figure {
  if (series.length === 0) {
    throw new RangeError("drawIterativeOptimisation: expected a series, got none");
  }
  const size = figureSize(options);
  if (options.height === undefined && options.size !== "slide") {
    size.height = Math.round(size.width * (size.width < 450 ? 1.4 : 0.5));
  }
  const plots = placeTwoPlots(size);
  const kinds = ["zeroToActive", "activeToZero"] as const;
  const data = kinds.flatMap((kind, at) =>
    series.map((one, i) => ({
      ...stepTrace(one, one[kind], CATEGORIES[i % CATEGORIES.length], size),
      showlegend: at === 0,
      ...(at === 0 ? {} : { xaxis: "x2", yaxis: "y2" }),
    })),
  );
  const axis = (at: number): PlotlyObject =>
    axisLayout("step", size, {
      ...plots.x[at],
      anchor: at === 0 ? "y" : "y2",
      dtick: 1,
      showgrid: false,
    });
  const errorAxis = (at: number): PlotlyObject =>
    axisLayout(`error, ${TITLES[at]}`, size, {
      ...plots.y[at],
      anchor: at === 0 ? "x" : "x2",
      ...errorTicks(series.flatMap((one) => one[kinds[at]])),
    });
  const layout: PlotlyObject = {
    xaxis: axis(0),
    yaxis: errorAxis(0),
    xaxis2: axis(1),
    yaxis2: errorAxis(1),
  };
  const legend = series.map(({ name }) => name);
  const title = "Finding an input whose code is the edited one";
  return composeFigure(
    { name: "iterative-optimisation", title, data, layout, size, legend },
    options,
  );
}

function stepTrace(
  { name }: OptimisationSeries,
  errors: readonly number[],
  colour: string,
  size: FigureSize,
): PlotlyObject {
  return {
    type: "scatter",
    mode: "lines+markers",
    name: plotlyText(name),
    x: errors.map((_, step) => step + 1),
    y: roundValues(errors, 6),
    line: { color: colour, width: size.line },
    marker: { color: colour, size: size.marker * 1.2 },
    hovertemplate: `${plotlyText(name)}: %{y:.4f}<br>after step %{x}<extra></extra>`,
  };
}

/** A log axis with plain numbers at its ticks; errors of 0 have no place on it. */
function errorTicks(errors: readonly number[]): PlotlyObject {
  const above = errors.filter((error) => error > 0);
  if (above.length === 0) return {};
  const shown = logTicks(Math.min(...above), Math.max(...above));
  return shown.length < 2
    ? { type: "log" }
    : { type: "log", tickmode: "array", tickvals: shown, ticktext: shown.map(String) };
}
