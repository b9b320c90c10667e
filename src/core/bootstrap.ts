import { createRandom } from "./random.js";

/** A mean over queries, or other items. */
export interface MeanInterval {
  /** NaN where nothing was counted. */
  mean: number;
  /** 95 % interval by bootstrap over the items. */
  interval: [number, number];
  /** Items that were counted. */
  n: number;
}

/** Means with intervals of values by item; what is NaN is not counted. */
export type Bootstrap = (values: ArrayLike<number>) => MeanInterval;

/**
 * Percentile bootstrap over `count` items. The items of each of the `resamples` (1,000) are drawn once, so that
 * all means of one bootstrap use the same ones.
 */
export function createBootstrap(
  count: number,
  { seed = 0, resamples = 1000 }: { seed?: number; resamples?: number } = {},
): Bootstrap {
  const random = createRandom(seed);
  const drawn = Uint32Array.from({ length: resamples * count }, () => Math.floor(random() * count));
  return (values) => {
    const all = meanOf(values, count, (i) => i);
    const means = new Float64Array(resamples);
    for (let r = 0; r < resamples; r++) {
      means[r] = meanOf(values, count, (i) => drawn[r * count + i]).mean;
    }
    const known = means.filter((mean) => !Number.isNaN(mean)).sort();
    const at = (share: number): number =>
      known.length === 0 ? NaN : known[Math.round(share * (known.length - 1))];
    return { ...all, interval: [at(0.025), at(0.975)] };
  };
}

function meanOf(
  values: ArrayLike<number>,
  count: number,
  place: (i: number) => number,
): { mean: number; n: number } {
  let sum = 0;
  let n = 0;
  for (let i = 0; i < count; i++) {
    const value = values[place(i)];
    if (Number.isNaN(value)) continue;
    sum += value;
    n++;
  }
  return { mean: n > 0 ? sum / n : NaN, n };
}
