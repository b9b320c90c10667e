import type { Figure, FigureOptions } from "./figure.js";
import { drawValueHistogram, type ValueSeries } from "./charts/value-histogram.js";

/** Options of `drawFiringRatio`. */
export interface FiringRatioOptions extends FigureOptions {
  /** Width of a bin. Default 0.25. */
  binWidth?: number;
}

/**
 * How much closer families' parents are to their members than the members to each other: a histogram of R, one a family,
 * for each SAE, a dashed line at its mean. Needs `familyStatistics(…).ratios`; infinite ones (members that never meet)
 * are left out. Throws RangeError without series.
 */
export function drawFiringRatio(
  series: readonly ValueSeries[],
  options: FiringRatioOptions = {},
): Figure {
  const parts = {
    name: "firing-ratio",
    title: "Parents against their members",
    axis: "R: co-activation parent to member over member to member",
    counted: "families",
    binWidth: options.binWidth ?? 0.25,
  };
  return drawValueHistogram("drawFiringRatio", series, parts, options);
}
