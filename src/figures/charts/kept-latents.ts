import type { Figure, FigureOptions, PlotlyObject } from "../figure.js";
import { requireEqualLengths } from "../figure.js";
import { binRange, binValues, stepTrace } from "./histogram.js";
import { plotlyText } from "../text.js";
import { axisLayout, CATEGORIES, composeFigure, figureSize, MUTED } from "../theme.js";

/** The latents of one SAE and those of them that are kept. */
export interface KeptLatents {
  /** What the latents are laid out by, such as their density or a score [n]. */
  values: ArrayLike<number>;
  /** Whether each is kept, such as in the clean set or in a family [n]. */
  kept: ArrayLike<boolean>;
}

/** Options of `drawKeptLatents`. */
export interface KeptLatentsOptions extends FigureOptions {
  /** What the values are. Default "density". */
  axis?: string;
  /** What kept ones are called. Default "in families". */
  keptName?: string;
  /** Bins of log10 of the values, those that are not above 0 left out. Default true. */
  log?: boolean;
  /** Width of a bin; of log10 where `log` is set. Default 0.1. */
  binWidth?: number;
}

/**
 * Which latents the clean set or the families keep, by density or score: a histogram of all latents and, in front of
 * it, of those kept. Needs one value and one flag a latent. Throws RangeError for lists of different lengths.
 */
export function drawKeptLatents(
  { values, kept }: KeptLatents,
  options: KeptLatentsOptions = {},
): Figure {
  requireEqualLengths("drawKeptLatents", { values, kept });
  const { axis = "density", keptName = "in families", log = true, binWidth = 0.1 } = options;
  const size = figureSize(options);
  const shown = Array.from(values, (value) => (log ? Math.log10(value) : value));
  const all = binValues(shown, binWidth);
  const some = binValues(
    shown.filter((_, latent) => kept[latent]),
    binWidth,
  );
  const count = (counts: readonly number[]): number => counts.reduce((sum, c) => sum + c, 0);
  const total = count(all.counts);
  const share = total === 0 ? 0 : Math.round((100 * count(some.counts)) / total);
  const entries = [
    { name: `all (${total.toLocaleString("en")})`, bins: all, colour: MUTED },
    {
      name: `${keptName} (${count(some.counts).toLocaleString("en")}, ${share} %)`,
      bins: some,
      colour: CATEGORIES[0],
    },
  ];
  const data: PlotlyObject[] = entries.map(({ name, bins, colour }) => ({
    ...stepTrace(bins, { colour, line: size.line }),
    name: plotlyText(name),
    hovertemplate: `%{y} latents<br>%{customdata}<extra>${plotlyText(name)}</extra>`,
  }));
  const title = log ? `log<sub>10</sub> ${plotlyText(axis)}` : plotlyText(axis);
  const layout = {
    xaxis: axisLayout(title, size, { showgrid: false, range: binRange([all]) }),
    yaxis: axisLayout("latents", size, { rangemode: "tozero" }),
  };
  return composeFigure(
    {
      name: "kept-latents",
      title: `Latents kept by ${axis}`,
      data,
      layout,
      size,
      legend: entries.map(({ name }) => name),
    },
    options,
  );
}
