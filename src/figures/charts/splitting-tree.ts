import type { Figure, FigureOptions, PlotlyObject } from "../figure.js";
import { roundValue } from "../figure.js";
import { formatNumber } from "../text.js";
import { fitText, plotlyLines, plotlyText, textWidth, wrapText } from "../text.js";
import type { FigureSize } from "../theme.js";
import {
  CATEGORIES,
  composeFigure,
  figureSize,
  isTitled,
  MUTED,
  RULE,
  topMargin,
} from "../theme.js";

/** A latent and those of the next larger SAE that it splits into. */
export interface SplitNode {
  label: string;
  children?: readonly SplitNode[];
  /** Of its direction with its parent's, for hovering. */
  cosine?: number;
  /** False for a latent that the direct match of the smallest and largest SAE gives to another: drawn hollow. */
  direct?: boolean;
}

/** A latent of the smallest SAE with all that comes of it. */
export interface SplitRoot extends SplitNode {
  /** Of the way through the middle SAE with the direct one, 0 to 1; see `splittingTrees`. */
  consistency?: number;
}

/** What the figure shows. */
export interface SplittingTreeInput {
  /** Names of the SAEs, smallest first, such as "k 16, n 3072": one a column. */
  saes: readonly string[];
  roots: readonly SplitRoot[];
}

/** Options of `drawSplittingTree`. */
export interface SplittingTreeOptions extends FigureOptions {
  /** Most rows: roots that do not fit are left out, and leaves beyond them of the first. Default 40. */
  maxRows?: number;
}

interface Placed {
  node: SplitNode;
  column: number;
  row: number;
  /** Place of the parent in the list; -1 for a root. */
  above: number;
}

/**
 * How latents split as SAEs grow: a column a SAE, each latent joined to those of the next SAE that are nearest to it,
 * its label beside it. Filled points are given by the direct match of the smallest and largest SAE too, hollow ones by
 * the way through the middle alone. Needs `splittingTrees` (or `splitLatents` for two SAEs) and labels. Throws
 * RangeError without roots and where a tree is deeper than there are SAEs.
 */
export function drawSplittingTree(
  { saes, roots }: SplittingTreeInput,
  options: SplittingTreeOptions = {},
): Figure {
  const size = figureSize(options);
  const title = roots.length === 1 ? `How “${roots[0].label}” splits` : "How latents split";
  const rowHeight = size.small * 1.75;
  const top = topMargin(size, isTitled(size, options, title)) + size.font * 1.8;
  const hollow = roots.some(hasIndirect);
  const bottom = hollow ? size.small * 2.2 : size.font * 0.8;
  const fixed = options.height !== undefined || options.size === "slide";
  const fitting = Math.floor((size.height - top - bottom) / rowHeight);
  const placed = placeTrees(saes, roots, Math.max(2, options.maxRows ?? (fixed ? fitting : 40)));
  const rows = placed.reduce((most, { row }) => Math.max(most, row), 0) + 1;
  if (!fixed) size.height = Math.max(100, Math.round(top + bottom + rows * rowHeight));
  const edge = size.font * 0.8;
  const width = size.width - 2 * edge;
  const columns = columnStarts(placed, saes, width, size);
  const layout = {
    xaxis: { visible: false, range: [0, roundValue(width, 2)], fixedrange: true },
    yaxis: { visible: false, range: [roundValue(rows - 0.5, 3), -0.5], fixedrange: true },
    margin: { l: edge, r: edge, t: top, b: bottom, autoexpand: false },
    hovermode: "closest",
    annotations: [
      ...saes.map((name, c) => headAnnotation(name, columns, c, width, size)),
      ...(hollow ? [keyAnnotation(size)] : []),
    ],
  };
  const data = [linkTrace(placed, columns, width, size), nodeTrace(placed, columns, width, size)];
  return composeFigure({ name: "splitting-tree", title, data, layout, size }, options);
}

/** Leaves in rows one below the other, a parent at the middle of its children, an empty row between trees. */
function placeTrees(saes: readonly string[], roots: readonly SplitRoot[], most: number): Placed[] {
  if (roots.length === 0) throw new RangeError("drawSplittingTree: expected a root, got none");
  const placed: Placed[] = [];
  let next = 0;
  const place = (node: SplitNode, column: number, above: number): number => {
    if (column >= saes.length) {
      throw new RangeError(
        `drawSplittingTree: expected trees of at most ${saes.length} SAEs, "${node.label}" is deeper`,
      );
    }
    const at = placed.length;
    placed.push({ node, column, row: 0, above });
    const rows: number[] = [];
    for (const child of node.children ?? []) {
      if (next < most) rows.push(place(child, column + 1, at));
    }
    placed[at].row = rows.length === 0 ? next++ : (rows[0] + rows[rows.length - 1]) / 2;
    return placed[at].row;
  };
  for (const root of roots) {
    if (next > 0 && next + countLeaves(root) > most) continue;
    place(root, 0, -1);
    next += 0.6;
  }
  return placed;
}

function hasIndirect({ direct, children = [] }: SplitNode): boolean {
  return direct === false || children.some(hasIndirect);
}

function countLeaves({ children = [] }: SplitNode): number {
  return children.length === 0 ? 1 : children.reduce((sum, child) => sum + countLeaves(child), 0);
}

