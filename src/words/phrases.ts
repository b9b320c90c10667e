/** Between two words that do not touch: punctuation, markup. */
export const BREAK = 0xffffffff;
/** The pair (left, right) of term numbers is keyed by left * PAIR + right. */
const PAIR = 2 ** 26;
/** Most words of a phrase, the stop words inside it not counted. */
export const LONGEST = 6;
/** Most stop words in a row inside a phrase, such as "of the" in "state of the art". */
const MOST_GLUE = 2;

/** Hash buckets of the first, rough count of phrases: 4 MB whatever the corpus. */
const BUCKETS = 1 << 22;
/** A phrase is dropped if this share of its occurrences lies within one longer phrase. */
const SWALLOWED_SHARE = 0.75;

export interface PhraseOptions {
  /** Fewest occurrences of a phrase that is kept. Default 5. */
  minPhraseCount?: number;
  /** Weakest tie between a phrase's words, as normalised pointwise mutual information, -1 to 1. Default 0.35. */
  minPhraseTie?: number;
}

/** The words of a corpus in order. */
export interface WordStream {
  /** Word numbers below `words`, or BREAK. */
  ids: Uint32Array;
  words: number;
  /** 1 for the words that occur only inside phrases: stop words [words]. */
  glue: Uint8Array;
}

/** The phrases of a corpus; phrase i has term number words + i. */
export interface Phrases {
  /** `left` is the word or phrase before the last word, `gap` the stop words between them. */
  list: { left: number; gap: readonly number[]; right: number }[];
  /** Term number by the key of the gap, then by the pair. */
  byPair: Map<number, Map<number, number>>;
  /** Phrases that hardly occur outside a longer one, such as "large language". */
  swallowed: Set<number>;
}

/**
 * Finds words that occur side by side, or with stop words between them, far more often than their frequencies suggest:
 * pairs first, then those with one more word at the end, up to six words.
 */
export function findPhrases(stream: WordStream, options: PhraseOptions = {}): Phrases {
  const { ids, words, glue } = stream;
  const found: Phrases = { list: [], byPair: new Map(), swallowed: new Set() };
  const counts = new Float64Array(words);
  let total = 0;
  /** The word or phrase, one word shorter than those looked for, that ends at each place; -1 where there is none. */
  const ends = new Int32Array(ids.length).fill(-1);
  for (let at = 0; at < ids.length; at++) {
    const id = ids[at];
    if (id === BREAK || glue[id] === 1) continue;
    ends[at] = id;
    counts[id]++;
    total++;
  }
  const leftCounts = Array.from(counts);
  /** The phrase without its first word, or the last word of two; -1 where that is no phrase. */
  const suffixes: number[] = [];
  for (let length = 2; length <= LONGEST; length++) {
    const before = found.list.length;
    for (const { left, gap, right, count } of countLinks(stream, ends, options)) {
      const together = Math.log(count / total);
      const tie =
        (together - Math.log(leftCounts[left] / total) - Math.log(counts[right] / total)) /
        -together;
      if (left === right || !(tie >= (options.minPhraseTie ?? 0.35))) continue;
      const phrase = words + found.list.length;
      const pairs = found.byPair.get(gap) ?? new Map<number, number>();
      found.byPair.set(gap, pairs.set(left * PAIR + right, phrase));
      found.list.push({ left, gap: wordsOfGap(stream, gap), right });
      leftCounts[phrase] = count;
      const rest = length === 2 ? right : suffixes[left - words];
      const suffix = length === 2 ? right : (pairs.get(rest * PAIR + right) ?? -1);
      suffixes.push(suffix);
      if (length === 2) continue;
      for (const part of [left, suffix]) {
        if (part >= words && count >= SWALLOWED_SHARE * leftCounts[part]) found.swallowed.add(part);
      }
    }
    if (found.list.length === before) break;
    // From the end, so that what is read is still one word shorter.
    for (let at = ids.length - 1; at >= 0; at--) ends[at] = lengthen(stream, found, ends, at);
  }
  return found;
}

// The phrase that ends at a place: the one before it and its word, or -1.
function lengthen(
  stream: WordStream,
  { byPair }: Phrases,
  ends: { readonly [at: number]: number },
  at: number,
): number {
  const back = linkedTo(stream, at);
  if (back < 0 || ends[back] < 0) return -1;
  return byPair.get(gapOf(stream, back + 1, at))?.get(ends[back] * PAIR + stream.ids[at]) ?? -1;
}

