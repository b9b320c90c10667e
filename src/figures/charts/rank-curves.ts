import type { Figure, FigureOptions, PlotlyObject } from "../figure.js";
import { roundValues } from "../figure.js";
import { markLine } from "./histogram.js";
import { plotlyText } from "../text.js";
import type { FigureSize } from "../theme.js";
import { axisLayout, CATEGORIES, composeFigure, figureSize, MUTED } from "../theme.js";

/** Magnitudes in falling order. */
export interface RankSeries {
  /** Shown in the legend, such as "k 16, n 3072". */
  name: string;
  /** By rank, the largest first. */
  values: ArrayLike<number>;
  /** The same smoothed, drawn as a dashed line. */
  smooth?: ArrayLike<number>;
  /** Rank at which a dotted line stands, such as an SAE's k. */
  mark?: number;
  /** As #rrggbb. Default: the theme's categories in order. */
  colour?: string;
}

/**
 * How fast pre-activations fall off within a document: mean sorted |pre-activation| by rank for each SAE, its moving
 * average dashed, a dotted line at k. Needs `magnitudeDecay`. Throws RangeError without series.
 */
export function drawMagnitudeDecay(
  series: readonly RankSeries[],
  options: FigureOptions = {},
): Figure {
  const parts = {
    ...{ name: "magnitude-decay", title: "Magnitude of latents by rank" },
    ...{ x: "rank of the latent in a document", y: "mean |pre-activation|", mark: "k" },
  };
  return drawRanks("drawMagnitudeDecay", series, parts, options);
}

/**
 * Whether few dimensions of the embeddings carry most: mean |value| of each dimension, sorted. Needs
 * `dimensionMagnitudes`. Throws RangeError without series.
 */
export function drawDimensionMagnitudes(
  series: readonly RankSeries[],
  options: FigureOptions = {},
): Figure {
  const sorted = series.map((one) => ({
    ...one,
    values: Float64Array.from(one.values).sort().reverse(),
  }));
  const parts = {
    ...{ name: "dimension-magnitudes", title: "Magnitude of the embeddings’ dimensions" },
    ...{ x: "rank of the dimension", y: "mean |value|" },
  };
  return drawRanks("drawDimensionMagnitudes", sorted, parts, options);
}

function drawRanks(
  caller: string,
  series: readonly RankSeries[],
  { name, title, x, y, mark }: Record<"name" | "title" | "x" | "y", string> & { mark?: string },
  options: FigureOptions,
): Figure {
  if (series.length === 0) throw new RangeError(`${caller}: expected a series, got none`);
  const size = figureSize(options);
  const shapes: PlotlyObject[] = [];
  const data: PlotlyObject[] = series.flatMap((one, at) => {
    const colour = one.colour ?? CATEGORIES[at % CATEGORIES.length];
    const common = { type: "scatter", mode: "lines", legendgroup: plotlyText(one.name) };
    const line = (values: ArrayLike<number>, style: PlotlyObject): PlotlyObject => ({
      ...common,
      x: Array.from(values, (_, rank) => rank + 1),
      y: roundValues(values, 6),
      line: { color: colour, width: size.line, ...style },
    });
    if (one.mark !== undefined) {
      shapes.push(markLine(one.mark, { colour, line: size.line * 0.8, dash: "dot" }));
    }
    return [
      {
        ...line(one.values, {}),
        name: plotlyText(one.name),
        hovertemplate: `rank %{x}<br>%{y:.4f}<extra>${plotlyText(one.name)}</extra>`,
      },
      ...(one.smooth
        ? [{ ...line(one.smooth, { dash: "dash" }), showlegend: false, hoverinfo: "skip" }]
        : []),
    ];
  });
  const layout = {
    xaxis: axisLayout(x, size, { showgrid: false, rangemode: "tozero" }),
    yaxis: axisLayout(y, size, { rangemode: "tozero" }),
    shapes,
  };
  const keys = [
    ...(series.some(({ smooth }) => smooth) ? [legendKey("moving average", "dash", size)] : []),
    ...(mark !== undefined && shapes.length > 0 ? [legendKey(mark, "dot", size)] : []),
  ];
  data.push(...keys);
  const legend = [...series.map((one) => one.name), ...keys.map((key) => String(key.name))];
  return composeFigure({ name, title, data, layout, size, legend }, options);
}

/** An entry of the legend for what lines of this kind are in every series. */
function legendKey(name: string, dash: string, { line }: FigureSize): PlotlyObject {
  return {
    ...{ type: "scatter", mode: "lines", x: [null], y: [null], name },
    line: { color: MUTED, width: line, dash },
    hoverinfo: "skip",
  };
}
