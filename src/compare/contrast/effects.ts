import { aucInterval } from "../../core/auc.js";
import { wilsonInterval } from "../../core/statistics.js";

/** How far two sets of documents differ, with its 95 % interval. */
export interface Effect {
  value: number;
  interval: [number, number];
}

/** Share of documents in which a unit is active: `active` of `total`. */
export interface Rate {
  active: number;
  total: number;
}

/** The first rate less the second, with Newcombe's interval (method 10): https://doi.org/10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I. */
export function rateDifference(first: Rate, second: Rate): Effect {
  const [p, q] = [first.active / first.total, second.active / second.total];
  const [low, high] = wilsonInterval(first.active, first.total);
  const [otherLow, otherHigh] = wilsonInterval(second.active, second.total);
  return {
    value: p - q,
    interval: [
      p - q - Math.hypot(p - low, otherHigh - q),
      p - q + Math.hypot(high - p, q - otherLow),
    ],
  };
}

/**
 * Cliff's delta of the active documents against the others: how often a value is above another less how often it is below, -1 to
 * 1, with Newcombe's interval. `active` and `all` count documents by ascending value [groups]. NaN where a side is empty.
 */
export function rankDifference(active: ArrayLike<number>, all: ArrayLike<number>): Effect {
  let [above, positives, negatives] = [0, 0, 0];
  for (let g = 0; g < all.length; g++) {
    const others = all[g] - active[g];
    above += active[g] * (negatives + others / 2);
    negatives += others;
    positives += active[g];
  }
  if (positives * negatives === 0) return { value: NaN, interval: [NaN, NaN] };
  const auc = above / (positives * negatives);
  const [low, high] = aucInterval(auc, positives, negatives);
  return { value: 2 * auc - 1, interval: [2 * low - 1, 2 * high - 1] };
}
