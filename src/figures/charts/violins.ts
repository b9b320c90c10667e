import { transparent } from "../theme/colour.js";
import type { ChartOptions, Figure, PlotlyObject } from "../figure.js";
import { roundValues } from "../figure.js";
import { plotlyText } from "../drawing/text.js";
import { CATEGORIES } from "../theme/palette.js";
import { axisLayout, composeFigure, figureSize } from "../theme/theme.js";

/** Fewest values that make a shape; fewer are drawn as points. */
const SHAPED = 5;

/** What `violins` shows. */
export interface ViolinsOptions extends ChartOptions {
  /** From left to right; a name is plotly's markup. */
  groups: readonly { name: string; values: readonly number[] }[];
  /** Title of the groups' axis, as plotly's markup. */
  x: string;
  /** What the values are, as plain text. */
  y: string;
}

/** How values are spread in each of several groups: a shape with its median and quartiles. */
export function violins(options: ViolinsOptions): Figure {
  const { groups, x, y } = options;
  const size = figureSize(options);
  const layout = {
    xaxis: axisLayout(x, size, {
      ...{ type: "category", categoryorder: "array" },
      categoryarray: groups.map((group) => group.name),
      range: [-0.6, groups.length - 0.4],
      ...{ showgrid: false, ticks: "" },
    }),
    yaxis: axisLayout(plotlyText(y), size),
    showlegend: false,
    violingap: 0.15,
  };
  const data = groups
    .filter(({ values }) => values.length > 0)
    .map((group): PlotlyObject => {
      const common = {
        x: group.values.map(() => group.name),
        y: roundValues(group.values, 4),
        name: group.name,
        marker: { color: CATEGORIES[0], size: 2.5 * size.line },
        hovertemplate: `${plotlyText(y)} %{y}<extra></extra>`,
      };
      if (group.values.length < SHAPED) return { type: "scatter", mode: "markers", ...common };
      return {
        ...{ type: "violin", points: false, spanmode: "hard", ...common },
        ...{ box: { visible: true, width: 0.15 }, meanline: { visible: false } },
        line: { color: CATEGORIES[0], width: size.line * 0.7 },
        fillcolor: transparent(CATEGORIES[0], 0.25),
      };
    });
  return composeFigure({ data, layout, size }, "violins", options);
}
