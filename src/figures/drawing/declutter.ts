/** A box to be placed near a point, in pixels; y grows downwards. */
export interface LabelBox {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** A place in the plane, in pixels; y grows downwards. */
export interface PixelPoint {
  x: number;
  y: number;
}

/** A white edge that keeps a name legible over points and lines: shadows all around it, sharp ones and a soft one. */
export const HALO: string = [
  ...[-1, 0, 1].flatMap((x) => [-1, 0, 1].map((y) => `${x}px ${y}px 0.5px #fff`)),
  ...["2px 0", "-2px 0", "0 2px", "0 -2px"].map((offset) => `${offset} 1px #fff`),
  "0 0 3px #fff",
].join(", ");

// Places to try, as shares of the box's width and height away from its point.
const ACROSS = [0, -0.25, 0.25, -0.55, 0.55, -0.8, 0.8];
const DOWN = [0, -0.6, 0.6, -1.1, 1.1, -1.7, 1.7];

/**
 * Places boxes one after the other, the first ones first, where they overlap none placed before and lie inside
 * [0, width] x [0, height]: on their point or a little off it, where they cover the fewest of `points`. A box that
 * finds no place gets undefined. `gap` is the least distance between boxes, in pixels. The places are of centres.
 */
export function placeLabels(
  boxes: readonly LabelBox[],
  area: { width: number; height: number },
  points: readonly PixelPoint[] = [],
  gap = 3,
): (PixelPoint | undefined)[] {
  const placed: LabelBox[] = [];
  return boxes.map((box) => {
    if (box.width > area.width || box.height > area.height) return undefined;
    const reach = { ...box, width: 3 * box.width, height: 6 * box.height };
    const near = points.filter((point) => covers(reach, point));
    // In a dense place a few points more or less are no reason to stand off.
    const usual = Math.max(2, 0.5 * countCovered(box, near));
    let best: LabelBox | undefined;
    let least = Infinity;
    for (const candidate of candidatesOf(box, area)) {
      if (placed.some((other) => overlap(candidate, other, gap))) continue;
      const cost = (3 * countCovered(candidate, near)) / usual + 1.5 * distance(box, candidate);
      if (cost < least) {
        least = cost;
        best = candidate;
      }
    }
    if (!best) return undefined;
    placed.push(best);
    return { x: best.x, y: best.y };
  });
}

function candidatesOf(box: LabelBox, area: { width: number; height: number }): LabelBox[] {
  const { width, height } = box;
  return DOWN.flatMap((down) =>
    ACROSS.map((across) => ({
      x: clamp(box.x + across * width, width / 2, area.width - width / 2),
      y: clamp(box.y + down * height, height / 2, area.height - height / 2),
      width,
      height,
    })),
  );
}

/** From a box's own point to where it stands, in heights; to the side it counts by its width in part. */
function distance(box: LabelBox, { x, y }: LabelBox): number {
  const across = Math.abs(x - box.x) / Math.max(box.height, 0.4 * box.width);
  return Math.hypot(across, (y - box.y) / box.height);
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

function countCovered(box: LabelBox, points: readonly PixelPoint[]): number {
  return points.reduce((count, point) => count + (covers(box, point) ? 1 : 0), 0);
}

function covers(box: LabelBox, point: PixelPoint): boolean {
  return Math.abs(point.x - box.x) < box.width / 2 && Math.abs(point.y - box.y) < box.height / 2;
}

/** Whether two boxes are less than `gap` apart. */
export function overlap(a: LabelBox, b: LabelBox, gap: number): boolean {
  return (
    Math.abs(a.x - b.x) < (a.width + b.width) / 2 + gap &&
    Math.abs(a.y - b.y) < (a.height + b.height) / 2 + gap
  );
}
