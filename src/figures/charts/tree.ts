import type { ChartOptions, Figure, PlotlyObject } from "../figure.js";
import { roundValue } from "../figure.js";
import { fitText, plotlyLines, plotlyText, textWidth, wrapText } from "../drawing/text.js";
import type { FigureSize } from "../theme/theme.js";
import { CATEGORIES, INK, MUTED, RULE } from "../theme/palette.js";
import { composeFigure, figureSize, topMargin } from "../theme/theme.js";

/** A node of the tree. */
export interface TreeNode {
  label: string;
  /** Place of its parent in the list of nodes; -1 for the root. */
  parent: number;
  /** Of the edge to its parent, written after the label. */
  weight?: number;
  /** A share of 0 to 1: larger points for larger shares. */
  share?: number;
  /** Whether the line to its parent is dotted. Default false. */
  isDotted?: boolean;
  /** Lines below the label on hovering, as plain text. */
  notes?: readonly string[];
}

/** What `tree` shows. */
export interface TreeOptions extends ChartOptions {
  nodes: readonly TreeNode[];
  /**
   * Most nodes shown; the number of the others is written. Those nearer to the root come first. Default: 60,
   * or as many as fit if the height is given.
   */
  maxNodes?: number;
}

// A line of the tree: a node, or what is said of nodes left out.
interface Row {
  node: number;
  depth: number;
  /** Row of the parent; -1 for the root. */
  above: number;
  /** Children of `node` that are not shown; this row then says so. 0 for a row that shows a node. */
  omitted: number;
}

/**
 * A tree with a row for each node, indented below its parent, siblings in the order given, the weight of the edge after the
 * label. Long labels are cut, with the full text on hovering. On a screen it is only as wide as its labels need. Throws
 * RangeError if the nodes are not one tree.
 */
export function tree(options: TreeOptions): Figure {
  const { nodes, defaultName: name = "tree" } = options;
  const children = childLists(name, nodes);
  const root = nodes.findIndex((node) => node.parent === -1);
  const size = figureSize(options);
  const margin = {
    l: size.font * 0.6,
    r: size.font * 0.6,
    t: topMargin(size, options),
    b: size.font * 0.6,
  };
  const rowHeight = size.small * 1.6;
  const fixed = options.height !== undefined || options.size === "slide";
  const fitting = Math.floor((size.height - margin.t - margin.b) / rowHeight);
  let most = Math.max(2, options.maxNodes ?? (fixed ? fitting : 60));
  let rows = treeRows(name, children, root, most);
  // The rows that stand for nodes left out need room too.
  while (fixed && rows.length > fitting && most > 2) rows = treeRows(name, children, root, --most);
  const plotHeight = fixed ? size.height - margin.t - margin.b : rows.length * rowHeight;
  if (!fixed) size.height = Math.max(100, Math.round(plotHeight + margin.t + margin.b));
  // On a slide few rows stand at the top rather than far apart.
  const shownRows = Math.max(rows.length, plotHeight / (rowHeight * 1.5));
  if ((options.size ?? "screen") === "screen" && options.width === undefined) {
    size.width = Math.round(
      Math.min(size.width, Math.max(size.width / 2, usedWidth(nodes, rows, size))),
    );
  }
  const width = size.width - margin.l - margin.r;
  const layout = {
    xaxis: { visible: false, range: [0, roundValue(width, 2)], fixedrange: true },
    yaxis: { visible: false, range: [roundValue(shownRows - 0.5, 3), -0.5], fixedrange: true },
    margin: { ...margin, autoexpand: false },
    hovermode: "closest",
  };
  const depth = Math.max(1, ...rows.map((row) => row.depth));
  const indent = Math.min(size.small * 1.7, (width * 0.6) / depth);
  const data = [
    ...connectorTraces(nodes, rows, indent, size),
    nodeTrace(nodes, rows, { indent, width }, size),
  ];
  return composeFigure({ data, layout, size }, name, options);
}

/** Width that the rows take with their labels whole and their full indents. */
function usedWidth(nodes: readonly TreeNode[], rows: readonly Row[], size: FigureSize): number {
  const widths = rows.map(
    ({ node, depth }) => size.small * (1.7 * depth + 7) + textWidth(nodes[node].label, size.small),
  );
  return widths.reduce((most, width) => Math.max(most, width), 0);
}

function childLists(figure: string, nodes: readonly TreeNode[]): number[][] {
  const children: number[][] = nodes.map(() => []);
  let roots = 0;
  for (const [at, { parent }] of nodes.entries()) {
    if (parent === -1) roots++;
    else if (Number.isInteger(parent) && parent >= 0 && parent < nodes.length) {
      children[parent].push(at);
    } else {
      throw new RangeError(
        `${figure}: node ${at} has parent ${parent}, but there are ${nodes.length} nodes`,
      );
    }
  }
  if (roots !== 1) throw new RangeError(`${figure}: expected one root, got ${roots}`);
  return children;
}