/** Each column takes of the width what its longest label asks for, at least half an even share. */
function columnStarts(
  placed: readonly Placed[],
  saes: readonly string[],
  width: number,
  size: FigureSize,
): number[] {
  const even = width / saes.length;
  const wanted = saes.map((name, c) => {
    const labels = placed.filter(({ column }) => column === c).map(({ node }) => node.label);
    const widest = Math.max(...[name, ...labels].map((text) => textWidth(text, size.small)));
    const whole = Math.max(even / 2, widest + size.small * 3.5);
    // All but the last have the rows for several lines.
    return c < saes.length - 1 ? Math.min(whole, even * 0.9) : whole;
  });
  const scale = width / wanted.reduce((sum, part) => sum + part, 0);
  let start = 0;
  return wanted.map((part) => {
    const here = start;
    // Short labels keep the columns close on a wide figure.
    start += part * Math.min(scale, 1.25);
    return here + size.small * 0.5;
  });
}

/** The label in `room`: over two or three lines where the node has the rows for them. */
function labelLines(node: SplitNode, room: number, size: FigureSize): string[] {
  if (textWidth(node.label, size.small) <= room || countLeaves(node) < 2) {
    return [fitText(node.label, room, size.small)];
  }
  const characters = Math.max(4, Math.floor(room / size.small / 0.55));
  return wrapText(node.label, characters, Math.min(3, countLeaves(node))).map((line) =>
    fitText(line, room, size.small),
  );
}

/** Room for a label of `column`, between its point and the next column's lines. */
function labelRoom(
  columns: readonly number[],
  column: number,
  width: number,
  size: FigureSize,
): number {
  const next = columns[column + 1];
  return (
    (next === undefined ? width : next - size.small * 1.6) - columns[column] - size.small * 1.3
  );
}

function headAnnotation(
  name: string,
  columns: readonly number[],
  c: number,
  width: number,
  size: FigureSize,
): PlotlyObject {
  const room = (columns[c + 1] ?? width) - columns[c] - size.small;
  return {
    ...{ x: roundValue(columns[c] - size.small * 0.4, 2), xanchor: "left", align: "left" },
    ...{ yref: "paper", y: 1, yanchor: "bottom", yshift: size.font * 0.3 },
    text: plotlyText(fitText(name, room, size.small)),
    font: { size: size.small, color: MUTED },
    showarrow: false,
    borderpad: 0,
  };
}

function keyAnnotation(size: FigureSize): PlotlyObject {
  return {
    ...{ xref: "paper", x: 0, xanchor: "left", yref: "paper", y: 0, yanchor: "top" },
    text: "● the direct match agrees   ○ it names another parent",
    font: { size: size.small, color: MUTED },
    showarrow: false,
    borderpad: 0,
    yshift: -size.small * 0.4,
  };
}

/** From the end of a parent's label to each child. */
function linkTrace(
  placed: readonly Placed[],
  columns: readonly number[],
  width: number,
  size: FigureSize,
): PlotlyObject {
  const x: (number | null)[] = [];
  const y: (number | null)[] = [];
  for (const { column, row, above } of placed) {
    if (above < 0) continue;
    const parent = placed[above];
    const end = columns[column] - size.small * 0.5;
    const bend = end - size.small * 1.1;
    const lines = labelLines(parent.node, labelRoom(columns, parent.column, width, size), size);
    // A root's label is bold, which is wider.
    const font = size.small * (parent.above < 0 ? 1.08 : 1);
    const longest = Math.max(...lines.map((line) => textWidth(line, font)));
    const start = Math.min(bend, columns[parent.column] + longest + size.small * 1.1);
    x.push(
      roundValue(start, 1),
      roundValue(bend, 1),
      roundValue(bend, 1),
      roundValue(end, 1),
      null,
    );
    y.push(parent.row, parent.row, row, row, null);
  }
  return {
    type: "scatter",
    mode: "lines",
    x,
    y,
    line: { color: RULE, width: Math.max(0.8, size.line * 0.6) },
    hoverinfo: "skip",
  };
}

function nodeTrace(
  placed: readonly Placed[],
  columns: readonly number[],
  width: number,
  size: FigureSize,
): PlotlyObject {
  const colours = placed.map(({ column }) => CATEGORIES[column % CATEGORIES.length]);
  return {
    type: "scatter",
    mode: "markers+text",
    x: placed.map(({ column }) => roundValue(columns[column], 1)),
    y: placed.map(({ row }) => roundValue(row, 3)),
    text: placed.map(({ node, column, above }) => {
      const room = labelRoom(columns, column, width, size);
      const lines = labelLines(node, above < 0 ? room * 0.95 : room, size).map(
        (line) => `\u2002${plotlyText(line)}`,
      );
      return above < 0 ? `<b>${lines.join("<br>")}</b>` : lines.join("<br>");
    }),
    textposition: "middle right",
    textfont: { size: size.small },
    cliponaxis: false,
    marker: {
      size: size.marker * 1.5,
      symbol: placed.map(({ node }) => (node.direct === false ? "circle-open" : "circle")),
      color: colours,
      line: { width: 1.2, color: colours },
    },
    hovertext: placed.map(({ node }) => hoverText(node)),
    hovertemplate: "%{hovertext}<extra></extra>",
  };
}

function hoverText(node: SplitRoot): string {
  const notes = [
    ...(node.cosine === undefined
      ? []
      : [`cosine with its parent ${formatNumber(node.cosine, 2)}`]),
    ...(node.direct === false ? ["the direct match gives it to another"] : []),
    ...(node.consistency === undefined
      ? []
      : [`self-consistency ${formatNumber(node.consistency, 2)}`]),
  ];
  return [plotlyLines(wrapText(node.label, 60, 4)), ...notes].join("<br>");
}
