import type { Axis } from "../drawing/axis.js";
import type { ChartOptions, PlotlyObject } from "../figure.js";
import { roundValue } from "../figure.js";
import { layPanels, type Panel, panelAxes } from "../drawing/panels.js";
import { fitText, plotlyText } from "../drawing/text.js";
import type { FigureSize } from "../theme/theme.js";
import { INK } from "../theme/palette.js";
import { isTitled } from "../theme/theme.js";

/** Height of a line of text in units of its type size. */
const LINE = 1.4;

/** A small plot with its series' names above it, in their colours; all as plain text. */
export interface NamedPanel {
  title: string;
  names: readonly { text: string; colour: string }[];
}

/** Where small plots stand. */
export interface NamedFrame {
  margin: { l: number; r: number; t: number; b: number };
  places: Panel[];
  columns: number;
  /** Of a plot, in pixels. */
  width: number;
  /** One title for all x axes, in the middle below them. */
  xTitle(text: string): PlotlyObject;
}

/**
 * Places for small plots with one x axis, with a strip above each for its title and names. Sets the height of `sizeInPlace`
 * where the options do not ask for one.
 */
export function arrangeNamedPanels(
  panels: readonly NamedPanel[],
  options: ChartOptions & { columns?: number },
  sizeInPlace: FigureSize,
): NamedFrame {
  const size = sizeInPlace;
  const titled = isTitled(size, options);
  const fitting = Math.max(1, Math.floor(size.width / (size.font * 19)));
  const columns = Math.min(panels.length, options.columns ?? fitting);
  const rows = Math.ceil(panels.length / columns);
  const lines = Math.max(...panels.map(({ names }) => names.length)) + 1;
  const strip = lines * size.small * LINE + size.font * 0.3;
  const head = titled ? size.heading * 2.2 : 0;
  const plot = size.font * (rows > 1 ? 8.5 : 17);
  size.height =
    options.height !== undefined
      ? size.height
      : Math.round(rows * (strip + plot + size.font * 1.6) + size.font * 5 + head);
  const margin = {
    l: size.font * 5,
    r: size.font * 1.2,
    t: (titled ? head : size.font * 0.5) + strip,
    b: size.font * 3.6,
  };
  const gaps = { gapX: size.font * 2.6, gapY: size.font * 1.8 + strip };
  const places = layPanels(panels.length, size, { columns, margin, ...gaps });
  return {
    ...{ margin, places, columns },
    width: (size.width - margin.l - margin.r) * (places[0].x[1] - places[0].x[0]),
    xTitle: (text) => ({
      text,
      ...{ x: 0.5, xref: "paper", xanchor: "center", y: 0, yref: "paper", yanchor: "top" },
      yshift: -size.font * 1.9,
      font: { size: size.font },
      ...{ showarrow: false, borderpad: 0 },
    }),
  };
}

/** The axes of a small plot, and its title and names, line by line above it. */
export function namedPanel(
  { title, names }: NamedPanel,
  { at, x, y, frame }: { at: number; x: Axis; y: Axis; frame: NamedFrame },
  size: FigureSize,
): { axes: PlotlyObject; texts: PlotlyObject[] } {
  const { places, columns, width } = frame;
  const place = places[at];
  const lines = [{ text: title, colour: INK }, ...names];
  return {
    axes: panelAxes(
      place,
      at,
      { x: { ...x, title: "" }, y: { ...y, title: at % columns === 0 ? y.title : "" } },
      size,
      {
        x: {
          ...{ automargin: false, nticks: width < size.font * 16 ? 4 : 7 },
          showticklabels: at + columns >= places.length,
        },
        y: { automargin: false, nticks: 4 },
      },
    ),
    texts: lines.map(({ text, colour }, line) => ({
      ...{ x: place.x[0], xref: "paper", xanchor: "left" },
      ...{ y: place.y[1], yref: "paper", yanchor: "bottom" },
      yshift: roundValue(size.font * 0.3 + (lines.length - 1 - line) * size.small * LINE, 2),
      ...{ align: "left", showarrow: false, borderpad: 0 },
      text: plotlyText(fitText(text, width + size.font * 1.8, size.small)),
      font: { size: size.small, color: colour },
    })),
  };
}
