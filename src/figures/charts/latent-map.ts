import { spreadColours, textColour } from "../colour.js";
import type { PixelPoint } from "../declutter.js";
import { placeLabels } from "../declutter.js";
import type { Figure, FigureOptions, PlotlyObject } from "../figure.js";
import { requireEqualLengths, roundValue } from "../figure.js";
import { plotlyLines, textWidth, wrapText } from "../text.js";
import type { FigureSize } from "../theme.js";
import {
  composeFigure,
  figureSize,
  isTitled,
  MANY_CATEGORIES,
  topMargin,
  UNASSIGNED,
} from "../theme.js";

/** A family to colour and name on the map. */
export interface MapFamily {
  name: string;
  /** Its latents, the parent among them; each below n. */
  members: ArrayLike<number>;
}

/** What the map shows; arrays are [n]. */
export interface LatentMapInput {
  /** Places; a latent whose place is not finite is left out. */
  x: ArrayLike<number>;
  y: ArrayLike<number>;
  labels: readonly string[];
  /** Share of documents in which a latent is active. */
  densities: ArrayLike<number>;
  /** A latent in several of them is drawn in the smallest, the most specific one. */
  families: readonly MapFamily[];
}

/** Options of `drawLatentMap`. */
export interface LatentMapOptions extends FigureOptions {
  /** Most family names to show; fewer where they would overlap. Default 80. */
  maxNames?: number;
  /** Colours as #rrggbb; neighbouring families get different ones. Default: the theme's nine for many groups. */
  colours?: readonly string[];
}

// A white edge that keeps a name legible over points: shadows all around it, sharp ones and a soft one.
const HALO = [
  ...[-1, 0, 1].flatMap((x) => [-1, 0, 1].map((y) => `${x}px ${y}px 0.5px #fff`)),
  ...["2px 0", "-2px 0", "0 2px", "0 -2px"].map((offset) => `${offset} 1px #fff`),
  "0 0 3px #fff",
].join(", ");

// Most of the plot that names may take, the largest families' first.
const NAMED_SHARE = 0.23;

// Pixels of the plot and the data's range in it, with the same scale along both axes.
interface Frame {
  width: number;
  height: number;
  margin: { l: number; r: number; t: number; b: number };
  xRange: [number, number];
  yRange: [number, number];
}

/**
 * The latents as points at their places, coloured by family and larger the denser they are; family names stand at
 * the families' centres, the largest families' first, none over another. Latents without family are grey. Throws
 * RangeError where lengths differ or a family names a latent that is not there.
 */
export function drawLatentMap(input: LatentMapInput, options: LatentMapOptions = {}): Figure {
  const { x, y, labels, densities } = input;
  requireEqualLengths("drawLatentMap", { x, y, labels, densities });
  const title = "Map of latents, coloured by family";
  const size = mapSize(input, options, title);
  const palette = options.colours ?? MANY_CATEGORIES;
  const frame = mapFrame(input, size, isTitled(size, options, title));
  const families = rankFamilies(input);
  const colours = spreadColours(
    families.map(({ centre }) => centre),
    palette.length,
  );
  const familyOf = assignFamilies(families, labels.length);
  const dot = size.marker * Math.min(1.2, Math.max(0.5, Math.sqrt(1000 / labels.length)));
  const data: PlotlyObject[] = [];
  for (let colour = -1; colour < palette.length; colour++) {
    const chosen = latentsOf(input, (latent) => {
      const family = familyOf[latent];
      return (family < 0 ? -1 : colours[family]) === colour;
    });
    if (chosen.length === 0) continue;
    const style = { colour: colour < 0 ? UNASSIGNED : palette[colour], dot };
    data.push(pointTrace(input, chosen, (latent) => families[familyOf[latent]]?.name, style));
  }
  const points = latentsOf(input, () => true).map((latent) =>
    toPixels({ x: x[latent], y: y[latent] }, frame),
  );
  const named = families.slice(0, options.maxNames ?? 80);
  const layout = {
    xaxis: { visible: false, range: frame.xRange, fixedrange: false },
    yaxis: { visible: false, range: frame.yRange, scaleanchor: "x" },
    margin: frame.margin,
    hovermode: "closest",
    dragmode: "pan",
    annotations: nameAnnotations(named, (at) => palette[colours[at]], points, frame, size),
  };
  return composeFigure({ name: "latent-map", title, data, layout, size }, options);
}

/** A map is as high as its places ask for at its width, but on a slide it fills the slide. */
function mapSize({ x, y }: LatentMapInput, options: LatentMapOptions, title: string): FigureSize {
  const size = figureSize(options);
  if (options.size === "slide") return size;
  const [[xLow, xHigh], [yLow, yHigh]] = [extent(x), extent(y)];
  const aspect = Math.min(0.8, Math.max(0.5, (yHigh - yLow) / (xHigh - xLow)));
  const strip = isTitled(size, options, title) ? topMargin(size, true) : 0;
  return { ...size, height: options.height ?? Math.round(size.width * aspect + strip) };
}

interface RankedFamily {
  name: string;
  members: number[];
  centre: { x: number; y: number };
}

