import { transparent } from "./theme/colour.js";
import type { PixelPoint } from "./drawing/declutter.js";
import { placeLabels } from "./drawing/declutter.js";
import type { Figure, FigureOptions, PlotlyObject } from "./figure.js";
import { roundValue, roundValues } from "./figure.js";
import { logTicks } from "./drawing/axis.js";
import { plotlyLines, plotlyText, textWidth, truncateText, wrapText } from "./drawing/text.js";
import type { FigureSize } from "./theme/theme.js";
import {
  axisLayout,
  CATEGORIES,
  composeFigure,
  figureSize,
  INK,
  isTitled,
  MUTED,
  topMargin,
} from "./theme/theme.js";

/** A family with its stability. What is not known is null. */
export interface StablePoint {
  name: string;
  /** Members, the parent not counted; 1 or more. */
  members: number;
  /** Stability over resamples of the documents, 0 to 1, and that of as many random latents. */
  stability: number;
  random: number;
  /** The middle 95 % over the resamples, for hovering. */
  interval?: readonly [number, number];
  /** The same over training seeds. */
  seeds?: { stability: number | null; random: number | null } | null;
}

/** Options of `drawFamilyStability`. */
export interface FamilyStabilityOptions extends FigureOptions {
  /** Families named in each plot: the most stable and the least stable ones in turn. Default 8, in a paper column 4. */
  maxNames?: number;
}

/** One of the plots: stability over documents or over seeds. */
interface Plot {
  axis: string;
  suffix: "" | "2";
  points: { family: StablePoint; x: number; y: number; random: number }[];
}

/** Width in powers of ten over which families of one size are spread, so that they do not lie on each other. */
const SPREAD = 0.06;
/** Upper end of the axis of stability. */
const HIGHEST = 1.02;
/** Families tried for each that is named. */
const CANDIDATES = 4;
/** Of the figure, in units of its type size. */
const MARGIN = { left: 5.2, right: 1.2, bottom: 3.7 };

/**
 * Families by size against their stability over documents and, where that is known, over training seeds, above that of
 * as many random latents. The two plots stand side by side, in a paper column one above the other. Throws RangeError
 * without families or for a family without members.
 */
export function drawFamilyStability(
  families: readonly StablePoint[],
  options: FamilyStabilityOptions = {},
): Figure {
  const empty = families.find(({ members }) => !(members >= 1));
  if (families.length === 0 || empty !== undefined) {
    throw new RangeError(
      `drawFamilyStability: expected families with members, got ${empty === undefined ? "none" : `"${truncateText(empty.name, 40)}" with ${empty.members}`}`,
    );
  }
  const size = figureSize(options);
  const plots = plotsOf(families);
  const stacked = size.width < 450;
  if (options.height === undefined && options.size !== "slide" && plots.length > 1) {
    size.height = Math.round(size.width * (stacked ? 1.35 : 0.5));
  }
  const title = "Stability of families";
  const legend = ["family", "random latents of the same number"];
  const areas = layOutPlots(
    plots.length,
    { stacked, titled: isTitled(size, options, title) },
    size,
  );
  const sizes = families.map(({ members }) => members);
  const range = [Math.log10(Math.min(...sizes)) - 0.1, Math.log10(Math.max(...sizes)) + 0.1];
  const layout: PlotlyObject = { annotations: [] as PlotlyObject[] };
  plots.forEach((plot, p) => {
    Object.assign(layout, axesOf(plot, areas[p], { range, size }));
    const most = options.maxNames ?? (stacked ? 4 : 8);
    (layout.annotations as PlotlyObject[]).push(...namesOf(plot, areas[p], { range, size, most }));
  });
  const data = plots.flatMap((plot, p) => tracesOf(plot, legend, { isFirst: p === 0, size }));
  return composeFigure({ name: "family-stability", title, data, layout, size, legend }, options);
}

