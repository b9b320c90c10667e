import type { Figure, FigureOptions, PlotlyObject } from "../figure.js";
import { requireEqualLengths, roundValue, roundValues } from "../figure.js";
import { formatNumber } from "../text.js";
import { plotlyText } from "../text.js";
import { axisLayout, CATEGORIES, composeFigure, figureSize } from "../theme.js";

/** What the scatter shows, by latent [n]. */
export interface CosineScatterInput {
  /** Largest cosine of the latent's decoder direction with another one of the SAE. */
  nearest: ArrayLike<number>;
  /** Cosine of its encoder and decoder directions. */
  encoderDecoder: ArrayLike<number>;
}

/** Options of `drawCosineScatter`. */
export interface CosineScatterOptions extends FigureOptions {
  /** A line that others report, dashed: its slope, and the point that it goes through. */
  reference?: { name: string; slope: number; through: readonly [number, number] };
}

/**
 * Whether latents whose decoder direction has a near neighbour are read by another direction than they write: a point a
 * latent, with the least-squares line. Throws RangeError for fewer than two latents and where lengths differ.
 */
export function drawCosineScatter(
  { nearest, encoderDecoder }: CosineScatterInput,
  options: CosineScatterOptions = {},
): Figure {
  requireEqualLengths("drawCosineScatter", { nearest, encoderDecoder });
  const kept = Array.from(nearest, (_, latent) => latent).filter(
    (latent) => Number.isFinite(nearest[latent]) && Number.isFinite(encoderDecoder[latent]),
  );
  if (kept.length < 2) {
    throw new RangeError(`drawCosineScatter: expected two latents or more, got ${kept.length}`);
  }
  const size = figureSize(options);
  const x = kept.map((latent) => nearest[latent]);
  const y = kept.map((latent) => encoderDecoder[latent]);
  const { slope, through, correlation } = fitLine(x, y);
  const range: [number, number] = [Math.min(...x), Math.max(...x)];
  const own = `slope ${formatNumber(slope, 2)}, correlation ${formatNumber(correlation, 2)}`;
  const data: PlotlyObject[] = [
    {
      type: "scatter",
      mode: "markers",
      x: roundValues(x, 4),
      y: roundValues(y, 4),
      customdata: kept,
      marker: { color: CATEGORIES[0], size: size.marker * 0.9, opacity: 0.35 },
      hovertemplate: "latent %{customdata}<br>nearest %{x}<br>encoder %{y}<extra></extra>",
      showlegend: false,
    },
    lineTrace(own, { slope, through, range }, { color: CATEGORIES[1], width: size.line }),
  ];
  const legend = [own];
  if (options.reference) {
    const { name, slope: other, through: point } = options.reference;
    legend.push(`${name}: slope ${formatNumber(other, 2)}`);
    const reach: [number, number] = [Math.min(range[0], point[0]), Math.max(range[1], point[0])];
    const dashed = { color: CATEGORIES[6], width: size.line, dash: "dash" };
    data.push(lineTrace(legend[1], { slope: other, through: point, range: reach }, dashed));
  }
  const layout = {
    xaxis: axisLayout("largest cosine with another decoder direction", size),
    yaxis: axisLayout("cosine of encoder and decoder", size),
  };
  return composeFigure(
    {
      name: "encoder-decoder-scatter",
      title: "Directions of each latent",
      data,
      layout,
      size,
      legend,
    },
    options,
  );
}

function fitLine(
  x: readonly number[],
  y: readonly number[],
): { slope: number; through: [number, number]; correlation: number } {
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanX, meanY] = [mean(x), mean(y)];
  let xx = 0;
  let xy = 0;
  let yy = 0;
  for (let i = 0; i < x.length; i++) {
    xx += (x[i] - meanX) ** 2;
    xy += (x[i] - meanX) * (y[i] - meanY);
    yy += (y[i] - meanY) ** 2;
  }
  const both = Math.sqrt(xx * yy);
  return {
    slope: xx === 0 ? 0 : xy / xx,
    through: [meanX, meanY],
    correlation: both === 0 ? 0 : xy / both,
  };
}

function lineTrace(
  name: string,
  line: { slope: number; through: readonly [number, number]; range: [number, number] },
  style: PlotlyObject,
): PlotlyObject {
  const { slope, through, range } = line;
  return {
    type: "scatter",
    mode: "lines",
    name: plotlyText(name),
    x: range.map((value) => roundValue(value, 4)),
    y: range.map((value) => roundValue(through[1] + slope * (value - through[0]), 4)),
    line: style,
    hoverinfo: "skip",
  };
}
