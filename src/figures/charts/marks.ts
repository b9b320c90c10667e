import { type PlotlyObject, roundValue } from "../figure.js";

/** A line over the plot's height at `x`. */
export function markLine(
  x: number,
  {
    colour,
    line,
    dash = "dash",
  }: { colour: string; line: number; dash?: "solid" | "dash" | "dot" },
): PlotlyObject {
  const at = roundValue(x, 4);
  return {
    type: "line",
    x0: at,
    x1: at,
    y0: 0,
    y1: 1,
    yref: "paper",
    line: { color: colour, width: line, dash },
  };
}
