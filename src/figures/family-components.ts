import type { Figure, FigureOptions, PlotlyObject } from "./figure.js";
import { requireEqualLengths, roundValues } from "./figure.js";
import { formatNumber } from "./drawing/text.js";
import { layPanels, type Panel } from "./drawing/panels.js";
import { fitText, plotlyText } from "./drawing/text.js";
import type { FigureSize } from "./theme/theme.js";
import {
  axisLayout,
  CATEGORIES,
  composeFigure,
  figureSize,
  isTitled,
  legendLines,
  MUTED,
  topMargin,
  UNASSIGNED,
} from "./theme/theme.js";

/** What the figure shows of a family's documents (or decoder directions). */
export interface FamilyComponentsInput {
  /** Of the family, for the title. */
  name: string;
  /** Share of variance along each principal component, falling; see `principalComponents`. */
  explained: ArrayLike<number>;
  /** The same of as many random documents: what a family has to differ from. */
  randomExplained?: ArrayLike<number>;
  /** Documents along the first two components. */
  x: ArrayLike<number>;
  y: ArrayLike<number>;
  /** Group of each document, such as the member most active in it: a place in `groups`, -1 for none. */
  group: ArrayLike<number>;
  /** Labels of the groups, the largest first. */
  groups: readonly string[];
}

/** Options of `drawFamilyComponents`. */
export interface FamilyComponentsOptions extends FigureOptions {
  /** Most groups with a colour of their own, the first ones; the others are grey. Default 5, in a column 3. */
  maxGroups?: number;
}

/**
 * Whether a family is more than a linear subspace: the variance that each principal component of its documents explains,
 * beside that of random documents, and the documents along the first two, coloured by the member most active. Needs
 * `principalComponents` of the rows of the embeddings (or of the decoder). Throws RangeError for lists of different
 * lengths.
 */
export function drawFamilyComponents(
  input: FamilyComponentsInput,
  options: FamilyComponentsOptions = {},
): Figure {
  const { explained, x, y, group } = input;
  requireEqualLengths("drawFamilyComponents", { x, y, group });
  const size = figureSize(options);
  const title = `Principal components of “${input.name}”`;
  const shown = input.groups.slice(
    0,
    Math.max(1, options.maxGroups ?? (size.width >= 45 * size.font ? 5 : 3)),
  );
  const wide = size.width >= 45 * size.font;
  const room = size.width * (wide ? 0.26 : 0.75);
  const names = shown.map((label) => fitText(label, room, size.small));
  const others = Array.from(group).some((at) => at < 0 || at >= shown.length);
  const legend = [...names, ...(others ? ["other members"] : [])];
  const lines = legendLines(legend, size);
  const margin = {
    l: size.font * 5.2,
    r: size.font * 1.2,
    t: topMargin(size, isTitled(size, options, title), lines),
    b: size.font * 3.7,
  };
  if (options.height === undefined && options.size !== "slide") {
    const plots = wide ? size.width * 0.34 : size.font * 34;
    size.height = Math.round(margin.t + margin.b + plots);
  }
  const gaps = { gapX: size.font * 5.6, gapY: size.font * 5 };
  const [left, right] = layPanels(2, size, { columns: wide ? 2 : 1, margin, ...gaps });
  const share = (at: number): string =>
    explained.length > at ? ` (${formatNumber(100 * explained[at], 1)} %)` : "";
  const layout = {
    margin,
    ...(input.randomExplained ? { annotations: [barKey(left, size)] } : {}),
    barmode: "group",
    xaxis: axisLayout("component", size, {
      domain: left.x,
      anchor: "y",
      showgrid: false,
      dtick: 1,
    }),
    yaxis: axisLayout("variance explained", size, {
      ...{ domain: left.y, anchor: "x", rangemode: "tozero", tickformat: ".0%" },
    }),
    xaxis2: axisLayout(`component 1${share(0)}`, size, { domain: right.x, anchor: "y2" }),
    yaxis2: axisLayout(`component 2${share(1)}`, size, { domain: right.y, anchor: "x2" }),
  };
  const data = [...barTraces(input), ...pointTraces(input, legend, shown.length, size)];
  return composeFigure({ name: "family-components", title, data, layout, size, legend }, options);
}

/** What the two colours of bars are, in the upper right corner of their panel. */
function barKey({ x, y }: Panel, { small }: FigureSize): PlotlyObject {
  const entry = (colour: string, name: string): string =>
    `<span style="color:${colour}">■</span> ${name}`;
  return {
    ...{ x: x[1], xref: "paper", xanchor: "right", y: y[1], yref: "paper", yanchor: "top" },
    text: `${entry(CATEGORIES[0], "family")}<br>${entry(UNASSIGNED, "random documents")}`,
    align: "left",
    showarrow: false,
    font: { size: small },
  };
}

function barTraces({ explained, randomExplained }: FamilyComponentsInput): PlotlyObject[] {
  const bars = (name: string, values: ArrayLike<number>, colour: string): PlotlyObject => ({
    type: "bar",
    x: Array.from(values, (_, i) => i + 1),
    y: roundValues(values, 5),
    name,
    showlegend: false,
    marker: { color: colour },
    hovertemplate: `${name}: %{y:.1%}<br>component %{x}<extra></extra>`,
  });
  return [
    bars("family", explained, CATEGORIES[0]),
    ...(randomExplained ? [bars("random documents", randomExplained, UNASSIGNED)] : []),
  ];
}

function pointTraces(
  { x, y, group, groups }: FamilyComponentsInput,
  legend: readonly string[],
  coloured: number,
  size: FigureSize,
): PlotlyObject[] {
  const places = Array.from(group, (_, i) => i);
  const inGroup = (g: number): number[] =>
    places.filter((i) => (g < coloured ? group[i] === g : group[i] < 0 || group[i] >= coloured));
  return legend.map((name, g) => {
    const own = inGroup(g);
    return {
      type: "scatter",
      mode: "markers",
      ...{ xaxis: "x2", yaxis: "y2", legendrank: g },
      x: roundValues(
        own.map((i) => x[i]),
        4,
      ),
      y: roundValues(
        own.map((i) => y[i]),
        4,
      ),
      name: plotlyText(name),
      marker: {
        color: g < coloured ? CATEGORIES[g % CATEGORIES.length] : MUTED,
        size: size.marker,
        opacity: g < coloured ? 0.75 : 0.35,
      },
      hovertemplate: `${plotlyText(g < coloured ? groups[g] : name)}<extra></extra>`,
    };
  });
}
