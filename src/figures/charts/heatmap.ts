import type { Matrix } from "../../core/matrix.js";
import type { ChartOptions, Figure, PlotlyObject } from "../figure.js";
import { roundValue, roundValues } from "../figure.js";
import { inkOnScale } from "../theme/colour.js";
import { fitText, formatFixed, plotlyText, textWidth, truncateText } from "../drawing/text.js";
import type { FigureSize } from "../theme/theme.js";
import { MUTED, RULE, SEQUENTIAL } from "../theme/palette.js";
import { composeFigure, figureSize, isTitled, topMargin } from "../theme/theme.js";
import { type Block, blockBorders, blockLabels, nameBlocks } from "./blocks.js";

/** What the colours mean. */
export interface HeatScale {
  /** Of the colour bar. */
  title: string;
  /** The value that has the darkest colour; 0 has the palest. */
  max: number;
  /** Dark for small values. Default false. */
  reverse?: boolean;
  /** Whether a cell without a value, which is white, can be told from the palest one. Default false. */
  gaps?: boolean;
  /** Values with a tick, and what they are called. Default: plotly's. */
  ticks?: { values: readonly number[]; texts: readonly string[] };
}

/** What `heatmap` shows. */
export interface HeatmapOptions extends ChartOptions {
  /** [rows, columns], first row on top; what is not finite stays white. */
  values: Matrix;
  /** Names of the rows. They stand at the left, numbered, unless there are blocks. */
  rows: readonly string[];
  /** Names of the columns, for hovering; numbers stand below. Default: those of the rows. */
  columns?: readonly string[];
  /** Whether names of columns stand below in place of numbers, the first columns alone where not all have room. Default false. */
  nameColumns?: boolean;
  scale: HeatScale;
  /** Title below the numbers of the columns, as plain text. Default none. */
  x?: string;
  /** Names and borders around runs of rows (and columns) of a square matrix. */
  blocks?: readonly Block[];
  /** Square cells, the first rows and columns alone where all would not be legible. Default false. */
  square?: boolean;
  /** Most rows shown of square cells. Default: as many as stay legible. */
  maxRows?: number;
  /** What rows are called where not all are shown. Default "rows". */
  counted?: string;
  /** Plotly's template for hovering over %{x}, %{y} and %{z}. */
  hover: string;
  /** Values for %{customdata} in it [rows, columns]. */
  details?: Matrix;
}

/** The scale from a blue on that shows on white. */
const WITHOUT_PALEST = SEQUENTIAL.slice(2).map(
  ([at, colour]) => [roundValue((at - 0.2) / 0.8, 3), colour] as const,
);

/** Widest that names of rows may be, as a share of the figure's width. */
const NAME_SHARE = { square: 0.35, wide: 0.38 };

/**
 * A matrix as coloured cells with a colour bar. Throws RangeError where names or blocks do not fit the matrix or the scale
 * has no room.
 */
export function heatmap(given: HeatmapOptions): Figure {
  const size = figureSize(given);
  const options = given.nameColumns ? fittingColumns(given, size) : given;
  const { values, rows, columns = rows, blocks, defaultName: name = "heatmap" } = options;
  if (values.rows !== rows.length || values.cols !== columns.length || values.rows === 0) {
    throw new RangeError(
      `${name}: expected names for a matrix ${values.rows} x ${values.cols}, got ${rows.length} and ${columns.length}`,
    );
  }
  const blocked = blocks?.reduce((sum, block) => sum + block.size, 0) ?? rows.length;
  if (blocked !== rows.length) {
    throw new RangeError(`${name}: expected blocks of ${rows.length} rows, got ${blocked}`);
  }
  if (!(options.scale.max > 0)) {
    throw new RangeError(`${name}: max must be over 0, got ${options.scale.max}`);
  }
  const frame = options.square ? squareFrame(options, size) : wideFrame(options, size);
  const { shown, margin } = frame;
  const names = rows.slice(0, shown);
  const isCut = shown < rows.length;
  const cut = `${shown} of ${rows.length}`;
  const first = isCut ? `, first ${cut} ${options.counted ?? "rows"}` : "";
  const titled = { ...options, defaultTitle: `${options.defaultTitle ?? ""}${first}` };
  const standoff = options.nameColumns ? columnRoom(options, size) : size.small * 1.9;
  const x =
    options.x === undefined
      ? {}
      : { title: { text: plotlyText(options.x), font: { size: size.font }, standoff } };
  const layout: PlotlyObject = {
    xaxis: placesAxis(options.square ? names : columns, x),
    yaxis: placesAxis(names, { range: [shown - 0.5, -0.5] }),
    margin: { ...margin, autoexpand: false },
    ...(blocks ? { shapes: blockBorders(blocks, size) } : {}),
    annotations: blocks
      ? blockLabels(nameBlocks(blocks, size), rows.length, frame.height, size)
      : [
          ...nameCells(options, names, frame, size),
          // Without a title the figure itself has to say that it is cut.
          ...(isCut && !isTitled(size, titled) ? [cutNote(cut, size)] : []),
        ],
  };
  const hasTexts = options.square && !blocks && frame.height / shown >= size.small * 2.6;
  const data = [
    heatTrace(options, shown, size),
    ...(hasTexts ? [cellTexts(options, shown, size)] : []),
  ];
  return composeFigure({ data, layout, size }, name, titled);
}

