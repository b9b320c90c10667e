import { type LabelBox, type PixelPoint, overlap } from "./declutter.js";

/** A dot that no name may cover, by its centre, in pixels. */
export interface Dot extends PixelPoint {
  radius: number;
}

/** Between tried places, in pixels, and between a name and anything else. */
const STEP = 3;
const GAP = 2;
/** Longest line from a name to its place, as a share of the plot's width; of the first name it may be any. */
const REACH = 0.14;
/** A little below is as good as a little further above. */
const BELOW = 2;

/**
 * Places names, the first ones first, where they cover no dot, no other name and no line between another name and its place,
 * as near to their own place as that leaves, inside [0, width] x [0, height]. The line from the place to the name's centre
 * crosses no other name and no other line. A name that finds no room near enough gets undefined. The places are of centres.
 */
export function placeNames(
  boxes: readonly LabelBox[],
  area: { width: number; height: number },
  dots: readonly Dot[],
): (PixelPoint | undefined)[] {
  const covered = coverage(area, dots);
  const placed: { box: LabelBox; from: PixelPoint }[] = [];
  return boxes.map((box, rank) => {
    // The first name is the one that must not be missing.
    let least = rank === 0 ? area.width : REACH * area.width;
    let best: LabelBox | undefined;
    const { width, height } = box;
    const [across, down] = [least + width / 2, least + height / 2];
    const x0 = Math.max(width / 2, box.x - across);
    const y0 = Math.max(height / 2, box.y - down);
    const x1 = Math.min(area.width - width / 2, box.x + across);
    const y1 = Math.min(area.height - height / 2, box.y + down);
    for (let y = y0; y <= y1; y += STEP) {
      for (let x = x0; x <= x1; x += STEP) {
        const candidate = { x, y, width, height };
        const cost = distance(candidate, box) + (y > box.y ? BELOW : 0);
        if (cost >= least || covered(candidate) > 0) continue;
        const isFree = placed.every(
          (other) =>
            !overlap(candidate, other.box, GAP) &&
            !crosses(other.from, other.box, candidate) &&
            !crosses(box, candidate, other.box) &&
            !intersect(box, candidate, other.from, other.box),
        );
        if (isFree) [least, best] = [cost, candidate];
      }
    }
    if (best === undefined) return undefined;
    placed.push({ box: best, from: { x: box.x, y: box.y } });
    return { x: best.x, y: best.y };
  });
}

/** Gives the number of covered pixels in a box, in constant time. */
function coverage(
  area: { width: number; height: number },
  dots: readonly Dot[],
): (box: LabelBox) => number {
  const [columns, rows] = [Math.ceil(area.width), Math.ceil(area.height)];
  const sums = new Int32Array((columns + 1) * (rows + 1));
  const at = (x: number, y: number): number => y * (columns + 1) + x;
  const clampX = (x: number): number => Math.min(columns, Math.max(0, x));
  const clampY = (y: number): number => Math.min(rows, Math.max(0, y));
  for (const { x, y, radius } of dots) {
    const [left, right] = [clampX(Math.floor(x - radius)), clampX(Math.ceil(x + radius))];
    for (let row = clampY(Math.floor(y - radius)); row < clampY(Math.ceil(y + radius)); row++) {
      sums.fill(1, at(left + 1, row + 1), at(right + 1, row + 1));
    }
  }
  for (let y = 1; y <= rows; y++) {
    for (let x = 1; x <= columns; x++) {
      sums[at(x, y)] += sums[at(x - 1, y)] + sums[at(x, y - 1)] - sums[at(x - 1, y - 1)];
    }
  }
  return ({ x, y, width, height }) => {
    const [left, right] = [clampX(Math.floor(x - width / 2)), clampX(Math.ceil(x + width / 2))];
    const [top, bottom] = [clampY(Math.floor(y - height / 2)), clampY(Math.ceil(y + height / 2))];
    return (
      sums[at(right, bottom)] - sums[at(left, bottom)] - sums[at(right, top)] + sums[at(left, top)]
    );
  };
}

/** From a point to a box's edge; 0 inside. */
function distance({ x, y, width, height }: LabelBox, point: PixelPoint): number {
  const across = Math.max(0, Math.abs(point.x - x) - width / 2);
  const down = Math.max(0, Math.abs(point.y - y) - height / 2);
  return Math.hypot(across, down);
}

/** Whether the line between two points goes through a box. */
function crosses(from: PixelPoint, to: PixelPoint, { x, y, width, height }: LabelBox): boolean {
  const [left, right] = [x - width / 2 - GAP, x + width / 2 + GAP];
  const [top, bottom] = [y - height / 2 - GAP, y + height / 2 + GAP];
  let [start, end] = [0, 1];
  for (const [origin, step, low, high] of [
    [from.x, to.x - from.x, left, right],
    [from.y, to.y - from.y, top, bottom],
  ]) {
    if (step === 0) {
      if (origin < low || origin > high) return false;
      continue;
    }
    const [one, two] = [(low - origin) / step, (high - origin) / step];
    start = Math.max(start, Math.min(one, two));
    end = Math.min(end, Math.max(one, two));
  }
  return start <= end;
}

function intersect(a: PixelPoint, b: PixelPoint, c: PixelPoint, d: PixelPoint): boolean {
  const side = (p: PixelPoint, q: PixelPoint, r: PixelPoint): number =>
    (q.x - p.x) * (r.y - p.y) - (q.y - p.y) * (r.x - p.x);
  return side(a, b, c) * side(a, b, d) < 0 && side(c, d, a) * side(c, d, b) < 0;
}
