/** A rectangle of a treemap, in shares of its width and height. */
export interface Tile {
  at: number;
  x: number;
  y: number;
  width: number;
  height: number;
}

/**
 * Rectangles with areas as the sizes, which descend, as near to squares as rows allow: Bruls, Huizing and van Wijk's
 * squarified treemap, https://doi.org/10.1007/978-3-7091-6783-0_4.
 */
export function squarify(sizes: readonly number[], width: number, height: number): Tile[] {
  const tiles: Tile[] = [];
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (!(total > 0 && width > 0 && height > 0)) return tiles;
  const areas = sizes.map((size) => (size / total) * width * height);
  let [x, y, w, h] = [0, 0, width, height];
  let at = 0;
  while (at < areas.length) {
    const side = Math.min(w, h);
    let [end, sum] = [at + 1, areas[at]];
    while (end < areas.length) {
      const next = sum + areas[end];
      if (worst(areas[at], areas[end], next, side) > worst(areas[at], areas[end - 1], sum, side))
        break;
      sum = next;
      end++;
    }
    const thick = sum / side;
    let along = 0;
    for (; at < end; at++) {
      const long = areas[at] / thick;
      tiles.push(
        w >= h
          ? { at, x, y: y + along, width: thick, height: long }
          : { at, x: x + along, y, width: long, height: thick },
      );
      along += long;
    }
    if (w >= h) [x, w] = [x + thick, w - thick];
    else [y, h] = [y + thick, h - thick];
  }
  return tiles;
}

/** The longest side over the shortest among the first and last of a row. */
function worst(first: number, last: number, sum: number, side: number): number {
  const [s, w] = [sum * sum, side * side];
  return Math.max((w * first) / s, s / (w * last));
}
