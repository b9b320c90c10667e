import { HALO, placeLabels, type PixelPoint } from "../drawing/declutter.js";
import type { ChartOptions, Figure, PlotlyObject } from "../figure.js";
import { requireSome, roundValue } from "../figure.js";
import { layOutGraph } from "../drawing/graph-layout.js";
import { fitText, plotlyLines, plotlyText, textWidth, wrapText } from "../drawing/text.js";
import type { FigureSize } from "../theme/theme.js";
import { CATEGORIES, MUTED, RULE } from "../theme/palette.js";
import { composeFigure, figureSize, topMargin } from "../theme/theme.js";

/** A point of the network. */
export interface NetworkNode {
  label: string;
  /** Larger points for larger weights. */
  weight: number;
  /** Below the label on hovering, as plain text. Default nothing. */
  note?: string;
}

/** An arrow between two places in the list of nodes. */
export interface NetworkEdge {
  from: number;
  to: number;
  weight: number;
  /** Dark, and shown in any case. Default false. */
  strong?: boolean;
}

/** What `network` shows. */
export interface NetworkOptions extends ChartOptions {
  /** The one that stands out first. */
  nodes: readonly NetworkNode[];
  edges: readonly NetworkEdge[];
  /** Most nodes shown, the heaviest ones beside the first. Default: as many as stay legible, 15 to 31. */
  maxNodes?: number;
  /** Most edges shown beside the strong ones, the heaviest. Default as many as the nodes. */
  maxExtra?: number;
}

/**
 * A network: a point per node, larger for heavier ones, and arrows, wider for heavier edges, strong edges dark and the others
 * pale. Throws RangeError without nodes and for an edge to none of them.
 */
export function network(options: NetworkOptions): Figure {
  const { defaultName: name = "network" } = options;
  requireEdges(name, options);
  const size = figureSize(options);
  const most = Math.max(1, options.maxNodes ?? Math.round(size.width / (2.2 * size.font)));
  const { nodes, edges } = takeHeaviest(options, most);
  const shown = takeEdges(edges, options.maxExtra ?? nodes.length);
  const margin = {
    l: size.font,
    r: size.font,
    t: topMargin(size, options),
    b: size.font * 0.6,
  };
  const area = {
    width: size.width - margin.l - margin.r,
    height: size.height - margin.t - margin.b,
  };
  const joined = shown.map(({ from, to }) => [from, to] as const);
  const points = fitInto(layOutGraph(nodes.length, joined), area, size);
  const radii = nodeRadii(nodes, size);
  const heaviest = Math.max(...shown.map(({ weight }) => weight), 1e-9);
  const arrows = shown.map((edge) => arrowAnnotation(edge, { points, radii, heaviest }, size));
  const left = options.nodes.length - nodes.length;
  const layout = {
    xaxis: { visible: false, range: [0, roundValue(area.width, 2)], fixedrange: true },
    yaxis: { visible: false, range: [roundValue(area.height, 2), 0], fixedrange: true },
    margin: { ...margin, autoexpand: false },
    hovermode: "closest",
    annotations: [
      ...arrows,
      ...labelAnnotations(nodes, shown, { points, radii }, area, size),
      ...(left > 0 ? [cutNote(`${nodes.length} of ${options.nodes.length}`, size)] : []),
    ],
  };
  const data = [nodeTrace(nodes, points, radii, size)];
  return composeFigure({ data, layout, size }, name, options);
}

function requireEdges(figure: string, { nodes, edges }: NetworkOptions): void {
  requireSome(figure, nodes, "a node");
  for (const { from, to } of edges) {
    if (nodes[from] === undefined || nodes[to] === undefined) {
      throw new RangeError(`${figure}: edge ${from} to ${to}, but there are ${nodes.length} nodes`);
    }
  }
}

/** The first and the heaviest others, in their order, with the edges among them. */
function takeHeaviest(
  { nodes, edges }: NetworkOptions,
  most: number,
): { nodes: NetworkNode[]; edges: NetworkEdge[] } {
  const ranked = nodes.map((_, i) => i).slice(1);
  ranked.sort((a, b) => nodes[b].weight - nodes[a].weight || a - b);
  const kept = [0, ...ranked.slice(0, most - 1).sort((a, b) => a - b)];
  const place = new Map(kept.map((node, at) => [node, at]));
  return {
    nodes: kept.map((node) => nodes[node]),
    edges: edges.flatMap((edge) => {
      const [from, to] = [place.get(edge.from), place.get(edge.to)];
      return from === undefined || to === undefined ? [] : [{ ...edge, from, to }];
    }),
  };
}

/** Pale edges first, so that strong ones lie over them. */
function takeEdges(edges: readonly NetworkEdge[], extra: number): NetworkEdge[] {
  const others = edges.filter(({ strong }) => !strong).sort((a, b) => b.weight - a.weight);
  return [...others.slice(0, extra), ...edges.filter(({ strong }) => strong)];
}

