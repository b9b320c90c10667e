import type {
  ChartOptions,
  Figure,
  FigureOptions,
  Length,
  PlotlyObject,
  SizeName,
} from "../figure.js";
import { fitText, plotlyText, textWidth } from "../drawing/text.js";
import { INK, GRID, RULE } from "./palette.js";
import { showsItself } from "../../core/self-showing.js";

/** Measures of a figure, all in CSS pixels (96 to the inch). */
export interface FigureSize {
  width: number;
  height: number;
  /** Type size of axis titles and of labels. */
  font: number;
  /** Type size of tick labels and of small print. */
  small: number;
  /** Type size of the figure's own title. */
  heading: number;
  /** Width of data lines. */
  line: number;
  /** Diameter of a typical point. */
  marker: number;
  /** Whether the figure carries its own title; in print the caption says it. */
  titled: boolean;
}

/** CSS pixels per unit of length. */
const UNITS = { px: 1, pt: 96 / 72, in: 96, cm: 96 / 2.54, mm: 96 / 25.4 };

/**
 * The sizes: a column of a two-column paper (3.3 in wide), its full width (6.9 in), a 16:9 slide (13.33 x 7.5 in),
 * and a notebook or web page.
 */
export const SIZES: Readonly<Record<SizeName, FigureSize>> = {
  column: {
    width: 317,
    height: 238,
    font: 9.5,
    small: 8.5,
    heading: 10.5,
    line: 1.25,
    marker: 2.6,
    titled: false,
  },
  page: {
    width: 662,
    height: 440,
    font: 10.5,
    small: 9.5,
    heading: 12,
    line: 1.5,
    marker: 4,
    titled: false,
  },
  slide: {
    width: 1280,
    height: 720,
    font: 20,
    small: 17,
    heading: 28,
    line: 3,
    marker: 7,
    titled: true,
  },
  screen: {
    // Fits a cell of JupyterLab in a window of 1,280 px: 848 px beside the folders.
    width: 840,
    height: 560,
    font: 13,
    small: 12,
    heading: 17,
    line: 2,
    marker: 5,
    titled: true,
  },
};

/** Font families, best first. Pictures carry Open Sans; on a page that does not, the next one stands in. */
export const FONT_STACK = "Open Sans, Helvetica Neue, Helvetica, Arial, DejaVu Sans, sans-serif";

/** The measures for `options`. Throws RangeError for an unknown size or a side that is not from 100 to 10,000 pixels. */
export function figureSize(options: FigureOptions): FigureSize {
  const sides = {
    width: toPixels("width", options.width),
    height: toPixels("height", options.height),
  };
  const { size = defaultSize(options, sides.width) } = options;
  if (!Object.hasOwn(SIZES, size)) {
    const known = Object.keys(SIZES).join(", ");
    throw new RangeError(`figure: size must be one of ${known}, got ${JSON.stringify(size)}`);
  }
  const measures = { ...SIZES[size] };
  for (const side of ["width", "height"] as const) {
    measures[side] = Math.round(sides[side] ?? measures[side]);
    if (!(measures[side] >= 100 && measures[side] <= 10_000)) {
      const given = JSON.stringify(options[side]);
      throw new RangeError(
        `figure: ${side} must be from 100 to 10000 pixels (26mm to 2646mm), got ${given}`,
      );
    }
  }
  return measures;
}

function defaultSize({ width, height }: FigureOptions, pixels?: number): SizeName {
  if (typeof width !== "string" && typeof height !== "string") return "screen";
  return pixels === undefined || pixels <= 120 * UNITS.mm ? "column" : "page";
}

function toPixels(side: string, length: Length | undefined): number | undefined {
  if (typeof length !== "string") return length;
  const [, number, unit] = /^(\d+(?:\.\d+)?) ?(mm|cm|in|pt|px)$/.exec(length.trim()) ?? [];
  if (unit === undefined) {
    throw new RangeError(
      `figure: ${side} must be pixels or a length such as "85mm", "3.3in" or "240pt", got ${JSON.stringify(length)}`,
    );
  }
  return Number(number) * UNITS[unit as keyof typeof UNITS];
}

/** What a chart hands to `composeFigure`. */
export interface FigureParts {
  data: PlotlyObject[];
  layout: PlotlyObject;
  size: FigureSize;
  /** Entries of the legend above the plot, as plain text, so that room is kept for it. Default: no legend. */
  legend?: readonly string[];
}