/** Families that have a place on the map, largest first, with their most central member's place. */
function rankFamilies({ x, y, families }: LatentMapInput): RankedFamily[] {
  const ranked = families.map(({ name, members }) => {
    const placed = Array.from(members).filter((latent) => {
      if (!(Number.isInteger(latent) && latent >= 0 && latent < x.length)) {
        throw new RangeError(
          `drawLatentMap: family ${JSON.stringify(name)} names latent ${latent}, but n is ${x.length}`,
        );
      }
      return Number.isFinite(x[latent]) && Number.isFinite(y[latent]);
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

/** Place in `families` of the smallest family of every latent, -1 for none [n]. */
function assignFamilies(families: readonly RankedFamily[], n: number): Int32Array {
  const familyOf = new Int32Array(n).fill(-1);
  for (const [at, { members }] of families.entries()) {
    for (const latent of members) familyOf[latent] = at;
  }
  return familyOf;
}

function latentsOf({ x, y }: LatentMapInput, belongs: (latent: number) => boolean): number[] {
  const chosen: number[] = [];
  for (let latent = 0; latent < x.length; latent++) {
    if (Number.isFinite(x[latent]) && Number.isFinite(y[latent]) && belongs(latent)) {
      chosen.push(latent);
    }
  }
  return chosen;
}

function pointTrace(
  { x, y, labels, densities }: LatentMapInput,
  latents: readonly number[],
  nameOf: (latent: number) => string | undefined,
  style: { colour: string; dot: number },
): PlotlyObject {
  return {
    type: "scatter",
    mode: "markers",
    x: latents.map((latent) => roundValue(x[latent], 4)),
    y: latents.map((latent) => roundValue(y[latent], 4)),
    text: latents.map((latent) => plotlyLines(wrapText(labels[latent], 48, 4))),
    customdata: latents.map((latent) => [
      latent,
      formatDensity(densities[latent]),
      plotlyLines(wrapText(nameOf(latent) ?? "none", 48, 2)),
    ]),
    hovertemplate:
      "<b>%{text}</b><br>latent %{customdata[0]}<br>density %{customdata[1]}" +
      "<br>family: %{customdata[2]}<extra></extra>",
    marker: {
      color: style.colour,
      size: latents.map((latent) => roundValue(style.dot * dotScale(densities[latent]), 2)),
      opacity: 0.85,
      line: { width: 0.5, color: "#ffffff" },
    },
  };
}

/** Diameter of a point as a share of the typical one's: 0.7 at a density of 0.0001 or less, 1.75 at 0.1 or more. */
function dotScale(density: number): number {
  const decades = density > 0 ? Math.min(3, Math.max(0, Math.log10(density) + 4)) : 0;
  return 0.7 + 0.35 * decades;
}

function formatDensity(density: number): string {
  return Number.isFinite(density) ? String(Number(density.toPrecision(3))) : "unknown";
}

function mapFrame({ x, y }: LatentMapInput, size: FigureSize, titled: boolean): Frame {
  const edge = size.font * 0.6;
  const margin = { l: edge, r: edge, t: titled ? topMargin(size, true) : edge, b: edge };
  const width = size.width - margin.l - margin.r;
  const height = size.height - margin.t - margin.b;
  const [xLow, xHigh] = extent(x);
  const [yLow, yHigh] = extent(y);
  const perPixel = Math.max((xHigh - xLow) / (width * 0.95), (yHigh - yLow) / (height * 0.95));
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
  families: readonly RankedFamily[],
  colourOf: (family: number) => string,
  points: readonly PixelPoint[],
  frame: Frame,
  size: FigureSize,
): PlotlyObject[] {
  const largest = families[0]?.members.length ?? 1;
  const names = families.map(({ name, members, centre }) => {
    const lines = wrapText(name, 22, 2);
    // The largest family's name is a little larger than axis titles, a small one's as small as tick labels.
    const font = size.small + (size.font * 1.1 - size.small) * Math.sqrt(members.length / largest);
    const width = Math.max(...lines.map((line) => textWidth(line, font)));
    return { lines, font, ...toPixels(centre, frame), width, height: lines.length * font * 1.3 };
  });
  const room = NAMED_SHARE * frame.width * frame.height;
  let taken = 0;
  const fitting = names.filter(({ width, height }) => (taken += width * height) <= room);
  const places = placeLabels(fitting, frame, points);
  return fitting.flatMap(({ lines, font, x, y, width, height }, at) => {
    const place = places[at];
    if (!place) return [];
    const [across, down] = [roundValue(place.x - x, 1), roundValue(place.y - y, 1)];
    const isAway = Math.abs(across) > width / 2 + 2 || Math.abs(down) > height / 2 + 2;
    const colour = textColour(colourOf(at));
    return {
      x: roundValue(families[at].centre.x, 4),
      y: roundValue(families[at].centre.y, 4),
      text: plotlyLines(lines),
      font: { size: roundValue(font, 1), color: colour, shadow: HALO },
      xanchor: "center",
      yanchor: "middle",
      borderpad: 0,
      // A name that stands off its family's centre is tied to it.
      ...(isAway
        ? {
            ...{ showarrow: true, arrowhead: 0, arrowwidth: size.line * 0.4, arrowcolor: colour },
            ...{ ax: across, ay: down, opacity: 0.9 },
          }
        : { showarrow: false, xshift: across, yshift: -down }),
    };
  });
}

function toPixels({ x, y }: { x: number; y: number }, frame: Frame): PixelPoint {
  const { xRange, yRange, width, height } = frame;
  return {
    x: ((x - xRange[0]) / (xRange[1] - xRange[0])) * width,
    y: ((yRange[1] - y) / (yRange[1] - yRange[0])) * height,
  };
}