/** The first columns that have room for a line of text each; the title below says how many of them there are. */
function fittingColumns(options: HeatmapOptions, size: FigureSize): HeatmapOptions {
  const { values, columns = [], details, x = "" } = options;
  const { margin } = wideFrame(options, { ...size });
  const room = (size.width - margin.l - margin.r) / (size.small * 1.25);
  const cols = Math.min(values.cols, Math.floor(room));
  if (cols >= values.cols) return options;
  const cut = ({ rows, cols: all, data }: Matrix): Matrix => ({
    ...{ rows, cols, data: data.filter((_, at) => at % all < cols) },
  });
  return {
    ...{ ...options, values: cut(values), columns: columns.slice(0, cols) },
    details: details && cut(details),
    x: `${x} (${cols} of ${values.cols})`,
  };
}

interface Frame {
  margin: { l: number; r: number; t: number; b: number };
  /** Room for names at the left, before a slide's spare room. */
  left: number;
  /** Height and width of the cells' plane, in pixels. */
  height: number;
  width: number;
  /** Rows that are shown. */
  shown: number;
}

/** Sets the height of `sizeInPlace` where the options do not ask for one. */
function squareFrame(options: HeatmapOptions, sizeInPlace: FigureSize): Frame {
  const size = sizeInPlace;
  const { rows, blocks } = options;
  const fixed = options.height !== undefined || options.size === "slide";
  const widest = blocks ? Math.max(0, ...nameBlocks(blocks, size).map(({ width }) => width)) : 0;
  const left = blocks ? widest + size.font * 0.8 : nameRoom(rows, size, NAME_SHARE.square);
  const t = topMargin(size, options);
  const b = blocks ? size.font * 1.2 : size.small * 1.9;
  const r = size.font * 1.7 + size.small * 5;
  const side = Math.max(
    20,
    Math.min(size.width - left - r, fixed ? size.height - t - b : Infinity),
  );
  if (!fixed) size.height = Math.round(side + t + b);
  const legible = blocks ? rows.length : Math.floor(side / (size.small * 1.15));
  const shown = Math.max(1, Math.min(rows.length, options.maxRows ?? legible));
  // A slide is wider than the square and its names: they stand in its middle.
  const spare = (size.width - left - r - side) / 2;
  const margin = { l: left + spare, r: r + spare, t, b };
  return { margin, left, height: side, width: side, shown };
}

/** Sets the height of `sizeInPlace` where the options do not ask for one. */
function wideFrame(options: HeatmapOptions, sizeInPlace: FigureSize): Frame {
  const size = sizeInPlace;
  const shown = options.rows.length;
  const left = nameRoom(options.rows, size, NAME_SHARE.wide);
  const margin = {
    l: left,
    r: size.font * 1.9 + size.small * 5,
    t: topMargin(size, options),
    b:
      (options.nameColumns ? columnRoom(options, size) : size.small * 1.9) +
      (options.x === undefined ? 0 : size.font * 1.6),
  };
  if (options.height === undefined && options.size !== "slide") {
    const line = Math.max(size.small * 1.35, Math.min(size.small * 2, 200 / shown));
    // The title of the colour bar stands upright beside it.
    const bar = textWidth(options.scale.title, size.small);
    size.height = Math.round(Math.max(150, margin.t + margin.b + Math.max(shown * line, bar)));
  }
  const height = size.height - margin.t - margin.b;
  return { margin, left, height, width: size.width - margin.l - margin.r, shown };
}

function columnRoom({ columns = [] }: HeatmapOptions, { small, font }: FigureSize): number {
  const widest = Math.max(...columns.map((name) => textWidth(name, small)));
  return Math.min(widest, font * 9) + font * 0.6;
}

function nameRoom(names: readonly string[], size: FigureSize, most: number): number {
  const widest = Math.max(...names.map((name) => textWidth(name, size.small)));
  return Math.min(widest + textWidth("00 ", size.small), size.width * most) + size.font;
}

function heatTrace(
  { values, scale, square, details, hover }: HeatmapOptions,
  shown: number,
  size: FigureSize,
): PlotlyObject {
  const cols = square ? shown : values.cols;
  const cellsOf = ({ data, cols: width }: Matrix): (number | null)[][] =>
    Array.from({ length: shown }, (_, i) =>
      roundValues(data.subarray(i * width, i * width + cols), 3),
    );
  const places = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
  return {
    ...{ type: "heatmap", x: places(cols), y: places(shown), z: cellsOf(values) },
    ...{ zmin: 0, zmax: scale.max, colorscale: scale.gaps ? WITHOUT_PALEST : SEQUENTIAL },
    ...(square ? {} : { reversescale: scale.reverse ?? false, hoverongaps: false }),
    ...(details ? { customdata: cellsOf(details) } : {}),
    hovertemplate: hover,
    colorbar: {
      title: { text: scale.title, side: "right", font: { size: size.small } },
      ...{ thickness: size.font * 0.9, len: 1, lenmode: "fraction", outlinewidth: 0 },
      tickfont: { size: size.small },
      ...{ ticklen: 3, tickcolor: RULE, ticks: "outside" },
      ...(scale.ticks
        ? { tickvals: scale.ticks.values, ticktext: scale.ticks.texts }
        : { nticks: 6 }),
      ...{ x: 1, xpad: size.font * 0.8, ypad: 0 },
    },
  };
}

