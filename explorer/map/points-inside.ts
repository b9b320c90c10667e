import { type Point, isInside } from "./camera.js";
import type { PointGrid } from "./point-grid.js";

/** The points inside a polygon, ascending. */
export function pointsInside(
  grid: PointGrid,
  points: Float32Array,
  polygon: readonly Point[],
): number[] {
  const [xs, ys] = [polygon.map(([x]) => x), polygon.map(([, y]) => y)];
  return grid
    .range(Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys))
    .filter((at) => isInside(polygon, points[2 * at], points[2 * at + 1]))
    .sort((a, b) => a - b);
}
