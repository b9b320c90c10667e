/** Which part of the plane is seen: the point at the centre, and pixels per unit. */
export interface Camera {
  x: number;
  y: number;
  scale: number;
}

/** What is seen of a map in a window of any size: the point at the centre, and the zoom relative to the whole map. */
export type Look = readonly [x: number, y: number, zoom: number];

/** Width and height of a map in CSS pixels. */
export interface Size {
  width: number;
  height: number;
}

export type Point = readonly [number, number];

const [LEAST_SCALE, MOST_SCALE] = [1e-4, 1e7];

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
  const scale = Math.min(MOST_SCALE, Math.max(LEAST_SCALE, camera.scale * factor));
  const moved = { ...camera, scale };
  const [qx, qy] = toPlane(moved, size, at[0], at[1]);
  return { x: camera.x + px - qx, y: camera.y + py - qy, scale };
}

/** The camera's look, in places to a tenth of a pixel; undefined where it shows the whole map. */
export function lookOf({ x, y, scale }: Camera, whole: Camera): Look | undefined {
  const unit = 10 ** Math.max(0, Math.ceil(Math.log10(scale)) + 1);
  const rounded = (...place: number[]): number[] =>
    place.map((value) => Math.round(value * unit) / unit);
  const look = [...rounded(x, y), Number((scale / whole.scale).toPrecision(4))];
  const all = [...rounded(whole.x, whole.y), 1];
  return String(look) === String(all) ? undefined : [look[0], look[1], look[2]];
}

/** The camera of a look at a map whose `whole` it is relative to. */
export function cameraOf(look: Look | undefined, whole: Camera): Camera {
  if (look === undefined) return whole;
  const [x, y, zoom] = look;
  return { x, y, scale: Math.min(MOST_SCALE, Math.max(LEAST_SCALE, whole.scale * zoom)) };
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