function plotsOf(families: readonly StablePoint[]): Plot[] {
  const plot = (
    axis: string,
    suffix: Plot["suffix"],
    valuesOf: (family: StablePoint) => { stability: number | null; random: number | null },
  ): Plot => ({
    axis,
    suffix,
    points: families.flatMap((family, f) => {
      const { stability, random } = valuesOf(family);
      // Multiples of the golden ratio spread evenly however many there are.
      const aside = (((f * 0.618034) % 1) - 0.5) * SPREAD;
      const x = Math.log10(family.members) + aside;
      return stability === null ? [] : [{ family, x, y: stability, random: random ?? NaN }];
    }),
  });
  const overSeeds = plot("over training seeds", "2", ({ seeds }) => ({
    stability: seeds?.stability ?? null,
    random: seeds?.random ?? null,
  }));
  const overDocuments = plot("over documents", "", (family) => family);
  return overSeeds.points.length === 0 ? [overDocuments] : [overDocuments, overSeeds];
}

/** A plot's place: its domains, and its measures in pixels. */
interface Area {
  x: [number, number];
  y: [number, number];
  width: number;
  height: number;
}

function layOutPlots(
  count: number,
  { stacked, titled }: { stacked: boolean; titled: boolean },
  size: FigureSize,
): Area[] {
  const width = size.width - size.font * (MARGIN.left + MARGIN.right);
  const height = size.height - topMargin(size, titled, 1) - size.font * MARGIN.bottom;
  if (count === 1) return [{ x: [0, 1], y: [0, 1], width, height }];
  const half = 0.5 - (size.font * 3) / (stacked ? height : width);
  const [near, far]: [number, number][] = [
    [0, half],
    [1 - half, 1],
  ];
  return stacked
    ? [far, near].map((y): Area => ({ x: [0, 1], y, width, height: height * half }))
    : [near, far].map((x): Area => ({ x, y: [0, 1], width: width * half, height }));
}

function axesOf(
  { axis, suffix }: Plot,
  area: Area,
  { range, size }: { range: number[]; size: FigureSize },
): PlotlyObject {
  return {
    [`xaxis${suffix}`]: axisLayout("members", size, {
      type: "log",
      range: roundValues(range, 4),
      tickmode: "array",
      tickvals: logTicks(10 ** range[0], 10 ** range[1]),
      domain: roundValues(area.x, 4),
      anchor: `y${suffix}`,
      showgrid: false,
    }),
    [`yaxis${suffix}`]: axisLayout(`stability ${axis}`, size, {
      range: [0, HIGHEST],
      domain: roundValues(area.y, 4),
      anchor: `x${suffix}`,
    }),
  };
}

function tracesOf(
  { points, suffix, axis }: Plot,
  [family, random]: readonly string[],
  { isFirst, size }: { isFirst: boolean; size: FigureSize },
): PlotlyObject[] {
  const axes = { xaxis: `x${suffix}`, yaxis: `y${suffix}` };
  const band = chanceBySize(points);
  return [
    {
      type: "scatter",
      mode: "lines",
      name: random,
      ...axes,
      x: roundValues(
        band.map(({ members }) => members),
        3,
      ),
      y: roundValues(
        band.map((each) => each.random),
        4,
      ),
      line: { color: MUTED, width: size.line, dash: "dash" },
      fill: "tozeroy",
      fillcolor: transparent(MUTED, 0.15),
      hovertemplate: "random latents: %{y:.2f}<extra></extra>",
      legendrank: 2,
      showlegend: isFirst,
    },
    {
      type: "scatter",
      mode: "markers",
      name: family,
      ...axes,
      x: roundValues(
        points.map(({ x }) => 10 ** x),
        3,
      ),
      y: roundValues(
        points.map(({ y }) => y),
        4,
      ),
      marker: {
        color: transparent(CATEGORIES[0], 0.75),
        size: roundValue(size.marker * 1.5, 2),
        line: { width: 0 },
      },
      hovertext: points.map((point) => hoverText(point, axis)),
      hovertemplate: "%{hovertext}<extra></extra>",
      cliponaxis: false,
      legendrank: 1,
      showlegend: isFirst,
    },
  ];
}

