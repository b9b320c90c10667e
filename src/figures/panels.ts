import type { PlotlyObject } from "./figure.js";
import { roundValue } from "./figure.js";
import { fitText, plotlyText } from "./text.js";
import type { FigureSize } from "./theme.js";
import { INK, MUTED } from "./theme.js";

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