function treeRows(
  figure: string,
  children: readonly number[][],
  root: number,
  most: number,
): Row[] {
  const kept = new Set<number>();
  // Breadth first, so that what is left out is what is far from the root.
  const queue = [root];
  for (let at = 0; at < queue.length; at++) {
    if (kept.size < most) kept.add(queue[at]);
    queue.push(...children[queue[at]]);
  }
  if (queue.length < children.length) {
    throw new RangeError(
      `${figure}: only ${queue.length} of ${children.length} nodes are reached from the root`,
    );
  }
  const rows: Row[] = [];
  const visit = (node: number, depth: number, above: number): void => {
    const row = rows.length;
    rows.push({ node, depth, above, omitted: 0 });
    const shown = children[node].filter((child) => kept.has(child));
    for (const child of shown) visit(child, depth + 1, row);
    const omitted = children[node].length - shown.length;
    if (omitted > 0) rows.push({ node, depth: depth + 1, above: row, omitted });
  };
  visit(root, 0, -1);
  return rows;
}

/**
 * A line down from every parent to its last child, and from there one to the right for each child; the latter in a trace
 * of their own where it is dotted.
 */
function connectorTraces(
  nodes: readonly TreeNode[],
  rows: readonly Row[],
  indent: number,
  size: FigureSize,
): PlotlyObject[] {
  const firm = { x: [] as (number | null)[], y: [] as (number | null)[] };
  const loose = { x: [] as (number | null)[], y: [] as (number | null)[] };
  const last = new Map<number, number>();
  for (const [at, { node, depth, above, omitted }] of rows.entries()) {
    if (above < 0) continue;
    last.set(above, at);
    const isLoose = omitted === 0 && (nodes[node].isDotted ?? false);
    const lines = isLoose ? loose : firm;
    lines.x.push(left(depth - 1, indent), left(depth, indent), null);
    lines.y.push(at, at, null);
  }
  for (const [above, at] of last) {
    const across = left(rows[above].depth, indent);
    firm.x.push(across, across, null);
    firm.y.push(above, at, null);
  }
  const line = { color: RULE, width: Math.max(0.8, size.line * 0.6) };
  const trace = { type: "scatter", mode: "lines", hoverinfo: "skip" };
  return [
    { ...trace, ...firm, line },
    ...(loose.x.length > 0 ? [{ ...trace, ...loose, line: { ...line, dash: "dot" } }] : []),
  ];
}

function nodeTrace(
  nodes: readonly TreeNode[],
  rows: readonly Row[],
  { indent, width }: { indent: number; width: number },
  size: FigureSize,
): PlotlyObject {
  const isNode = rows.map((row) => row.omitted === 0);
  const text = rows.map(({ node, depth, omitted }) => {
    if (omitted > 0) return `${omitted} more`;
    const { label, weight } = nodes[node];
    const room = width - left(depth, indent) - size.small * 4;
    if (depth === 0) return `<b>${plotlyText(fitText(label, room * 0.92, size.small))}</b>`;
    const name = plotlyText(fitText(label, room, size.small));
    if (weight === undefined) return name;
    return `${name}\u2002<span style="color:${MUTED}">${weight.toFixed(2)}</span>`;
  });
  return {
    type: "scatter",
    mode: "markers+text",
    x: rows.map((row) => left(row.depth, indent)),
    y: rows.map((_, at) => at),
    text: text.map((line) => `\u2002${line}`),
    textposition: "middle right",
    textfont: { size: size.small, color: isNode.map((node) => (node ? INK : MUTED)) },
    cliponaxis: false,
    hovertext: rows.map((row) => hoverText(nodes, row)),
    hovertemplate: "%{hovertext}<extra></extra>",
    marker: {
      color: rows.map((row) => CATEGORIES[row.depth === 0 ? 1 : 0]),
      size: rows.map(({ node, omitted }) => (omitted > 0 ? 0 : dotSize(nodes[node], size))),
      opacity: 1,
      line: { width: 0 },
    },
  };
}

function left(depth: number, indent: number): number {
  return roundValue(indent * (depth + 0.4), 2);
}

function dotSize({ share }: TreeNode, size: FigureSize): number {
  const typical = size.small * 0.6;
  if (share === undefined) return roundValue(typical, 1);
  const decades = share > 0 ? Math.min(3, Math.max(0, Math.log10(share) + 4)) : 0;
  return roundValue(typical * (0.6 + 0.3 * decades), 1);
}

function hoverText(nodes: readonly TreeNode[], { node, omitted }: Row): string {
  const { label, notes = [] } = nodes[node];
  const text = plotlyLines(wrapText(label, 48, 6));
  if (omitted > 0) return `${omitted} more below<br>${text}`;
  return [`<b>${text}</b>`, ...notes.map(plotlyText)].join("<br>");
}
