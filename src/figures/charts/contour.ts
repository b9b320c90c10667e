import type { ChartOptions, Figure, PlotlyObject } from "../figure.js";
import { roundValue, roundValues } from "../figure.js";
import type { FigureSize } from "../theme/theme.js";
import { INK, SEQUENTIAL } from "../theme/palette.js";
import { axisLayout, composeFigure, figureSize } from "../theme/theme.js";

/** What `contour` shows. */
export interface ContourOptions extends ChartOptions {
  /** Values along each axis, ascending and above 0, with the axis's title as plotly's markup. */
  x: { title: string; values: readonly number[] };
  y: { title: string; values: readonly number[] };
  /** A row per y, a value per x in it, at most 1. */
  z: readonly (readonly number[])[];
  /** Of the colour bar, as plotly's markup. */
  scale: string;
  /** Plotly's template for hovering. */
  hover: string;
}

const STEP = 0.1;
/** Light for values near 1, and never so dark that a label could not be read. */
const LIGHT = SEQUENTIAL.slice(0, 6)
  .map(([at, colour]) => [roundValue(1 - 2 * at, 3), colour] as const)
  .reverse();

/** Lines of equal value, a tenth apart, over two log axes. */
export function contour(options: ContourOptions): Figure {
  const { x, y, z, scale, hover } = options;
  const size = figureSize(options);
  const lowest = Math.floor(Math.min(...z.flat()) / STEP) * STEP;
  const data: PlotlyObject[] = [
    {
      ...{ type: "contour", x: x.values, y: y.values, colorscale: LIGHT },
      z: z.map((row) => roundValues(row, 4)),
      ...{ zmin: roundValue(lowest, 3), zmax: 1 },
      contours: {
        ...{ start: roundValue(lowest + STEP, 3), end: 0.9, size: STEP },
        ...{ showlabels: true, labelfont: { size: size.small, color: INK } },
      },
      line: { width: size.line * 0.4, color: INK },
      colorbar: {
        title: { text: scale, font: { size: size.font }, side: "right" },
        tickfont: { size: size.small },
        ...{ outlinewidth: 0, thickness: size.font * 1.1 },
      },
      hovertemplate: hover,
    },
  ];
  const layout = { xaxis: valuesAxis(x, size), yaxis: valuesAxis(y, size) };
  return composeFigure({ data, layout, size }, "contour", options);
}

function valuesAxis(
  { title, values }: { title: string; values: readonly number[] },
  size: FigureSize,
): PlotlyObject {
  const ends = [values[0], values[values.length - 1]];
  return axisLayout(title, size, {
    ...{ type: "log", tickmode: "array", tickvals: values },
    ticktext: roundValues(values, 3).map(String),
    range: ends.map((end) => roundValue(Math.log10(end), 4)),
    showgrid: false,
  });
}
