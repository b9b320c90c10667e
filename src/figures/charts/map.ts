import { spreadColours, textColour } from "../theme/colour.js";
import { HALO, type PixelPoint } from "../drawing/declutter.js";
import { type Dot, placeNames } from "../drawing/place-names.js";
import type { ChartOptions, Figure, PlotlyObject } from "../figure.js";
import { requireEqualLengths, roundValue } from "../figure.js";
import { plotlyLines, plotlyText, textWidth, truncateText, wrapText } from "../drawing/text.js";
import type { FigureSize } from "../theme/theme.js";
import { MANY_CATEGORIES, SEQUENTIAL, UNASSIGNED } from "../theme/palette.js";
import { composeFigure, figureSize, isTitled, topMargin } from "../theme/theme.js";

/** Points that belong together, coloured and named as one. */
export interface MapGroup {
  name: string;
  /** Its points; each below n. */
  members: ArrayLike<number>;
}

/** What `pointMap` shows; arrays are [n]. */
export interface MapOptions extends ChartOptions {
  /** Places; a point whose place is not finite is left out. */
  x: ArrayLike<number>;
  y: ArrayLike<number>;
  labels: readonly string[];
  /** A share of 0 to 1; larger ones are drawn larger. */
  weights: ArrayLike<number>;
  /** A point in several of them is drawn in the smallest. Default none. */
  groups?: readonly MapGroup[];
  /** What each point stands for, such as titles of documents: shown on hovering [n]. Default none. */
  examples?: readonly (readonly string[])[];
  /** What points, weights ("" leaves them out) and groups are called on hovering. Default "point", "weight" and "group". */
  words?: { point: string; weight: string; group: string };
  /** Colours by a number instead of by group [n]; `title` of the colour bar is plotly's markup. */
  heat?: { values: ArrayLike<number>; title: string };
  /** Most names of groups to show; fewer where they would overlap. Default 80. */
  maxNames?: number;
  /** Colours as #rrggbb; neighbouring groups get different ones. Default: the theme's nine for many groups. */
  colours?: readonly string[];
}

/** The palest part of the scale does not show on white, nor turned round on a dark page: dots need 2 to 1. */
const PALEST = 0.3;
const HEAT: [at: number, colour: string][] = SEQUENTIAL.filter(([at]) => at >= PALEST).map(
  ([at, colour]) => [roundValue((at - PALEST) / (1 - PALEST), 3), colour],
);

/** Diameter below which an edge would cover the dot. */
const SMALL_DOT = 2;

/** Share of the plot that points take, and where names need room around them. */
const FILLED = 0.95;
const FILLED_BESIDE_NAMES = { across: 0.78, down: 0.82 };
/** Most characters of a name's two lines. */
const NAME_LINE = 22;

// Pixels of the plot and the data's range in it, with the same scale along both axes.
interface Frame {
  width: number;
  height: number;
  margin: { l: number; r: number; t: number; b: number };
  xRange: [number, number];
  yRange: [number, number];
}

/**
 * Points at their places, coloured by group and larger for larger weights; names of groups stand near the groups'
 * centres, the largest groups' first and in larger type, over no point, no other name and no line that ties another name to
 * its group: as many as there is room for. Names that share their first word are told apart by what follows it. Points
 * without a group are grey. Throws RangeError where lengths
 * differ or a group names a point that is not there.
 */
export function pointMap(options: MapOptions): Figure {
  const { x, y, labels, weights, heat, defaultName: name = "map" } = options;
  requireEqualLengths(name, { x, y, labels, weights, examples: options.examples });
  const size = mapSize(options);
  const palette = options.colours ?? MANY_CATEGORIES;
  const frame = mapFrame(options, size);
  const groups = rankGroups(name, options);
  const colours = spreadColours(
    groups.map(({ centre }) => centre),
    palette.length,
  );
  const groupOf = assignGroups(groups, labels.length);
  const dot = size.marker * Math.min(1.2, Math.max(0.35, Math.sqrt(1000 / labels.length)));
  const data: PlotlyObject[] = [];
  for (let colour = -1; colour < palette.length; colour++) {
    const chosen = placedPoints(options, (point) => {
      const group = groupOf[point];
      return (group < 0 ? -1 : colours[group]) === colour;
    });
    if (chosen.length === 0) continue;
    const style = { colour: colour < 0 ? UNASSIGNED : palette[colour], dot };
    const trace = pointTrace(options, chosen, (point) => groups[groupOf[point]]?.name, style);
    if (heat) Object.assign(trace.marker as PlotlyObject, heatColours(heat, chosen, size));
    data.push(trace);
  }
  const dots = placedPoints(options, () => true).map((point) => ({
    ...toPixels({ x: x[point], y: y[point] }, frame),
    radius: (dot * dotScale(weights[point])) / 2 + 1,
  }));
  const named = groups.slice(0, options.maxNames ?? 80);
  const layout = {
    xaxis: { visible: false, range: frame.xRange, fixedrange: false },
    yaxis: { visible: false, range: frame.yRange, scaleanchor: "x" },
    // The colour bar has a strip of its own, so that no point lies below it.
    margin: heat ? { ...frame.margin, r: size.font * 6 } : frame.margin,
    hovermode: "closest",
    dragmode: "pan",
    annotations: nameAnnotations(named, (at) => palette[colours[at]], dots, frame, size),
  };
  return composeFigure({ data, layout, size }, name, options);
}

