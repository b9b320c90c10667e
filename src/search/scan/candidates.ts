import type { Estimates } from "./quantised-rows.js";

/** Rows that may be among the best, with the most that their cosine can be, highest first. */
export interface Candidates {
  rows: Uint32Array;
  upper: Float64Array;
}

/** Collects every accepted row whose cosine may reach the `count`-th highest of those that are certain. */
export interface CandidateList {
  /** Takes in rows from `start` on. `accept` is called only where a row's bound still matters. */
  add(start: number, estimates: Estimates): void;
  finish(): Candidates;
}

export function listCandidates(count: number, accept?: (row: number) => boolean): CandidateList {
  const certain = new LowestOfBest(count);
  const rows: number[] = [];
  const bounds: number[] = [];
  return {
    add(start, { offset, factor, slack, products, scales, errors, highest, chunkRows }) {
      for (let chunk = 0; chunk < highest.length; chunk++) {
        if (!(highest[chunk] >= certain.floor)) continue;
        const end = Math.min(products.length, (chunk + 1) * chunkRows);
        for (let at = chunk * chunkRows; at < end; at++) {
          const error = errors[at] + slack;
          const centre = offset + products[at] * scales[at] * factor;
          // False for a row that is not finite, whose error is NaN.
          if (!(centre + error >= certain.floor)) continue;
          if (accept && !accept(start + at)) continue;
          rows.push(start + at);
          bounds.push(centre + error);
          certain.add(centre - error);
        }
      }
    },
    finish() {
      const order: number[] = [];
      for (let i = 0; i < rows.length; i++) if (bounds[i] >= certain.floor) order.push(i);
      order.sort((a, b) => bounds[b] - bounds[a] || a - b);
      return {
        rows: Uint32Array.from(order, (i) => rows[i]),
        upper: Float64Array.from(order, (i) => bounds[i]),
      };
    },
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
