import type { PlotlyObject } from "../figure.js";
import { roundValue } from "../figure.js";
import { plotlyLines, textWidth, wrapText } from "../drawing/text.js";
import type { FigureSize } from "../theme/theme.js";
import { INK } from "../theme/palette.js";

/** Rows that belong together, such as those of one group. */
export interface Block {
  name: string;
  /** Number of rows. */
  size: number;
}

// By how many eighths of a line a name may stand off its block's middle, nearest first.
const SHIFTS = [0, -1, 1, -2, 2, -3, 3, -4, 4, -5, 5, -6, 6, -7, 7, -8, 8];

/** A block's name as it is written. */
export interface BlockName {
  lines: string[];
  width: number;
  /** Rows of the block. */
  rows: number;
  /** Place of the block's middle, in rows from the first row's upper edge. */
  middle: number;
}

/** Names of blocks in up to three lines, in fewer where all together would not fit beside a plot as high as wide. */
export function nameBlocks(blocks: readonly Block[], size: FigureSize): BlockName[] {
  const fitting = Math.floor((0.6 * Math.min(size.width, 1.4 * size.height)) / lineHeight(size));
  const lines = Math.max(1, Math.min(3, Math.floor(fitting / blocks.length)));
  const room = Math.floor((size.width * 0.3) / (size.small * 0.55));
  const most = Math.min(lines === 1 ? 40 : 28, Math.max(12, room));
  let start = 0;
  return blocks.map(({ name, size: rows }) => {
    const wrapped = wrapText(name, most, lines);
    const middle = start + rows / 2;
    start += rows;
    const width = Math.max(...wrapped.map((line) => textWidth(line, size.small)));
    return { lines: wrapped, rows, middle, width };
  });
}

function lineHeight(size: FigureSize): number {
  return size.small * 1.3;
}

/** A border around each block of a square matrix. */
export function blockBorders(blocks: readonly Block[], size: FigureSize): PlotlyObject[] {
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
export function blockLabels(
  names: readonly BlockName[],
  m: number,
  side: number,
  size: FigureSize,
): PlotlyObject[] {
  const step = lineHeight(size) / 8;
  // Names may reach a little beyond the plot.
  const edge = size.font * 1.1;
  const order = Array.from(names.keys()).sort((a, b) => names[b].rows - names[a].rows);
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
