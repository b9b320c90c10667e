import type { Figure, FigureOptions, PlotlyObject } from "../figure.js";
import { plotlyText } from "../text.js";
import { axisLayout, CATEGORIES, composeFigure, figureSize } from "../theme.js";

/** The families of one SAE, counted by the pass that found them. */
export interface PassSeries {
  /** Shown in the legend, such as "k 16, n 3072". */
  name: string;
  /** Families found in the first pass, the second and so on. */
  counts: readonly number[];
  /** As #rrggbb. Default: the theme's categories in order. */
  colour?: string;
}

/**
 * How many families each pass found: a group of bars a pass. Needs the families' `pass` (`countByPass`), as
 * `families.json` tells. Throws RangeError without series.
 */
export function drawSubtreesPerPass(
  series: readonly PassSeries[],
  options: FigureOptions = {},
): Figure {
  if (series.length === 0) throw new RangeError("drawSubtreesPerPass: expected a series, got none");
  const size = figureSize(options);
  const passes = Math.max(...series.map(({ counts }) => counts.length));
  const numbers = Array.from({ length: passes }, (_, pass) => String(pass + 1));
  const legend = series.map(
    ({ name, counts }) => `${name} (${counts.reduce((sum, count) => sum + count, 0)} families)`,
  );
  const data: PlotlyObject[] = series.map(({ name, counts, colour }, at) => ({
    type: "bar",
    x: numbers.slice(0, counts.length),
    y: counts,
    text: counts.map(String),
    textposition: "outside",
    textfont: { size: size.small },
    cliponaxis: false,
    name: plotlyText(legend[at]),
    marker: { color: colour ?? CATEGORIES[at % CATEGORIES.length] },
    hovertemplate: `pass %{x}: %{y} families<extra>${plotlyText(name)}</extra>`,
  }));
  const layout = {
    barmode: "group",
    bargap: 0.3,
    xaxis: axisLayout("pass", size, { type: "category", showgrid: false }),
    yaxis: axisLayout("families", size, { rangemode: "tozero" }),
  };
  return composeFigure(
    { name: "subtrees-per-pass", title: "Families by pass", data, layout, size, legend },
    options,
  );
}

/** Families by pass, from the first on; a pass without any counts 0. */
export function countByPass(families: readonly { pass?: number }[]): number[] {
  const counts: number[] = [];
  for (const { pass = 0 } of families) {
    while (counts.length <= pass) counts.push(0);
    counts[pass]++;
  }
  return counts;
}
