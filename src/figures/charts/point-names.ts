import { type Axis, axisRange, logPlace } from "../drawing/axis.js";
import type { PlotlyObject } from "../figure.js";
import { roundValue } from "../figure.js";
import { plotlyLines, textWidth, wrapText } from "../drawing/text.js";
import type { FigureSize } from "../theme/theme.js";
import { INK } from "../theme/palette.js";

interface NamedPlot {
  lines: readonly {
    x: ArrayLike<number>;
    y: ArrayLike<number>;
    draw?: "line" | "points" | "both";
  }[];
  x: Axis;
  y: Axis;
  /** The most wanted first. */
  names?: readonly { x: number; y: number; text: string }[];
}

/** A box, or without width and height a point, in pixels from the top left; its place is its centre's. */
interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Sides of a point where its name may stand, in units of half the name's width and height: above and below first. */
const SIDES = [
  ...[-1, 1].map((y) => ({ x: 0, y })),
  ...[-1, 1].flatMap((x) => [0, -1, 1].map((y) => ({ x, y }))),
];

/**
 * Names beside their points in the plot at `place`, at most 8, or 4 in a narrow plot: each covers no point, line and other
 * name, and stands nearer to its own point than to any other.
 */
export function namePoints(
  { names = [], lines, x, y }: NamedPlot,
  place: number,
  area: { width: number; height: number },
  size: FigureSize,
): PlotlyObject[] {
  const [across, down] = [axisRange(x, lines, "x"), axisRange(y, lines, "y")];
  const toPixel = (px: number, py: number): Box => ({
    x: ((logPlace(x, px) - across[0]) / (across[1] - across[0])) * area.width,
    y: ((down[1] - logPlace(y, py)) / (down[1] - down[0])) * area.height,
    ...{ width: 0, height: 0 },
  });
  const taken = lines.flatMap((line) => {
    const points = Array.from(line.x, (px, i) => toPixel(px, line.y[i]));
    return line.draw === "points" ? points : courseOf(points);
  });
  const suffix = place === 0 ? "" : "2";
  const gap = size.marker * 1.2;
  const placed: Box[] = [];
  const shown: PlotlyObject[] = [];
  for (const { text, ...point } of names) {
    if (shown.length === (area.width < 320 ? 4 : 8)) break;
    const wrapped = wrapText(text, 20, 2);
    const width = Math.max(...wrapped.map((line) => textWidth(line, size.small)));
    const height = wrapped.length * size.small * 1.3;
    const at = toPixel(point.x, point.y);
    const others = taken.filter((one) => one.x !== at.x || one.y !== at.y);
    const box = SIDES.map((side): Box => ({
      x: at.x + side.x * (width / 2 + gap),
      y: at.y + side.y * (height / 2 + gap),
      ...{ width, height },
    })).find(
      (one) =>
        Math.abs(one.x - area.width / 2) <= (area.width - width) / 2 &&
        Math.abs(one.y - area.height / 2) <= (area.height - height) / 2 &&
        placed.every((other) => gapBetween(one, other) > 2) &&
        others.every((other) => gapBetween(one, other) > gap * 1.5),
    );
    if (!box) continue;
    placed.push(box);
    shown.push({
      ...{ x: roundValue(logPlace(x, point.x), 4), y: roundValue(logPlace(y, point.y), 4) },
      ...{ xref: `x${suffix}`, yref: `y${suffix}`, xanchor: "center", yanchor: "middle" },
      ...{ xshift: roundValue(box.x - at.x, 1), yshift: roundValue(at.y - box.y, 1) },
      ...{ text: plotlyLines(wrapped), font: { size: size.small, color: INK } },
      ...{ showarrow: false, borderpad: 0 },
    });
  }
  return shown;
}

/** Points along the line through the given ones, near enough for a name not to pass between them. */
function courseOf(ends: readonly Box[]): Box[] {
  return ends.slice(1).flatMap((to, e) =>
    Array.from({ length: 20 }, (_, i) => ({
      ...to,
      x: ends[e].x + ((to.x - ends[e].x) * i) / 20,
      y: ends[e].y + ((to.y - ends[e].y) * i) / 20,
    })),
  );
}

/** The room between two boxes, along the axis that has more of it; below 0 where they overlap. */
function gapBetween(a: Box, b: Box): number {
  const across = Math.abs(a.x - b.x) - (a.width + b.width) / 2;
  const down = Math.abs(a.y - b.y) - (a.height + b.height) / 2;
  return Math.max(across, down);
}
