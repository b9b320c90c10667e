import type { FigureOptions, PlotlyObject } from "../figure.js";
import { roundValue } from "../figure.js";
import { type Axis, layOutAxis } from "./axis.js";
import { fitText, plotlyText } from "./text.js";
import type { FigureSize } from "../theme/theme.js";
import { INK, MUTED } from "../theme/palette.js";

/** A part of a figure's plot area, in shares of it; y grows upwards. */
export interface Panel {
  x: [number, number];
  y: [number, number];
}

/** How panels are laid out; lengths in pixels. */
export interface PanelOptions {
  columns: number;
  /** Of the whole figure. */
  margin: { l: number; r: number; t: number; b: number };
  /** Between columns: room for the ticks and the title of an axis. */
  gapX: number;
  /** Between rows: room for an axis and the next panel's title. */
  gapY: number;
}

/** `count` panels of one size, row by row from the top left. */
export function layPanels(count: number, size: FigureSize, options: PanelOptions): Panel[] {
  const { columns, margin, gapX, gapY } = options;
  const width = size.width - margin.l - margin.r;
  const height = size.height - margin.t - margin.b;
  const rows = Math.ceil(count / columns);
  const across = (width - (columns - 1) * gapX) / columns / width;
  const down = (height - (rows - 1) * gapY) / rows / height;
  return Array.from({ length: count }, (_, i) => {
    const left = (i % columns) * (across + gapX / width);
    const top = 1 - Math.floor(i / columns) * (down + gapY / height);
    return {
      x: [roundValue(left, 5), roundValue(left + across, 5)],
      y: [roundValue(Math.max(0, top - down), 5), roundValue(top, 5)],
    };
  });
}

/** What plotly appends to "x", "y" and "polar" for panel `i`: nothing for the first, then 2, 3 and so on. */
export function panelSuffix(i: number): string {
  return i === 0 ? "" : String(i + 1);
}

/**
 * A panel's title over its left edge, and `note` in small print after it, cut to the panel's width. Both are plain
 * text.
 */
export function panelTitle(
  { x, y }: Panel,
  title: string,
  size: FigureSize,
  { note = "", width }: { note?: string; width: number },
): PlotlyObject {
  const name = fitText(title, width, size.font);
  const small = plotlyText(note);
  return {
    ...{ xref: "paper", x: x[0], xanchor: "left", yref: "paper", y: y[1], yanchor: "bottom" },
    text:
      note === ""
        ? plotlyText(name)
        : `${plotlyText(name)}  <span style="color:${MUTED};font-size:${size.small}px">${small}</span>`,
    font: { size: size.font, color: INK },
    showarrow: false,
    borderpad: 0,
    yshift: size.font * 0.25,
  };
}

/** How two plots stand side by side or, in a paper column, one above the other. */
export interface TwoPlotsOptions {
  /** Height over width of the figure. Default 1.4 and 0.5. */
  aspect?: { above: number; beside: number };
  /** Room between them for axis titles, in units of the type size. Default 5.5 and 6. */
  gap?: { above: number; beside: number };
}

/**
 * What the axes of one or two plots take of the figure. Sets the height of `sizeInPlace` where there are two and the
 * options do not ask for one.
 */
export function placeTwoPlots(
  count: number,
  sizeInPlace: FigureSize,
  options: FigureOptions,
  arrange: TwoPlotsOptions = {},
): { x: PlotlyObject[]; y: PlotlyObject[] } {
  if (count === 1) return { x: [{}], y: [{}] };
  const { aspect = { above: 1.4, beside: 0.5 }, gap = { above: 5.5, beside: 6 } } = arrange;
  const size = sizeInPlace;
  const way = size.width < 450 ? "above" : "beside";
  if (options.height === undefined && options.size !== "slide") {
    size.height = Math.round(size.width * aspect[way]);
  }
  const room = (size.font * gap[way]) / (way === "above" ? size.height : size.width);
  const first = { domain: [0, 0.5 - room / 2] };
  const second = { domain: [0.5 + room / 2, 1] };
  return {
    x: way === "above" ? [{}, {}] : [first, second],
    y: way === "above" ? [second, first] : [{}, {}],
  };
}

/** The axes of panel `at`, each tied to the other; `extra` is laid over them. */
export function panelAxes(
  place: Panel,
  at: number,
  { x, y }: { x: Axis; y: Axis },
  size: FigureSize,
  extra: { x?: PlotlyObject; y?: PlotlyObject } = {},
): PlotlyObject {
  const suffix = panelSuffix(at);
  const axis = (one: Axis, domain: number[], anchor: string, more?: PlotlyObject): PlotlyObject =>
    layOutAxis(one, size, { domain, anchor: `${anchor}${suffix}`, ...more });
  return {
    [`xaxis${suffix}`]: axis(x, place.x, "y", extra.x),
    [`yaxis${suffix}`]: axis(y, place.y, "x", extra.y),
  };
}
