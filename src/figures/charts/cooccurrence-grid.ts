import type { Matrix } from "../../core/matrix.js";
import type { Figure, FigureOptions, PlotlyObject } from "../figure.js";
import { roundValue } from "../figure.js";
import { colourBarRoom, placesAxis, shareTrace } from "./heatmap.js";
import { plotlyLines, textWidth, wrapText } from "../text.js";
import type { FigureSize } from "../theme.js";
import { composeFigure, figureSize, INK, isTitled, topMargin } from "../theme.js";

// By how many eighths of a line a name may stand off its block's middle, nearest first.
const SHIFTS = [0, -1, 1, -2, 2, -3, 3, -4, 4, -5, 5, -6, 6, -7, 7, -8, 8];

/** What the grid shows: latents in the order of the matrix, the families' one after the other. */
export interface CooccurrenceGridInput {
  /** C_ij / min(f_i, f_j), 0 to 1 with 1 on the diagonal [m, m]; `shareOfRarer` makes it from counts. */
  shares: Matrix;
  /** The families in order with their numbers of latents, which sum up to m. */
  blocks: readonly { name: string; size: number }[];
  /** Of the latents, for hovering [m]. Default: their places. */
  labels?: readonly string[];
}

/** Options of `drawCooccurrenceGrid`. */
export interface CooccurrenceGridOptions extends FigureOptions {
  /** The share from which on a cell has the darkest colour, over 0 to 1. Default: 0.2, 0.5 or 1, as the data ask. */
  max?: number;
}

/**
 * How often the latents of a few families occur together: a heatmap with a border around each family's block and
 * the families' names at its left. Throws RangeError where the blocks do not fit the matrix.
 */
export function drawCooccurrenceGrid(
  input: CooccurrenceGridInput,
  options: CooccurrenceGridOptions = {},
): Figure {
  const { shares, blocks } = input;
  const m = shares.rows;
  const labels = input.labels ?? Array.from({ length: m }, (_, at) => String(at));
  const sum = blocks.reduce((total, block) => total + block.size, 0);
  if (sum !== m || labels.length !== m) {
    throw new RangeError(
      `drawCooccurrenceGrid: blocks and labels must fit ${m} latents, got ${sum} in blocks and ${labels.length} labels`,
    );
  }
  const title = "Co-occurrence within and between families";
  const measures = figureSize(options);
  const names = blockNames(blocks, measures);
  const wide = Math.max(0, ...names.map((name) => name.width)) + measures.font * 0.8;
  const margin = {
    l: wide,
    r: colourBarRoom(measures),
    t: topMargin(measures, isTitled(measures, options, title)),
    b: measures.font * 1.2,
  };
  const fixed = options.height !== undefined || options.size === "slide";
  const side = Math.max(
    20,
    Math.min(
      measures.width - margin.l - margin.r,
      fixed ? measures.height - margin.t - margin.b : Infinity,
    ),
  );
  const height = fixed ? measures.height : Math.round(side + margin.t + margin.b);
  const size = { ...measures, height };
  // A slide is wider than the square and its names: they stand in its middle.
  const spare = size.width - margin.l - margin.r - side;
  margin.l += spare / 2;
  margin.r += spare / 2;
  const layout = {
    xaxis: placesAxis(labels),
    yaxis: placesAxis(labels, { range: [m - 0.5, -0.5] }),
    margin: { ...margin, autoexpand: false },
    shapes: blockBorders(blocks, size),
    annotations: nameAnnotations(names, m, side, size),
  };
  const data = [shareTrace("drawCooccurrenceGrid", shares, options.max, size)];
  return composeFigure({ name: "cooccurrence-grid", title, data, layout, size }, options);
}

interface BlockName {
  lines: string[];
  width: number;
  /** Latents in the block. */
  latents: number;
  /** Place of the block's middle, in latents from the first row's upper edge. */
  middle: number;
}

/** Names in up to three lines, in fewer where all together would not fit beside a plot as high as wide. */
function blockNames(blocks: CooccurrenceGridInput["blocks"], size: FigureSize): BlockName[] {
  const fitting = Math.floor((0.6 * Math.min(size.width, 1.4 * size.height)) / lineHeight(size));
  const lines = Math.max(1, Math.min(3, Math.floor(fitting / blocks.length)));
  const room = Math.floor((size.width * 0.3) / (size.small * 0.55));
  const most = Math.min(lines === 1 ? 40 : 28, Math.max(12, room));
  let start = 0;
  return blocks.map(({ name, size: latents }) => {
    const wrapped = wrapText(name, most, lines);
    const middle = start + latents / 2;
    start += latents;
    const width = Math.max(...wrapped.map((line) => textWidth(line, size.small)));
    return { lines: wrapped, latents, middle, width };
  });
}

function lineHeight(size: FigureSize): number {
  return size.small * 1.3;
}

function blockBorders(blocks: CooccurrenceGridInput["blocks"], size: FigureSize): PlotlyObject[] {
  let start = 0;
  return blocks.map((block) => {
    const [low, high] = [start - 0.5, start + block.size - 0.5];
    start += block.size;
    return {
      type: "rect",
      ...{ x0: low, x1: high, y0: low, y1: high },
      line: { color: INK, width: Math.max(0.8, size.line * 0.6) },
      fillcolor: "rgba(0,0,0,0)",
    };
  });
}

/** Names beside their blocks, those of the largest first; one that has no room within a line of its block goes. */
function nameAnnotations(
  names: readonly BlockName[],
  m: number,
  side: number,
  size: FigureSize,
): PlotlyObject[] {
  const step = lineHeight(size) / 8;
  // Names may reach a little beyond the plot.
  const edge = size.font * 1.1;
  const order = Array.from(names.keys()).sort((a, b) => names[b].latents - names[a].latents);
  const placed: { top: number; bottom: number }[] = [];
  const shifts = new Map<number, number>();
  for (const at of order) {
    const { middle, lines } = names[at];
    const centre = (middle / m) * side;
    const half = (lines.length * lineHeight(size)) / 2;
    const shift = SHIFTS.find((steps) => {
      const [top, bottom] = [centre + steps * step - half, centre + steps * step + half];
      if (top < -edge || bottom > side + edge) return false;
      return placed.every((other) => bottom <= other.top || top >= other.bottom);
    });
    if (shift === undefined) continue;
    shifts.set(at, shift * step);
    placed.push({ top: centre + shift * step - half, bottom: centre + shift * step + half });
  }
  return names.flatMap(({ lines, middle }, at) => {
    const shift = shifts.get(at);
    if (shift === undefined) return [];
    return {
      xref: "paper",
      x: 0,
      xanchor: "right",
      xshift: -size.font * 0.5,
      y: roundValue(middle - 0.5, 3),
      yanchor: "middle",
      yshift: -roundValue(shift, 1) + 0,
      text: plotlyLines(lines),
      align: "right",
      font: { size: size.small },
      showarrow: false,
      borderpad: 0,
    };
  });
}