/**
 * Puts a figure together: the theme's layout, the chart's own laid over it. `kind` is its name where the options give none.
 * Throws RangeError for a name that is not made of lower-case letters, digits and hyphens.
 */
export function composeFigure(
  { data, layout: own, size, legend }: FigureParts,
  kind: string,
  options: ChartOptions,
): Figure {
  const name = options.name ?? options.defaultName ?? kind;
  if (!/^[a-z0-9][a-z0-9-]*$/.test(name)) {
    throw new RangeError(
      `figure: name must be lower-case letters, digits and hyphens, got ${JSON.stringify(name)}`,
    );
  }
  const title = titleOf(options);
  const { width, height } = size;
  const layout: PlotlyObject = {
    ...{ width, height, autosize: false },
    font: { family: FONT_STACK, size: size.small, color: INK },
    ...{ paper_bgcolor: "#ffffff", plot_bgcolor: "#ffffff" },
    margin: {
      l: size.font * 5.2,
      r: size.font * 1.2,
      t: topMargin(size, options, legend && legendLines(legend, size)),
      b: size.font * 3.7,
      // A legend would claim room of its own beside the room kept for it here.
      autoexpand: legend === undefined,
    },
    showlegend: legend !== undefined,
    ...(legend ? { legend: legendLayout(size, headRoom(size, options)) } : {}),
    hoverlabel: {
      ...{ bgcolor: "#ffffff", bordercolor: RULE, align: "left" },
      font: { family: FONT_STACK, size: size.small, color: INK },
    },
    ...(isTitled(size, options) ? { title: headingLayout(title, size) } : {}),
    ...own,
  };
  return showsItself({ name, title, data, layout, width, height });
}

function titleOf({ title, defaultTitle = "" }: ChartOptions): string {
  return title ?? defaultTitle;
}

/** Whether a figure shows its title at its top. */
export function isTitled(size: FigureSize, options: ChartOptions): boolean {
  return titleOf(options) !== "" && (size.titled || options.title !== undefined);
}

function headRoom(size: FigureSize, options: ChartOptions): number {
  return isTitled(size, options) ? size.heading * 2.2 : size.font * 0.4;
}

/** Height of the strip above the plot: room for a title and for lines of a legend, or for neither. */
export function topMargin(size: FigureSize, options: ChartOptions, lines = 0): number {
  const legend = lines * Math.max(19, size.small * 1.3 + 3) + size.font * 0.4;
  return headRoom(size, options) + (lines > 0 ? legend : size.font * 0.5);
}

/** An axis in the theme's style, `title` as plotly's markup; `extra` is laid over it. */
export function axisLayout(
  title: string,
  size: FigureSize,
  extra: PlotlyObject = {},
): PlotlyObject {
  return {
    title: { text: title, font: { size: size.font }, standoff: size.font * 0.6 },
    tickfont: { size: size.small },
    showgrid: true,
    gridcolor: GRID,
    gridwidth: 1,
    zeroline: false,
    showline: true,
    linecolor: RULE,
    linewidth: 1,
    ticks: "outside",
    ticklen: Math.round(size.font * 0.35),
    tickcolor: RULE,
    automargin: true,
    ...extra,
  };
}

function legendLayout(size: FigureSize, above: number): PlotlyObject {
  return {
    orientation: "h",
    x: 0,
    xanchor: "left",
    y: 1 - above / size.height,
    yref: "container",
    yanchor: "top",
    font: { size: size.small },
    bgcolor: "rgba(255,255,255,0)",
  };
}

/** Lines that plotly needs for these entries side by side: it gives every one the room of the widest. */
export function legendLines(entries: readonly string[], size: FigureSize): number {
  const symbol = 45;
  const widest = Math.max(...entries.map((entry) => textWidth(entry, size.small))) + symbol;
  const perLine = Math.max(1, Math.floor((size.width - size.font * 5.4) / widest));
  return Math.ceil(entries.length / perLine);
}

function headingLayout(title: string, size: FigureSize): PlotlyObject {
  const edge = size.font * 0.9;
  return {
    text: plotlyText(fitText(title, size.width - 2 * edge, size.heading)),
    font: { size: size.heading, color: INK },
    x: edge / size.width,
    xref: "container",
    xanchor: "left",
    y: 1,
    yref: "container",
    yanchor: "top",
    pad: { t: size.heading * 0.7 },
  };
}
