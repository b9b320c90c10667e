/** Points by the cell of a grid that they lie in, for what the pointer is on and what a lasso holds. */
export interface PointGrid {
  /** Points at most `radius` away. */
  within: (x: number, y: number, radius: number) => number[];
  /** Points in a rectangle. */
  range: (left: number, low: number, right: number, high: number) => number[];
}

const POINTS_PER_CELL = 4;
const MOST_CELLS = 1024;

/** Makes the grid in one pass over the points [count, 2], without those that have no place. */
export function gridOf(points: Float32Array): PointGrid {
  const count = points.length / 2;
  let [left, right, low, high] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let at = 0; at < count; at++) {
    const [x, y] = [points[2 * at], points[2 * at + 1]];
    if (x < left) left = x;
    if (x > right) right = x;
    if (y < low) low = y;
    if (y > high) high = y;
  }
  const side = Math.max(1, Math.min(MOST_CELLS, Math.ceil(Math.sqrt(count / POINTS_PER_CELL))));
  const place = (value: number, from: number, to: number): number =>
    Math.max(0, Math.min(side - 1, Math.floor((side * (value - from)) / (to - from)) || 0));
  const column = (x: number): number => place(x, left, right);
  const row = (y: number): number => place(y, low, high);
  const cells = new Int32Array(count).fill(-1);
  const starts = new Uint32Array(side * side + 1);
  for (let at = 0; at < count; at++) {
    const [x, y] = [points[2 * at], points[2 * at + 1]];
    if (Number.isNaN(x + y)) continue;
    cells[at] = row(y) * side + column(x);
    starts[cells[at] + 1]++;
  }
  for (let cell = 0; cell < side * side; cell++) starts[cell + 1] += starts[cell];
  const next = starts.slice();
  const order = new Uint32Array(starts[side * side]);
  for (let at = 0; at < count; at++) if (cells[at] >= 0) order[next[cells[at]]++] = at;

  const range: PointGrid["range"] = (x0, y0, x1, y1) => {
    const found: number[] = [];
    for (let r = row(y0); r <= row(y1); r++) {
      const end = starts[r * side + column(x1) + 1];
      for (let i = starts[r * side + column(x0)]; i < end; i++) {
        const [x, y] = [points[2 * order[i]], points[2 * order[i] + 1]];
        if (x >= x0 && x <= x1 && y >= y0 && y <= y1) found.push(order[i]);
      }
    }
    return found;
  };
  return {
    range,
    within: (x, y, radius) =>
      range(x - radius, y - radius, x + radius, y + radius).filter(
        (at) => Math.hypot(points[2 * at] - x, points[2 * at + 1] - y) <= radius,
      ),
  };
}
