import { plotlyText } from "../drawing/text.js";
import type { ChartOptions, Figure, PlotlyObject } from "../figure.js";
import { requireSome } from "../figure.js";
import { CATEGORIES } from "../theme/palette.js";
import { axisLayout, composeFigure, figureSize } from "../theme/theme.js";

/** Bars of one colour. */
export interface BarSeries {
  /** As plain text. */
  name: string;
  /** In the legend in place of the name. */
  legend?: string;
  /** A bar for each group, from the first on. */
  values: readonly number[];
  /** As #rrggbb. Default: the theme's categories in order. */
  colour?: string;
  /** Someone else's numbers: hollow bars. Default false. */
  isReference?: boolean;
}

/** What `bars` shows. */
export interface BarsOptions extends ChartOptions {
  series: readonly BarSeries[];
  /** Names of the groups, from left to right. */
  groups: readonly string[];
  /** Titles of the axes, as plotly's markup. */
  x: string;
  y: string;
  /** Plotly's template for hovering. Default the group and the value. */
  hover?: string;
}

/** Bars side by side in groups, each with its value above it. Throws RangeError without series. */
export function bars(options: BarsOptions): Figure {
  const { series, groups, x, y, defaultName: name = "bars" } = options;
  requireSome(name, series);
  const size = figureSize(options);
  // Few bars need no whole page.
  const needed = size.font * (8 + groups.length * (2 + 3 * series.length));
  if (options.width === undefined && options.size !== "slide" && options.size !== "column") {
    size.width = Math.round(Math.min(size.width, Math.max(size.width / 2, needed)));
  }
  if (options.height === undefined && options.size !== "slide") {
    size.height = Math.round(Math.min(size.height, size.width * 0.65));
  }
  const { hover = "%{x}: %{y}" } = options;
  const data = series.map((one, at): PlotlyObject => {
    const colour = one.colour ?? CATEGORIES[at % CATEGORIES.length];
    return {
      type: "bar",
      x: groups.slice(0, one.values.length),
      y: one.values,
      text: one.values.map(String),
      ...{ textposition: "outside", textfont: { size: size.small }, cliponaxis: false },
      name: plotlyText(one.legend ?? one.name),
      marker: one.isReference
        ? { color: "#ffffff", line: { color: colour, width: size.line } }
        : { color: colour },
      hovertemplate: `${hover}<extra>${plotlyText(one.name)}</extra>`,
    };
  });
  const layout = {
    ...{ barmode: "group", bargap: 0.3 },
    xaxis: axisLayout(x, size, { type: "category", showgrid: false }),
    yaxis: axisLayout(y, size, { rangemode: "tozero" }),
  };
  const legend = series.map((one) => one.legend ?? one.name);
  return composeFigure({ data, layout, size, legend }, name, options);
}