/** Colours of these points by their values, and the bar that says which. */
function heatColours(
  { values, title }: NonNullable<MapOptions["heat"]>,
  points: readonly number[],
  size: FigureSize,
): PlotlyObject {
  const [low, high] = extent(points.map((point) => values[point]));
  return {
    color: points.map((point) => roundValue(values[point], 3)),
    colorscale: HEAT,
    cmin: roundValue(low, 3),
    cmax: roundValue(high, 3),
    showscale: true,
    colorbar: {
      ...{ x: 1.01, xanchor: "left" },
      title: { text: title, side: "right", font: { size: size.small } },
      tickfont: { size: size.small },
      ...{ thickness: size.font, len: 0.6, outlinewidth: 0 },
    },
  };
}

/** A map is as high as its places ask for at its width, but on a slide it fills the slide. */
function mapSize({ x, y, ...options }: MapOptions): FigureSize {
  const size = figureSize(options);
  if (options.size === "slide") return size;
  const [[xLow, xHigh], [yLow, yHigh]] = [extent(x), extent(y)];
  const aspect = Math.min(0.8, Math.max(0.5, (yHigh - yLow) / (xHigh - xLow)));
  const strip = isTitled(size, options) ? topMargin(size, options) : 0;
  return {
    ...size,
    height: options.height !== undefined ? size.height : Math.round(size.width * aspect + strip),
  };
}

interface RankedGroup {
  name: string;
  members: number[];
  centre: { x: number; y: number };
}

/** Groups that have a place on the map, largest first, with their most central member's place. */
function rankGroups(figure: string, { x, y, groups = [] }: MapOptions): RankedGroup[] {
  const ranked = groups.map(({ name, members }) => {
    const placed = Array.from(members).filter((point) => {
      if (!(Number.isInteger(point) && point >= 0 && point < x.length)) {
        throw new RangeError(
          `${figure}: group ${JSON.stringify(name)} names point ${point}, but n is ${x.length}`,
        );
      }
      return Number.isFinite(x[point]) && Number.isFinite(y[point]);
    });
    return { name, members: placed, centre: medoid(placed, x, y) };
  });
  return ranked
    .filter(({ members }) => members.length > 0)
    .sort((a, b) => b.members.length - a.members.length);
}

function medoid(
  members: readonly number[],
  x: ArrayLike<number>,
  y: ArrayLike<number>,
): { x: number; y: number } {
  let best = 0;
  let least = Infinity;
  for (let i = 0; i < members.length; i++) {
    let sum = 0;
    for (let j = 0; j < members.length && sum < least; j++) {
      sum += Math.hypot(x[members[i]] - x[members[j]], y[members[i]] - y[members[j]]);
    }
    if (sum < least) {
      least = sum;
      best = i;
    }
  }
  return { x: x[members[best]], y: y[members[best]] };
}

/** Place in `groups` of the smallest group of every point, -1 for none [n]. */
function assignGroups(groups: readonly RankedGroup[], n: number): Int32Array {
  const groupOf = new Int32Array(n).fill(-1);
  for (const [at, { members }] of groups.entries()) {
    for (const point of members) groupOf[point] = at;
  }
  return groupOf;
}

function placedPoints({ x, y }: MapOptions, belongs: (point: number) => boolean): number[] {
  return Array.from(x, (_, point) => point).filter(
    (point) => Number.isFinite(x[point]) && Number.isFinite(y[point]) && belongs(point),
  );
}

function pointTrace(
  { x, y, labels, weights, words, examples }: MapOptions,
  points: readonly number[],
  nameOf: (point: number) => string | undefined,
  style: { colour: string; dot: number },
): PlotlyObject {
  const { point, weight, group } = words ?? { point: "point", weight: "weight", group: "group" };
  return {
    type: "scatter",
    mode: "markers",
    x: points.map((at) => roundValue(x[at], 4)),
    y: points.map((at) => roundValue(y[at], 4)),
    text: points.map((at) => plotlyLines(wrapText(labels[at], 48, 4))),
    customdata: points.map((at) => [
      at,
      Number.isFinite(weights[at]) ? String(Number(weights[at].toPrecision(3))) : "unknown",
      plotlyLines(wrapText(nameOf(at) ?? "none", 48, 2)),
      ...(examples ? [plotlyLines(examples[at].map((text) => `– ${truncateText(text, 60)}`))] : []),
    ]),
    hovertemplate:
      `<b>%{text}</b><br>${plotlyText(point)} %{customdata[0]}` +
      (weight === "" ? "" : `<br>${plotlyText(weight)} %{customdata[1]}`) +
      `<br>${plotlyText(group)}: %{customdata[2]}${examples ? "<br>%{customdata[3]}" : ""}<extra></extra>`,
    marker: {
      color: style.colour,
      opacity: 1,
      size: points.map((at) => roundValue(style.dot * dotScale(weights[at]), 2)),
      line: { width: style.dot < SMALL_DOT ? 0 : 0.5, color: "#ffffff" },
    },
  };
}