/** Scaled and centred, with room for labels at the sides. */
function fitInto(
  points: readonly PixelPoint[],
  area: { width: number; height: number },
  size: FigureSize,
): PixelPoint[] {
  const xs = points.map(({ x }) => x);
  const ys = points.map(({ y }) => y);
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  const inset = { x: size.small * 5, y: size.small * 2 };
  const scale = (low: number, high: number, room: number): number =>
    high - low < 1e-6 ? 0 : room / (high - low);
  const across = scale(left, Math.max(...xs), area.width - 2 * inset.x);
  const down = scale(top, Math.max(...ys), area.height - 2 * inset.y);
  return points.map(({ x, y }) => ({
    x: roundValue(across === 0 ? area.width / 2 : inset.x + (x - left) * across, 2),
    y: roundValue(down === 0 ? area.height / 2 : inset.y + (y - top) * down, 2),
  }));
}

/** Areas rise with the weight. */
function nodeRadii(nodes: readonly NetworkNode[], size: FigureSize): number[] {
  const heaviest = Math.max(...nodes.map(({ weight }) => weight), 1e-9);
  return nodes.map(({ weight }) =>
    roundValue(size.marker * (0.7 + 1.8 * Math.sqrt(weight / heaviest)), 2),
  );
}

function arrowAnnotation(
  { from, to, weight, strong }: NetworkEdge,
  { points, radii, heaviest }: { points: PixelPoint[]; radii: number[]; heaviest: number },
  size: FigureSize,
): PlotlyObject {
  const width = size.line * (0.35 + 1.4 * (weight / heaviest));
  return {
    ...{ x: points[to].x, y: points[to].y, ax: points[from].x, ay: points[from].y },
    ...{ xref: "x", yref: "y", axref: "x", ayref: "y" },
    text: "",
    showarrow: true,
    arrowhead: 2,
    // Relative to the line's width: wide lines need no larger heads.
    arrowsize: roundValue(Math.min(2, Math.max(0.6, (size.line * 1.4) / width)), 2),
    arrowwidth: roundValue(Math.max(0.3, width), 2),
    arrowcolor: strong ? RULE : "#dcdcdc",
    standoff: radii[to] + 1,
    startstandoff: radii[from],
  };
}

/** What is left out, in the lower left corner. */
function cutNote(text: string, { font, small }: FigureSize): PlotlyObject {
  return {
    ...{ xref: "paper", x: 0, xanchor: "left", yref: "paper", y: 0, yanchor: "bottom" },
    ...{ text, font: { size: small, color: MUTED }, showarrow: false, borderpad: font * 0.2 },
  };
}

/** Labels away from the first node, its own first, then those of the heaviest; a label without a place is left to hovering. */
function labelAnnotations(
  nodes: readonly NetworkNode[],
  edges: readonly NetworkEdge[],
  { points, radii }: { points: readonly PixelPoint[]; radii: readonly number[] },
  area: { width: number; height: number },
  size: FigureSize,
): PlotlyObject[] {
  const order = nodes.map((_, i) => i);
  order.sort((a, b) => Number(b === 0) - Number(a === 0) || nodes[b].weight - nodes[a].weight);
  const texts = order.map((i) => fitText(nodes[i].label, area.width * 0.34, size.small));
  const boxes = order.map((i, at) => ({
    x: points[i].x,
    y: points[i].y + (radii[i] + size.small * 0.8) * (points[i].y > points[0].y ? 1 : -1),
    width: textWidth(texts[at], size.small) * (i === 0 ? 1.08 : 1),
    height: size.small * 1.25,
  }));
  // Twelve points along each arrow, so that a name keeps off its course.
  const courses = edges.flatMap(({ from, to }) =>
    Array.from({ length: 12 }, (_, i) => ({
      x: points[from].x + ((points[to].x - points[from].x) * (i + 1)) / 13,
      y: points[from].y + ((points[to].y - points[from].y) * (i + 1)) / 13,
    })),
  );
  return placeLabels(boxes, area, [...points, ...courses], 1).flatMap((place, at) => {
    if (!place) return [];
    const text = plotlyText(texts[at]);
    return {
      ...{ x: roundValue(place.x, 1), y: roundValue(place.y, 1), xanchor: "center" },
      yanchor: "middle",
      text: order[at] === 0 ? `<b>${text}</b>` : text,
      font: { size: size.small, shadow: HALO },
      borderpad: 0,
      showarrow: false,
    };
  });
}

function nodeTrace(
  nodes: readonly NetworkNode[],
  points: readonly PixelPoint[],
  radii: readonly number[],
  size: FigureSize,
): PlotlyObject {
  return {
    type: "scatter",
    mode: "markers",
    x: points.map(({ x }) => x),
    y: points.map(({ y }) => y),
    marker: {
      size: radii.map((radius) => 2 * radius),
      color: nodes.map((_, i) => (i === 0 ? CATEGORIES[1] : CATEGORIES[0])),
      opacity: 1,
      line: { color: "#ffffff", width: size.line * 0.4 },
    },
    hovertext: nodes.map(({ label, note }) =>
      [plotlyLines(wrapText(label, 60, 4)), ...(note === undefined ? [] : [plotlyText(note)])].join(
        "<br>",
      ),
    ),
    hovertemplate: "%{hovertext}<extra></extra>",
  };
}
