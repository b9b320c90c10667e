import { correlation, createRandom } from "../src/core/index.js";

/** Spearman's rank correlation, with the middle 95 % of a bootstrap over the pairs. */
export interface RankCorrelation {
  value: number;
  interval: [number, number];
  /** Number of pairs of finite numbers. */
  pairs: number;
}

const RESAMPLES = 1000;

/** Rank correlation of two lists, ties at their mean rank; pairs with a non-finite number are omitted. */
export function rankCorrelation(a: readonly number[], b: readonly number[]): RankCorrelation {
  const places = a.flatMap((x, i) => (Number.isFinite(x) && Number.isFinite(b[i]) ? [i] : []));
  const random = createRandom(0);
  const drawn = Array.from({ length: RESAMPLES }, () =>
    spearman(
      a,
      b,
      places.map(() => places[Math.floor(random() * places.length)]),
    ),
  ).sort((x, y) => x - y);
  return {
    value: spearman(a, b, places),
    interval: [drawn[Math.floor(0.025 * RESAMPLES)], drawn[Math.floor(0.975 * RESAMPLES)]],
    pairs: places.length,
  };
}

function spearman(a: readonly number[], b: readonly number[], places: readonly number[]): number {
  return correlation(ranks(places.map((i) => a[i])), ranks(places.map((i) => b[i])));
}

function ranks(values: readonly number[]): number[] {
  const order = values.map((_, i) => i).sort((a, b) => values[a] - values[b]);
  const out = new Array<number>(values.length);
  for (let start = 0, end = 0; start < order.length; start = end) {
    while (end < order.length && values[order[end]] === values[order[start]]) end++;
    for (let at = start; at < end; at++) out[order[at]] = (start + end - 1) / 2;
  }
  return out;
}