/** Mean stability of random latents by powers of the square root of two in size, at the mean size. */
function chanceBySize(points: Plot["points"]): { members: number; random: number }[] {
  const groups = new Map<number, { members: number; random: number; count: number }>();
  for (const { family, random } of points) {
    if (!Number.isFinite(random)) continue;
    const step = Math.round(2 * Math.log2(family.members));
    const group = groups.get(step) ?? { members: 0, random: 0, count: 0 };
    group.members += family.members;
    group.random += random;
    group.count++;
    groups.set(step, group);
  }
  return [...groups.entries()]
    .sort(([a], [b]) => a - b)
    .map(([, { members, random, count }]) => ({
      members: members / count,
      random: random / count,
    }));
}

/** Names of the most and the least stable families in turn, where they cover no point, each tied to its own. */
function namesOf(
  { points, suffix }: Plot,
  area: Area,
  { range, size, most }: { range: number[]; size: FigureSize; most: number },
): PlotlyObject[] {
  const sorted = [...points].sort((a, b) => b.y - a.y);
  const order = sorted.map((_, i) =>
    i % 2 === 0 ? sorted[i / 2] : sorted[sorted.length - (i + 1) / 2],
  );
  const toPixels = ({ x, y }: { x: number; y: number }): PixelPoint => ({
    x: ((x - range[0]) / (range[1] - range[0])) * area.width,
    y: (1 - y / HIGHEST) * area.height,
  });
  const boxes = order.slice(0, CANDIDATES * most).map((point) => {
    const lines = wrapText(point.family.name, 20, 2);
    const width = Math.max(...lines.map((line) => textWidth(line, size.small)));
    const height = lines.length * size.small * 1.3;
    const { x, y } = toPixels(point);
    // Above its point in the upper half, below it in the lower: away from the crowd.
    const away = (height / 2 + size.marker * 2) * (point.y > 0.5 ? -1 : 1);
    return { point, lines, width, height, x, y: y + away };
  });
  const chance = lineThrough(
    chanceBySize(points).map(({ members, random }) =>
      toPixels({ x: Math.log10(members), y: random }),
    ),
  );
  const obstacles = [...points.map(toPixels), ...chance];
  const places = placeLabels(boxes, area, obstacles);
  const isFree = (at: PixelPoint, { width, height }: { width: number; height: number }): boolean =>
    !obstacles.some(
      ({ x, y }) => Math.abs(x - at.x) < width / 2 && Math.abs(y - at.y) < height / 2,
    );
  const free = boxes.flatMap((box, b) => {
    const place = places[b];
    return place && isFree(place, box) ? [{ ...box, place }] : [];
  });
  return free.slice(0, most).map(({ point, lines, place }): PlotlyObject => {
    const at = toPixels(point);
    return {
      x: roundValue(point.x, 4),
      y: roundValue(point.y, 4),
      xref: `x${suffix}`,
      yref: `y${suffix}`,
      text: plotlyLines(lines),
      font: { size: size.small, color: INK },
      showarrow: true,
      arrowhead: 0,
      arrowwidth: Math.max(0.5, size.line / 3),
      arrowcolor: MUTED,
      standoff: size.marker,
      ax: roundValue(place.x - at.x, 1),
      ay: roundValue(place.y - at.y, 1),
      borderpad: 0,
    };
  });
}

/** Points along the line through the given ones, near enough for a name not to pass between them. */
function lineThrough(ends: readonly PixelPoint[]): PixelPoint[] {
  return ends.slice(1).flatMap((to, e) =>
    Array.from({ length: 20 }, (_, i) => ({
      x: ends[e].x + ((to.x - ends[e].x) * i) / 20,
      y: ends[e].y + ((to.y - ends[e].y) * i) / 20,
    })),
  );
}

function hoverText({ family, y, random }: Plot["points"][number], axis: string): string {
  const { name, members, interval } = family;
  const lines = [
    `<b>${plotlyText(truncateText(name, 60))}</b>`,
    `${members} members`,
    `stability ${axis} ${y.toFixed(2)}`,
  ];
  if (axis === "over documents" && interval) {
    lines.push(`95 % of resamples ${interval[0].toFixed(2)} to ${interval[1].toFixed(2)}`);
  }
  if (Number.isFinite(random)) lines.push(`random latents ${random.toFixed(2)}`);
  return lines.join("<br>");
}
