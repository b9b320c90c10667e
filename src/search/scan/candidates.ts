import type { Estimates } from "./quantised-rows.js";

/** Rows that may be among the best, with the most that their cosine can be, highest first. */
export interface Candidates {
  rows: Uint32Array;
  upper: Float64Array;
}

/**
 * Every accepted row whose cosine may reach the `count`-th highest of those that are certain. `accept` is called only
 * where a row's bound still matters.
 */
export function selectCandidates(
  { offset, factor, slack, products, scales, errors }: Estimates,
  count: number,
  accept?: (row: number) => boolean,
): Candidates {
  const certain = new LowestOfBest(count);
  const rows: number[] = [];
  const bounds: number[] = [];
  for (let row = 0; row < products.length; row++) {
    const error = errors[row] + slack;
    const centre = offset + products[row] * scales[row] * factor;
    // False for a row that is not finite, whose error is NaN.
    if (!(centre + error >= certain.floor)) continue;
    if (accept && !accept(row)) continue;
    rows.push(row);
    bounds.push(centre + error);
    certain.add(centre - error);
  }
  const order: number[] = [];
  for (let i = 0; i < rows.length; i++) if (bounds[i] >= certain.floor) order.push(i);
  order.sort((a, b) => bounds[b] - bounds[a] || a - b);
  return {
    rows: Uint32Array.from(order, (i) => rows[i]),
    upper: Float64Array.from(order, (i) => bounds[i]),
  };
}

/** The lowest of the `count` highest numbers that were added: the top of a heap. */
class LowestOfBest {
  /** -Infinity until `count` numbers were added. */
  floor = -Infinity;
  private readonly heap: number[] = [];

  constructor(private readonly count: number) {}

  add(value: number): void {
    const { heap, count } = this;
    if (heap.length < count) {
      let at = heap.push(value) - 1;
      for (let up; at > 0 && heap[(up = (at - 1) >> 1)] > value; at = up) heap[at] = heap[up];
      heap[at] = value;
    } else if (value > heap[0]) this.replaceLowest(value);
    if (heap.length === count) this.floor = heap[0];
  }

  private replaceLowest(value: number): void {
    const { heap } = this;
    let at = 0;
    for (let down = 1; down < heap.length; down = 2 * at + 1) {
      if (down + 1 < heap.length && heap[down + 1] < heap[down]) down++;
      if (heap[down] >= value) break;
      heap[at] = heap[down];
      at = down;
    }
    heap[at] = value;
  }
}