/** The numbers in a square's cells, each in the ink that shows on its colour. */
function cellTexts(
  { values: { data, cols }, scale }: HeatmapOptions,
  shown: number,
  size: FigureSize,
): PlotlyObject {
  const colours = scale.gaps ? WITHOUT_PALEST : SEQUENTIAL;
  const cells = Array.from({ length: shown * shown }, (_, i) => {
    const [x, y] = [i % shown, Math.floor(i / shown)];
    return { x, y, value: data[y * cols + x] };
  }).filter(({ value }) => Number.isFinite(value));
  return {
    ...{ type: "scatter", mode: "text", hoverinfo: "skip", showlegend: false },
    ...{ x: cells.map(({ x }) => x), y: cells.map(({ y }) => y) },
    text: cells.map(({ value }) => formatFixed(value, 2)),
    textfont: {
      size: size.small,
      color: cells.map(({ value }) => inkOnScale(colours, value / scale.max)),
    },
  };
}

/** An axis over the places of cells whose hover texts are `names`; it shows no ticks. */
function placesAxis(names: readonly string[], extra: PlotlyObject = {}): PlotlyObject {
  return {
    range: [-0.5, names.length - 0.5],
    tickmode: "array",
    tickvals: names.map((_, at) => at),
    ticktext: names.map((name) => plotlyText(truncateText(name, 80))),
    ...{ showticklabels: false, ticks: "", showgrid: false, zeroline: false },
    ...{ showline: true, mirror: true, linecolor: RULE, linewidth: 1, fixedrange: false },
    ...extra,
  };
}

/** Names of the rows and numbers of the columns; of a square matrix each row's with its column's. */
function nameCells(
  { square, values, columns = [], nameColumns }: HeatmapOptions,
  names: readonly string[],
  frame: Frame,
  size: FigureSize,
): PlotlyObject[] {
  const rows = rowLabels(names, frame, size);
  if (nameColumns) {
    const room = size.font * 9;
    const upright = columns.map((name, at) => ({
      ...{ x: at, xanchor: "center", yref: "paper", y: 0, yanchor: "top", textangle: -90 },
      ...{ yshift: -size.font * 0.2, showarrow: false, borderpad: 0 },
      text: plotlyText(fitText(name, room, size.small)),
      font: { size: size.small },
    }));
    return [...rows, ...upright];
  }
  if (!square) return [...rows, ...columnNumbers(values.cols, frame, false, size)];
  const numbers = columnNumbers(names.length, frame, true, size);
  return rows.flatMap((row, at) => [row, ...numbers.filter(({ x }) => x === at)]);
}

/** Numbered names at the left of their rows, the first one bold. */
function rowLabels(names: readonly string[], frame: Frame, size: FigureSize): PlotlyObject[] {
  const font = roundValue(Math.min(size.small, frame.height / frame.shown / 1.1), 1);
  const room = frame.left - size.font - textWidth("00 ", font);
  return names.map((label, at) => {
    // What is bold is wider.
    const name = plotlyText(fitText(label, at === 0 ? room * 0.92 : room, font));
    return {
      ...{ xref: "paper", x: 0, xanchor: "right", xshift: -size.font * 0.35 },
      ...{ y: at, yanchor: "middle", showarrow: false, borderpad: 0, font: { size: font } },
      text: `${at === 0 ? `<b>${name}</b>` : name}  ${at + 1}`,
    };
  });
}

/** Numbers below the columns, as many as there is room for. */
function columnNumbers(
  count: number,
  { width, height, shown }: Frame,
  square: boolean,
  { small, font }: FigureSize,
): PlotlyObject[] {
  const type = square ? roundValue(Math.min(small, height / shown / 1.1), 1) : small;
  const step = Math.ceil((textWidth("00", type) * (square ? 1.2 : 1.3)) / (width / count));
  const places = Array.from({ length: count }, (_, at) => at).filter((at) => at % step === 0);
  return places.map((at) => ({
    ...{ x: at, xanchor: "center", yref: "paper", y: 0, yanchor: "top" },
    ...{ yshift: -font * 0.15, showarrow: false, borderpad: 0 },
    text: String(at + 1),
    font: { size: type, ...(square ? {} : { color: MUTED }) },
  }));
}

/** How many rows are shown, below the names. */
function cutNote(text: string, { font, small }: FigureSize): PlotlyObject {
  return {
    ...{ xref: "paper", x: 0, xanchor: "right", xshift: -font * 0.35 },
    ...{ yref: "paper", y: 0, yanchor: "top", yshift: -font * 0.15 },
    text,
    font: { size: small, color: MUTED },
    ...{ showarrow: false, borderpad: 0 },
  };
}
