import type { ChartOptions, Figure, PlotlyObject } from "../figure.js";
import { requireSome, roundValue } from "../figure.js";
import { fitText, plotlyLines, plotlyText, textWidth, wrapText } from "../drawing/text.js";
import type { FigureSize } from "../theme/theme.js";
import { CATEGORIES, MUTED, RULE } from "../theme/palette.js";
import { composeFigure, figureSize, topMargin } from "../theme/theme.js";

/** A node with those of the next column that come of it. */
export interface ColumnNode {
  label: string;
  children?: readonly ColumnNode[];
  /** Drawn hollow. Default false. */
  isHollow?: boolean;
  /** Lines below the label on hovering, as plain text. */
  notes?: readonly string[];
}

/** What `columnTree` shows. */
export interface ColumnTreeOptions extends ChartOptions {
  /** Names of the columns, from left to right. */
  columns: readonly string[];
  roots: readonly ColumnNode[];
  /** What hollow points mean, below the trees where there are any, as plotly's markup. Default nothing. */
  key?: string;
  /** Most rows: roots that do not fit are left out, and leaves beyond them of the first. Default 40. */
  maxRows?: number;
}

interface Placed {
  node: ColumnNode;
  column: number;
  row: number;
  /** Place of the parent in the list; -1 for a root. */
  above: number;
}

/**
 * Trees with a column per depth: each node joined to its children in the next column, its label beside it. Throws RangeError
 * without roots and where a tree is deeper than there are columns.
 */
export function columnTree(options: ColumnTreeOptions): Figure {
  const { columns: heads, roots, key, defaultName: name = "column-tree" } = options;
  const size = figureSize(options);
  const rowHeight = size.small * 1.75;
  const top = topMargin(size, options) + size.font * 1.8;
  const hasKey = key !== undefined && roots.some(hasHollow);
  const bottom = hasKey || roots.length > 1 ? size.small * 2.2 : size.font * 0.8;
  const fixed = options.height !== undefined || options.size === "slide";
  const fitting = Math.floor((size.height - top - bottom) / rowHeight);
  const placed = placeTrees(
    name,
    heads,
    roots,
    Math.max(2, options.maxRows ?? (fixed ? fitting : 40)),
  );
  const rows = placed.reduce((most, { row }) => Math.max(most, row), 0) + 1;
  if (!fixed) size.height = Math.max(100, Math.round(top + bottom + rows * rowHeight));
  const edge = size.font * 0.8;
  const width = size.width - 2 * edge;
  const columns = columnStarts(placed, heads, width, size);
  const left = countNodes(roots) - placed.length;
  const said = [...(hasKey ? [key] : []), ...(left > 0 ? [`${left} nodes not shown`] : [])].join(
    "   ",
  );
  const layout = {
    xaxis: { visible: false, range: [0, roundValue(width, 2)], fixedrange: true },
    yaxis: { visible: false, range: [roundValue(rows - 0.5, 3), -0.5], fixedrange: true },
    margin: { l: edge, r: edge, t: top, b: bottom, autoexpand: false },
    hovermode: "closest",
    annotations: [
      ...heads.map((head, c) => headAnnotation(head, columns, c, width, size)),
      ...(said === "" ? [] : [keyAnnotation(said, size)]),
    ],
  };
  const data = [linkTrace(placed, columns, width, size), nodeTrace(placed, columns, width, size)];
  return composeFigure({ data, layout, size }, name, options);
}

/** Leaves in rows one below the other, a parent at the middle of its children, an empty row between trees. */
function placeTrees(
  figure: string,
  heads: readonly string[],
  roots: readonly ColumnNode[],
  most: number,
): Placed[] {
  requireSome(figure, roots, "a root");
  const placed: Placed[] = [];
  let next = 0;
  const place = (node: ColumnNode, column: number, above: number): number => {
    if (column >= heads.length) {
      throw new RangeError(
        `${figure}: expected trees of at most ${heads.length} columns, "${node.label}" is deeper`,
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

function countNodes(nodes: readonly ColumnNode[]): number {
  return nodes.reduce((sum, { children = [] }) => sum + 1 + countNodes(children), 0);
}

function hasHollow({ isHollow = false, children = [] }: ColumnNode): boolean {
  return isHollow || children.some(hasHollow);
}

function countLeaves({ children = [] }: ColumnNode): number {
  return children.length === 0 ? 1 : children.reduce((sum, child) => sum + countLeaves(child), 0);
}

/** Each column takes of the width what its longest label asks for, at least half an even share. */
function columnStarts(
  placed: readonly Placed[],
  heads: readonly string[],
  width: number,
  size: FigureSize,
): number[] {
  const even = width / heads.length;
  const wanted = heads.map((name, c) => {
    const labels = placed.filter(({ column }) => column === c).map(({ node }) => node.label);
    const widest = Math.max(...[name, ...labels].map((text) => textWidth(text, size.small)));
    const whole = Math.max(even / 2, widest + size.small * 3.5);
    // All but the last have the rows for several lines.
    return c < heads.length - 1 ? Math.min(whole, even * 0.9) : whole;
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
function labelLines(node: ColumnNode, room: number, size: FigureSize): string[] {
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

function keyAnnotation(key: string, size: FigureSize): PlotlyObject {
  return {
    ...{ xref: "paper", x: 0, xanchor: "left", yref: "paper", y: 0, yanchor: "top" },
    text: key,
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
      symbol: placed.map(({ node }) => (node.isHollow ? "circle-open" : "circle")),
      color: colours,
      line: { width: 1.2, color: colours },
    },
    hovertext: placed.map(({ node: { label, notes = [] } }) =>
      [plotlyLines(wrapText(label, 60, 4)), ...notes.map(plotlyText)].join("<br>"),
    ),
    hovertemplate: "%{hovertext}<extra></extra>",
  };
}
