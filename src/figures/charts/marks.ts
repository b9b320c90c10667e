import type { PlotlyObject } from "../figure.js";

/** A line over the plot's height at `x`. */
export function markLine(
  x: number,
  {
    colour,
    line,
    dash = "dash",
  }: { colour: string; line: number; dash?: "solid" | "dash" | "dot" },
): PlotlyObject {
  return {
    type: "line",
    x0: x,
    x1: x,
    y0: 0,
    y1: 1,
    yref: "paper",
    line: { color: colour, width: line, dash },
  };
}
