/** How the vectors of a text's tokens become one, by their names in sentence-transformers. */
export const POOLINGS = ["mean", "cls", "max", "lasttoken"] as const;

export type Pooling = (typeof POOLINGS)[number];

/**
 * A row per text [lengths.length, d] from its tokens' vectors [lengths.length, padded, d], of which the first
 * `lengths[i]` are the text's.
 */
export function poolTokens(
  pooling: Pooling,
  tokens: Float32Array,
  lengths: readonly number[],
  d: number,
): Float32Array {
  const padded = tokens.length / (lengths.length * d);
  const out = new Float32Array(lengths.length * d);
  for (const [i, length] of lengths.entries()) {
    const token = (at: number): Float32Array =>
      tokens.subarray((i * padded + at) * d, (i * padded + at + 1) * d);
    const row = out.subarray(i * d, (i + 1) * d);
    row.set(token(pooling === "lasttoken" ? length - 1 : 0));
    if (pooling === "cls" || pooling === "lasttoken") continue;
    for (let j = 0; j < d; j++) {
      let value = row[j];
      for (let at = 1; at < length; at++) {
        const next = tokens[(i * padded + at) * d + j];
        value = pooling === "max" ? Math.max(value, next) : value + next;
      }
      row[j] = pooling === "max" ? value : value / length;
    }
  }
  return out;
}
