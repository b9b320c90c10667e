/** Area under the ROC curve with its interval. */
export interface Auc {
  /** Share of pairs in which the positive is above the negative, ties counting half. */
  value: number;
  /** Newcombe's 95 % interval (method 5), which is no point at 0 and 1 either. */
  interval: [number, number];
}

/** The AUC of two groups of numbers, or undefined where one is empty. Numbers that are NaN are the caller's to leave out. */
export function measureAuc(
  positives: ArrayLike<number>,
  negatives: ArrayLike<number>,
): Auc | undefined {
  const pairs = positives.length * negatives.length;
  if (pairs === 0) return undefined;
  let above = 0;
  for (let i = 0; i < positives.length; i++) {
    for (let j = 0; j < negatives.length; j++) {
      if (positives[i] > negatives[j]) above++;
      else if (positives[i] === negatives[j]) above += 0.5;
    }
  }
  const value = above / pairs;
  return { value, interval: aucInterval(value, positives.length, negatives.length) };
}

/** Newcombe's 95 % interval (method 5) of an AUC of so many positives and negatives. */
export function aucInterval(auc: number, positives: number, negatives: number): [number, number] {
  const sizes = [positives, negatives] as const;
  return [bound(auc, sizes, 0), bound(auc, sizes, 1)];
}

// The value farthest towards `end` whose own standard error still reaches the AUC found.
function bound(auc: number, [m, n]: readonly [number, number], end: 0 | 1): number {
  const half = (m + n) / 2 - 1;
  const spread = (theta: number): number =>
    Math.sqrt(
      (theta *
        (1 - theta) *
        (1 + (half * (1 - theta)) / (2 - theta) + (half * theta) / (1 + theta))) /
        (m * n),
    );
  let inside = auc;
  let outside: number = end;
  for (let step = 0; step < 50; step++) {
    const middle = (inside + outside) / 2;
    if (Math.abs(middle - auc) <= 1.96 * spread(middle)) inside = middle;
    else outside = middle;
  }
  return inside;
}
