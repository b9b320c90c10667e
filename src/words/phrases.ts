/** Between two words that do not touch: punctuation, a stop word, a number. */
export const BREAK = 0xffffffff;
/** The pair (left, right) of term numbers is keyed by left * PAIR + right. */
export const PAIR: number = 2 ** 26;

/** Hash buckets of the first, rough count of phrases: 4 MB whatever the corpus. */
const BUCKETS = 1 << 22;
/** A two-word phrase is dropped if this share of its occurrences lies within one longer phrase. */
const SWALLOWED_SHARE = 0.75;

export interface PhraseOptions {
  /** Fewest occurrences of a phrase that is kept. Default 5. */
  minPhraseCount?: number;
  /** Weakest tie between a phrase's words, as normalised pointwise mutual information, -1 to 1. Default 0.35. */
  minPhraseTie?: number;
}

/** The phrases of a corpus; phrase i has term number words + i. */
export interface Phrases {
  list: { left: number; right: number }[];
  /** Term number of the phrase of two terms. */
  byPair: Map<number, number>;
  /** Two-word phrases that hardly occur outside a longer one, such as "large language". */
  swallowed: number[];
}

/**
 * Finds words that occur side by side far more often than their frequencies suggest: pairs first, then those
 * pairs with one more word at the end. `stream` holds word numbers below `words`, or BREAK.
 */
export function findPhrases(
  stream: Uint32Array,
  words: number,
  options: PhraseOptions = {},
): Phrases {
  const found: Phrases = { list: [], byPair: new Map(), swallowed: [] };
  const swallowed = new Set<number>();
  const counts = new Float64Array(words);
  let total = 0;
  for (const id of stream) {
    if (id === BREAK) continue;
    counts[id]++;
    total++;
  }
  const leftCounts = Array.from(counts);
  for (let length = 2; length <= 3; length++) {
    const pairs = countPairs(stream, length === 2 ? undefined : found.byPair, options);
    for (const [key, count] of [...pairs].sort(([a], [b]) => a - b)) {
      const left = Math.floor(key / PAIR);
      const right = key % PAIR;
      const together = Math.log(count / total);
      const tie =
        (together - Math.log(leftCounts[left] / total) - Math.log(counts[right] / total)) /
        -together;
      if (left === right || !(tie >= (options.minPhraseTie ?? 0.35))) continue;
      found.byPair.set(key, words + found.list.length);
      found.list.push({ left, right });
      leftCounts[words + found.list.length - 1] = count;
      if (length < 3) continue;
      const inside = [left, found.byPair.get(found.list[left - words].right * PAIR + right)];
      for (const part of inside) {
        if (part !== undefined && count >= SWALLOWED_SHARE * leftCounts[part]) swallowed.add(part);
      }
    }
  }
  found.swallowed = [...swallowed];
  return found;
}

function countPairs(
  stream: Uint32Array,
  phrases: Map<number, number> | undefined,
  { minPhraseCount = 5 }: PhraseOptions,
): Map<number, number> {
  const rough = new Uint8Array(BUCKETS);
  const visit = (use: (key: number, bucket: number) => void): void => {
    for (let at = phrases === undefined ? 1 : 2; at < stream.length; at++) {
      const right = stream[at];
      let left = stream[at - 1];
      if (left === BREAK || right === BREAK) continue;
      if (phrases !== undefined) {
        if (stream[at - 2] === BREAK) continue;
        const phrase = phrases.get(stream[at - 2] * PAIR + left);
        if (phrase === undefined) continue;
        left = phrase;
      }
      const hash = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b);
      use(left * PAIR + right, (hash ^ (hash >>> 15)) & (BUCKETS - 1));
    }
  };
  visit((_, bucket) => {
    if (rough[bucket] < 255) rough[bucket]++;
  });
  const counts = new Map<number, number>();
  visit((key, bucket) => {
    if (rough[bucket] >= minPhraseCount) counts.set(key, (counts.get(key) ?? 0) + 1);
  });
  for (const [key, count] of counts) if (count < minPhraseCount) counts.delete(key);
  return counts;
}
