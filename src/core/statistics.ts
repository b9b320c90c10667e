/** The mean; NaN of no values. */
export function meanOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum / values.length;
}

/** Median of the finite values, the mean of the middle two for an even count; undefined where there is none. */
export function medianOf(values: ArrayLike<number>): number | undefined {
  const sorted = Float64Array.from(values).filter(Number.isFinite).sort();
  if (sorted.length === 0) return undefined;
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Pearson's correlation of two lists of equal length; NaN where one of them does not vary. */
export function correlation(x: ArrayLike<number>, y: ArrayLike<number>): number {
  const [meanX, meanY] = [meanOf(x), meanOf(y)];
  let [xy, xx, yy] = [0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    xy += (x[i] - meanX) * (y[i] - meanY);
    xx += (x[i] - meanX) ** 2;
    yy += (y[i] - meanY) ** 2;
  }
  return xy / Math.sqrt(xx * yy);
}

/**
 * Wilson's interval for a share of `successes` among `total` draws, as [low, high]; `z` normal deviates wide on
 * each side, 1.96 (95 %) by default. With nothing drawn it is [0, 1].
 */
export function wilsonInterval(successes: number, total: number, z = 1.96): [number, number] {
  if (total === 0) return [0, 1];
  const share = successes / total;
  const z2 = z * z;
  const middle = share + z2 / (2 * total);
  const half = z * Math.sqrt((share * (1 - share) + z2 / (4 * total)) / total);
  const scale = 1 + z2 / total;
  return [Math.max(0, (middle - half) / scale), Math.min(1, (middle + half) / scale)];
}

/**
 * An interval for an F1 score [low, high]. F1 = 2J / (1 + J), where J, hits over everything that either side names,
 * is a plain share and gets Wilson's interval; F1 rises with J, so its ends carry over.
 */
export function f1Interval(hits: number, active: number, size: number, z = 1.96): [number, number] {
  const [low, high] = wilsonInterval(hits, active + size - hits, z);
  return [(2 * low) / (1 + low), (2 * high) / (1 + high)];
}

/** Mean and standard deviation (n - 1; 0 for a single value) of repeated runs, NaN for none. */
export interface Spread {
  mean: number;
  sd: number;
}

/** Mean and spread of the values that are not NaN. */
export function spreadOf(values: readonly number[]): Spread {
  const known = values.filter((value) => !Number.isNaN(value));
  if (known.length === 0) return { mean: NaN, sd: NaN };
  const mean = meanOf(known);
  const squares = known.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, sd: known.length > 1 ? Math.sqrt(squares / (known.length - 1)) : 0 };
}