/** Diameter of a point as a share of the typical one's: 0.7 at a weight of 0.0001 or less, 1.75 at 0.1 or more. */
function dotScale(weight: number): number {
  const decades = weight > 0 ? Math.min(3, Math.max(0, Math.log10(weight) + 4)) : 0;
  return 0.7 + 0.35 * decades;
}

function mapFrame(options: MapOptions, size: FigureSize): Frame {
  const { x, y } = options;
  const edge = size.font * 0.6;
  const margin = {
    l: edge,
    r: edge,
    t: isTitled(size, options) ? topMargin(size, options) : edge,
    b: edge,
  };
  const width = size.width - margin.l - margin.r;
  const height = size.height - margin.t - margin.b;
  const [xLow, xHigh] = extent(x);
  const [yLow, yHigh] = extent(y);
  const { across, down } =
    (options.groups ?? []).length > 0 ? FILLED_BESIDE_NAMES : { across: FILLED, down: FILLED };
  const perPixel = Math.max((xHigh - xLow) / (width * across), (yHigh - yLow) / (height * down));
  const around = (low: number, high: number, pixels: number): [number, number] => {
    const middle = (low + high) / 2;
    const half = (pixels / 2) * perPixel;
    return [roundValue(middle - half, 5), roundValue(middle + half, 5)];
  };
  return {
    width,
    height,
    margin,
    xRange: around(xLow, xHigh, width),
    yRange: around(yLow, yHigh, height),
  };
}

function extent(values: ArrayLike<number>): [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) continue;
    low = Math.min(low, values[i]);
    high = Math.max(high, values[i]);
  }
  if (low > high) return [-1, 1];
  return low === high ? [low - 1, high + 1] : [low, high];
}

function nameAnnotations(
  groups: readonly RankedGroup[],
  colourOf: (group: number) => string,
  dots: readonly Dot[],
  frame: Frame,
  size: FigureSize,
): PlotlyObject[] {
  const texts = toldApart(groups.map(({ name }) => name));
  const largest = groups[0]?.members.length ?? 1;
  const names = groups.map(({ members, centre }, at) => {
    const lines = wrapText(texts[at], NAME_LINE, 2);
    // The largest group's name is a little larger than axis titles, a small one's as small as tick labels.
    const font = size.small + (size.font * 1.1 - size.small) * Math.sqrt(members.length / largest);
    const width = Math.max(...lines.map((line) => textWidth(line, font)));
    return { lines, font, ...toPixels(centre, frame), width, height: lines.length * font * 1.3 };
  });
  const places = placeNames(names, frame, dots);
  return names.flatMap(({ lines, font, x, y, width, height }, at) => {
    const place = places[at];
    if (!place) return [];
    const [across, down] = [roundValue(place.x - x, 1), roundValue(place.y - y, 1)];
    const isAway = Math.abs(across) > width / 2 + 2 || Math.abs(down) > height / 2 + 2;
    const colour = textColour(colourOf(at));
    return {
      x: roundValue(groups[at].centre.x, 4),
      y: roundValue(groups[at].centre.y, 4),
      text: plotlyLines(lines),
      font: { size: roundValue(font, 1), color: colour, shadow: HALO },
      xanchor: "center",
      yanchor: "middle",
      borderpad: 0,
      // A name that stands off its group's centre is tied to it.
      ...(isAway
        ? {
            ...{ showarrow: true, arrowhead: 0, arrowwidth: size.line * 0.4, arrowcolor: colour },
            ...{ ax: across, ay: down, opacity: 0.9 },
          }
        : { showarrow: false, xshift: across, yshift: -down }),
    };
  });
}

/**
 * Names that begin with the same term, cut so that the two lines which a map shows differ: the terms that others of them
 * have too are left out after the first.
 */
function toldApart(names: readonly string[]): string[] {
  const terms = names.map((name) => name.split(/,\s*/));
  return names.map((name, at) => {
    const [first, ...rest] = terms[at];
    const alike = terms.filter((other, o) => o !== at && other[0] === first);
    if (alike.length === 0 || rest.length === 0) return name;
    const own = rest.filter((term) => alike.every((other) => !other.includes(term)));
    const shared = rest.filter((term) => !own.includes(term));
    return [first, ...own, ...shared].join(", ");
  });
}

function toPixels({ x, y }: { x: number; y: number }, frame: Frame): PixelPoint {
  const { xRange, yRange, width, height } = frame;
  return {
    x: ((x - xRange[0]) / (xRange[1] - xRange[0])) * width,
    y: ((yRange[1] - y) / (yRange[1] - yRange[0])) * height,
  };
}
