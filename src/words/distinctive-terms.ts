import type { WordIndex } from "./word-index.js";
import { membersOf } from "../core/postings.js";

/** Documents to add to every group, with the corpus's own frequencies: they temper small groups. */
const PRIOR_DOCUMENTS = 2;
/** Standard errors by which a share is lowered, so that a word met by luck in a few documents does not win. */
const CAUTION = 0.5;
/** Power of the share: under 1, rare but specific words gain over frequent and vague ones. */
const DAMPING = 0.7;

/** Times that a label's terms are at least as frequent in the group as elsewhere: "current", "high" and "paper" are not. */
const LEAST_LIFT = 2;

/** Terms in a smaller share of the group's documents than this (and in fewer than 2) are not weighed at all. */
const LEAST_SHARE = 0.02;

/** A term that sets a group of documents apart from the rest. */
export interface DistinctiveTerm {
  /** Place in `WordIndex.terms`. */
  term: number;
  /** How distinctive: (lower bound of share)^0.7 · ln(that bound / background). Comparable within a corpus. */
  weight: number;
  /** Weighted share of the group's documents that hold it. */
  share: number;
  /** Share of the other documents that hold it. */
  background: number;
}

/** Counts the terms of groups of documents; made once, used for one group after the other. */
export interface TermCounter {
  index: WordIndex;
  /** Weighted documents of the group that hold each term. */
  weights: Float64Array;
  counts: Uint32Array;
  /** Terms that occur in the group. */
  touched: number[];
  /** Weight of the group's documents. */
  total: number;
  /** Documents of the group. */
  size: number;
}

/** An empty counter over the index's terms. */
export function createTermCounter(index: WordIndex): TermCounter {
  const size = index.terms.length;
  return {
    index,
    weights: new Float64Array(size),
    counts: new Uint32Array(size),
    touched: [],
    total: 0,
    size: 0,
  };
}

/** Adds a document with its weight to the group. */
export function addDocument(counter: TermCounter, document: number, weight: number): void {
  const { index, weights, counts, touched } = counter;
  for (const term of membersOf(index, document)) {
    if (counts[term]++ === 0) touched.push(term);
    weights[term] += weight;
  }
  counter.total += weight;
  counter.size++;
}

/** Empties the counter. */
export function resetCounter(counter: TermCounter): void {
  for (const term of counter.touched) {
    counter.weights[term] = 0;
    counter.counts[term] = 0;
  }
  counter.touched.length = 0;
  counter.total = 0;
  counter.size = 0;
}

/**
 * The terms that set the counted group apart from all other documents, most distinctive first, at most `limit`.
 * This is class-based TF-IDF with three amendments: documents count by their weight and once a term; the share is
 * a cautious lower bound with a small prior; it is damped. Terms in a single document or under 2 % of the group are
 * left out. `without`, a counter of a part of the group, takes that part out of it.
 */
export function distinctiveTerms(
  group: TermCounter,
  { limit = 40, without }: { limit?: number; without?: TermCounter } = {},
): DistinctiveTerm[] {
  const { index, weights, counts, touched } = group;
  const total = group.total - (without?.total ?? 0);
  const rest = index.documents - group.size;
  const minCount = Math.max(2, LEAST_SHARE * (group.size - (without?.size ?? 0)));
  const best: DistinctiveTerm[] = [];
  for (const term of touched) {
    const count = counts[term] - (without?.counts[term] ?? 0);
    if (count < minCount) continue;
    const held = weights[term] - (without?.weights[term] ?? 0);
    const prior = index.frequencies[term] / index.documents;
    const share = (held + PRIOR_DOCUMENTS * prior) / (total + PRIOR_DOCUMENTS);
    const background = (index.frequencies[term] - counts[term] + 0.5) / (rest + 1);
    if (share <= background) continue;
    const error = Math.sqrt((share * (1 - share)) / (total + PRIOR_DOCUMENTS));
    const low = share - CAUTION * error;
    if (low <= background) continue;
    const weight = Math.pow(low, DAMPING) * Math.log(low / background);
    if (best.length === limit && weight <= best[limit - 1].weight) continue;
    insert(best, { term, weight, share: held / total, background }, limit);
  }
  return best;
}

// Ties go to the term seen first, which is the lower document's: deterministic.
function insert(best: DistinctiveTerm[], found: DistinctiveTerm, limit: number): void {
  let at = best.length;
  while (at > 0 && best[at - 1].weight < found.weight) at--;
  best.splice(at, 0, found);
  if (best.length > limit) best.pop();
}

/**
 * Up to `count` terms, most distinctive first, none of which repeats a part of another: no word next to a phrase
 * that holds it, no two forms of one stem ("electric", "electricity"; "time series", "time-series"). A phrase takes the place of its
 * words, or of shorter phrases in it, where it covers at least 60 % of the share of each. Terms under a fifth of the first one's weight are left out,
 * and those less than twice as frequent in the group as elsewhere, unless all are, when the first one stands alone.
 */
export function pickTerms(
  index: WordIndex,
  ranked: readonly DistinctiveTerm[],
  count: number,
): DistinctiveTerm[] {
  const picked: { found: DistinctiveTerm; pieces: string[] }[] = [];
  const telling = ranked.filter(({ share, background }) => share >= LEAST_LIFT * background);
  for (const found of telling.length > 0 ? telling : ranked.slice(0, 1)) {
    if (picked.length > 0 && found.weight < 0.2 * picked[0].found.weight) break;
    const parts = index.parts[found.term];
    const pieces = parts.flatMap((part) => part.toLowerCase().split("-"));
    const rivals = picked.filter((other) =>
      other.pieces.some((first) => pieces.some((second) => sameStem(first, second))),
    );
    if (rivals.length === 0) {
      if (picked.length < count) picked.push({ found, pieces });
    } else if (
      rivals.every(
        (rival) =>
          index.parts[rival.found.term].every((part) => parts.includes(part)) &&
          found.share >= 0.6 * rival.found.share,
      )
    ) {
      picked[picked.indexOf(rivals[0])] = { found, pieces };
      for (const rival of rivals.slice(1)) picked.splice(picked.indexOf(rival), 1);
    }
  }
  return picked.map(({ found }) => found);
}

function sameStem(a: string, b: string): boolean {
  if (a === b) return true;
  if (a[0] !== b[0]) return false;
  let shared = 1;
  while (shared < a.length && a[shared] === b[shared]) shared++;
  return shared >= 4 && shared >= 0.57 * Math.max(a.length, b.length);
}