/** The place of the word that a word may form a phrase with: the one before it, stop words skipped; -1 after a break. */
export function linkedTo({ ids, glue }: WordStream, at: number): number {
  if (ids[at] === BREAK || glue[ids[at]] === 1) return -1;
  for (let back = at - 1; back >= 0 && at - back <= MOST_GLUE + 1; back--) {
    if (ids[back] === BREAK) return -1;
    if (glue[ids[back]] === 0) return back;
  }
  return -1;
}

/** Visits every word and phrase of a part of the stream: its term, the place of its last word, its number of words. */
export function walkTerms(
  stream: WordStream,
  phrases: Phrases,
  [from, to]: readonly [number, number],
  visit: (term: number, at: number, length: number) => void,
): void {
  /** Terms of each length that end at the last few places. */
  const ring = Array.from({ length: MOST_GLUE + 2 }, () => new Int32Array(LONGEST + 1));
  for (let at = from; at < to; at++) {
    const terms = ring[at % ring.length].fill(-1);
    const id = stream.ids[at];
    if (id === BREAK || stream.glue[id] === 1) continue;
    terms[1] = id;
    visit(id, at, 1);
    const back = linkedTo(stream, at);
    if (back < from) continue;
    const before = ring[back % ring.length];
    const pairs = phrases.byPair.get(gapOf(stream, back + 1, at));
    if (pairs === undefined) continue;
    for (let length = 2; length <= LONGEST; length++) {
      const left = before[length - 1];
      terms[length] = left < 0 ? -1 : (pairs.get(left * PAIR + id) ?? -1);
      if (terms[length] >= 0) visit(terms[length], at, length);
    }
  }
}

// The stop words from one place to another as a number in base words + 1; 0 for none.
function gapOf({ ids, words }: WordStream, from: number, to: number): number {
  let gap = 0;
  for (let at = from; at < to; at++) gap = gap * (words + 1) + ids[at] + 1;
  return gap;
}

function wordsOfGap({ words }: WordStream, gap: number): number[] {
  const out: number[] = [];
  for (let rest = gap; rest > 0; rest = Math.floor(rest / (words + 1))) {
    out.unshift((rest % (words + 1)) - 1);
  }
  return out;
}

interface LinkCount {
  left: number;
  gap: number;
  right: number;
  count: number;
}

// What ends before a word, together with that word. Counted roughly first, to save memory.
function countLinks(
  stream: WordStream,
  ends: Int32Array,
  { minPhraseCount = 5 }: PhraseOptions,
): LinkCount[] {
  const { ids } = stream;
  const rough = new Uint8Array(BUCKETS);
  const visit = (use: (gap: number, pair: number, bucket: number) => void): void => {
    for (let at = 1; at < ids.length; at++) {
      const back = linkedTo(stream, at);
      if (back < 0 || ends[back] < 0) continue;
      const gap = gapOf(stream, back + 1, at);
      const hash =
        Math.imul(ends[back], 0x9e3779b1) ^
        Math.imul(ids[at], 0x85ebca6b) ^
        Math.imul(gap, 0xc2b2ae35);
      use(gap, ends[back] * PAIR + ids[at], (hash ^ (hash >>> 15)) & (BUCKETS - 1));
    }
  };
  visit((_gap, _pair, bucket) => {
    if (rough[bucket] < 255) rough[bucket]++;
  });
  const counts = new Map<number, Map<number, number>>();
  visit((gap, pair, bucket) => {
    if (rough[bucket] < minPhraseCount) return;
    let pairs = counts.get(gap);
    if (pairs === undefined) counts.set(gap, (pairs = new Map<number, number>()));
    pairs.set(pair, (pairs.get(pair) ?? 0) + 1);
  });
  return [...counts]
    .sort(([a], [b]) => a - b)
    .flatMap(([gap, pairs]) =>
      [...pairs]
        .filter(([, count]) => count >= minPhraseCount)
        .sort(([a], [b]) => a - b)
        .map(([pair, count]) => ({
          left: Math.floor(pair / PAIR),
          gap,
          right: pair % PAIR,
          count,
        })),
    );
}
