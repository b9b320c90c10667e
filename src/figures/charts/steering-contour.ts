import type { SteeringCell } from "../../search/study/evaluate-steering.js";
import type { Figure, FigureOptions, PlotlyObject } from "../figure.js";
import { roundValue, roundValues } from "../figure.js";
import { plotlyText } from "../text.js";
import type { FigureSize } from "../theme.js";
import { axisLayout, composeFigure, figureSize, INK, SEQUENTIAL } from "../theme.js";

/** Options of `drawSteeringContour`. */
export interface SteeringContourOptions extends FigureOptions {
  /** The method whose cells are shown. Default: that of the first cell. */
  method?: string;
}

const STEP = 0.1;
/** Light where the query stays near the original, and never so dark that a label could not be read. */
const LIGHT = SEQUENTIAL.slice(0, 6)
  .map(([at, colour]) => [roundValue(1 - 2 * at, 3), colour] as const)
  .reverse();

/**
 * Mean cosine of the steered query to the original over the strengths down and up, both on log axes; strengths of 0 are
 * left out. Throws RangeError where a method has fewer than two strengths above 0 either way, or lacks a pair of them.
 */
export function drawSteeringContour(
  cells: readonly Pick<SteeringCell, "method" | "up" | "down" | "cosines">[],
  options: SteeringContourOptions = {},
): Figure {
  const method = options.method ?? cells[0]?.method;
  const own = cells.filter((cell) => cell.method === method && cell.up > 0 && cell.down > 0);
  const ups = ascending(own.map(({ up }) => up));
  const downs = ascending(own.map(({ down }) => down));
  if (ups.length < 2 || downs.length < 2 || own.length !== ups.length * downs.length) {
    throw new RangeError(
      `drawSteeringContour: expected every pair of two or more strengths up and down, got ${own.length} of ${method}`,
    );
  }
  const size = figureSize(options);
  const z = ups.map((up) =>
    downs.map((down) => {
      const cell = own.find((one) => one.up === up && one.down === down);
      return roundValue(meanOf(cell?.cosines ?? []), 4);
    }),
  );
  const lowest = Math.floor(Math.min(...z.flat()) / STEP) * STEP;
  const data: PlotlyObject[] = [
    {
      type: "contour",
      x: downs,
      y: ups,
      z,
      colorscale: LIGHT,
      zmin: roundValue(lowest, 3),
      zmax: 1,
      contours: {
        start: roundValue(lowest + STEP, 3),
        end: 0.9,
        size: STEP,
        showlabels: true,
        labelfont: { size: size.small, color: INK },
      },
      line: { width: size.line * 0.4, color: INK },
      colorbar: {
        title: { text: "mean cosine", font: { size: size.font }, side: "right" },
        tickfont: { size: size.small },
        outlinewidth: 0,
        thickness: size.font * 1.1,
      },
      hovertemplate: "up %{y}, down %{x}<br>mean cosine %{z:.3f}<extra></extra>",
    },
  ];
  const layout = {
    xaxis: strengthAxis("strength down, in typical active values", downs, size),
    yaxis: strengthAxis("strength up, in typical active values", ups, size),
  };
  const title = `Cosine of steered queries to the original (${plotlyText(method)})`;
  return composeFigure({ name: "steering-contour", title, data, layout, size }, options);
}

function strengthAxis(title: string, values: readonly number[], size: FigureSize): PlotlyObject {
  const ends = [values[0], values[values.length - 1]];
  return axisLayout(title, size, {
    type: "log",
    tickmode: "array",
    tickvals: values,
    ticktext: roundValues(values, 3).map(String),
    range: ends.map((end) => roundValue(Math.log10(end), 4)),
    showgrid: false,
  });
}

function ascending(values: readonly number[]): number[] {
  return [...new Set(values)].sort((a, b) => a - b);
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
