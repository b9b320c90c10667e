/** Which part of the plane is seen: the point at the centre, and pixels per unit. */
export interface Camera {
  x: number;
  y: number;
  scale: number;
}

/** Width and height of a map in CSS pixels. */
export interface Size {
  width: number;
  height: number;
}

export type Point = readonly [number, number];

/** The camera that shows all points with a margin. */
export function fit(
  points: Float32Array,
  { width, height }: Size,
  rows?: readonly number[],
): Camera {
  let [left, right, low, high] = [Infinity, -Infinity, Infinity, -Infinity];
  const count = rows?.length ?? points.length / 2;
  for (let i = 0; i < count; i++) {
    const at = rows === undefined ? i : rows[i];
    const [x, y] = [points[2 * at], points[2 * at + 1]];
    if (Number.isNaN(x + y)) continue;
    [left, right] = [Math.min(left, x), Math.max(right, x)];
    [low, high] = [Math.min(low, y), Math.max(high, y)];
  }
  if (!(right >= left)) return { x: 0, y: 0, scale: 1 };
  const margin = Math.min(40, width / 10, height / 10);
  const wide = (width - 2 * margin) / Math.max(right - left, 1e-6);
  const tall = (height - 2 * margin) / Math.max(high - low, 1e-6);
  return { x: (left + right) / 2, y: (low + high) / 2, scale: Math.min(wide, tall, 1e6) };
}

export function toScreen(
  { x, y, scale }: Camera,
  { width, height }: Size,
  px: number,
  py: number,
): Point {
  return [(px - x) * scale + width / 2, height / 2 - (py - y) * scale];
}

export function toPlane(
  { x, y, scale }: Camera,
  { width, height }: Size,
  sx: number,
  sy: number,
): Point {
  return [(sx - width / 2) / scale + x, (height / 2 - sy) / scale + y];
}

/** The camera after a zoom by `factor` that leaves the place under the pointer where it is. */
export function zoomAt(camera: Camera, size: Size, at: Point, factor: number): Camera {
  const [px, py] = toPlane(camera, size, at[0], at[1]);
  const scale = Math.min(1e7, Math.max(1e-4, camera.scale * factor));
  const moved = { ...camera, scale };
  const [qx, qy] = toPlane(moved, size, at[0], at[1]);
  return { x: camera.x + px - qx, y: camera.y + py - qy, scale };
}

/** Whether a point is inside a polygon, by the parity of edges to its right. */
export function isInside(polygon: readonly Point[], x: number, y: number): boolean {
  let inside = false;
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
    const [[xi, yi], [xj, yj]] = [polygon[i], polygon[j]];
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
  }
  return inside;
}
