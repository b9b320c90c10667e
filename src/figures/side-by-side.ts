import type { PlotlyObject } from "./figure.js";
import type { FigureSize } from "./theme.js";

/** Where two plots stand: side by side, in a paper column one above the other. */
export interface TwoPlots {
  /** Of the x axis, for both plots; undefined where it takes the whole width. */
  x: [PlotlyObject, PlotlyObject];
  /** Of the y axis, likewise. */
  y: [PlotlyObject, PlotlyObject];
  stacked: boolean;
}

/** Shares the figure's plane out to two plots, with room for axis titles between them. */
export function placeTwoPlots(size: FigureSize): TwoPlots {
  const stacked = size.width < 450;
  const gap = (size.font * (stacked ? 5.5 : 6)) / (stacked ? size.height : size.width);
  const first = { domain: [0, 0.5 - gap / 2] };
  const second = { domain: [0.5 + gap / 2, 1] };
  return {
    stacked,
    x: stacked ? [{}, {}] : [first, second],
    y: stacked ? [second, first] : [{}, {}],
  };
}
