import type { Postings } from "../core/codes.js";
import type { ClassIndex } from "./class-index.js";
import { f1Interval } from "../core/statistics.js";
import { createPostingsList, membersOf, postingsOf } from "../core/postings.js";

/** How well one latent, taken as a yes-or-no test of documents, agrees with its best class. */
export interface LatentMatch {
  latent: number;
  /** Documents in which it counts as active. */
  active: number;
  /** Place of the best class in `ClassIndex.ids`; -1 where no kept class holds any of its documents. */
  classIndex: number;
  /** Its id. */
  classId?: string;
  /** Documents of that class. */
  classSize: number;
  /** Active documents that belong to it. */
  hits: number;
  /** hits / active. */
  precision: number;
  /** hits / classSize. */
  recall: number;
  f1: number;
  /**
   * 95 % interval of f1 by Wilson's formula on hits over the union of both sets. It takes class and threshold as
   * given beforehand: the null shows how high the best of many classes is by chance.
   */
  interval: [number, number];
  /** Weakest activation that counts. With threshold "active" the weakest there is. */
  threshold: number;
}

/** When a latent counts as on. */
export interface MatchOptions {
  /**
   * "active" (default): a latent is on wherever its postings list it. "best": on from an activation upwards, chosen
   * for each latent so that F1 is highest.
   */
  threshold?: "active" | "best";
  /** Fewest documents in which a latent must be on to match. Default 1. */
  minActive?: number;
  /** Document i is given the classes of document `permutation[i]`: for nulls [documents]. */
  permutation?: ArrayLike<number>;
  signal?: AbortSignal;
}

/**
 * The best-matching class by F1 of every latent. Ties go to the smaller class, then to the one lower in the
 * hierarchy. Throws RangeError where postings and classes are of different numbers of documents.
 */
export function matchLatents(
  postings: Postings,
  index: ClassIndex,
  options: MatchOptions = {},
): LatentMatch[] {
  return matchAll(postings, createCounter(index), options);
}

/** The highest F1 that any latent has with each class [classes]. Errors are those of matchLatents. */
export function highestF1(
  postings: Postings,
  index: ClassIndex,
  options: MatchOptions = {},
): Float64Array {
  const highest = new Float64Array(index.ids.length);
  matchAll(postings, { ...createCounter(index), highest }, options);
  return highest;
}

function matchAll(
  postings: Postings,
  counter: Counter,
  { threshold = "active", minActive = 1, permutation, signal }: MatchOptions,
): LatentMatch[] {
  const { index } = counter;
  if (postings.documents !== index.documents) {
    throw new RangeError(
      `matchLatents: expected classes for ${postings.documents} documents, got ${index.documents}`,
    );
  }
  const matches: LatentMatch[] = [];
  for (let latent = 0; latent < postings.n; latent++) {
    signal?.throwIfAborted();
    const { rows, values } = postingsOf(postings, latent);
    const documents = permutation === undefined ? rows : rows.map((row) => permutation[row]);
    const best =
      threshold === "active"
        ? bestClass(documents, values, counter, minActive)
        : bestThreshold(documents, values, counter, minActive);
    counter.reset();
    matches.push(describe(latent, rows.length, best, index));
  }
  return matches;
}

/**
 * Postings of groups of latents: a document is active in a group if at least `minMembers` (default 1) of its
 * latents are, with the sum of their values. Group i becomes latent i. Each group is a list without repeats.
 */
export function unitePostings(
  postings: Postings,
  groups: readonly ArrayLike<number>[],
  { minMembers = 1 }: { minMembers?: number } = {},
): Postings {
  const counts = new Uint32Array(postings.documents);
  const sums = new Float64Array(postings.documents);
  const united = createPostingsList(postings.documents);
  for (const group of groups) {
    const touched: number[] = [];
    for (let m = 0; m < group.length; m++) {
      const { rows, values } = postingsOf(postings, group[m]);
      rows.forEach((row, at) => {
        if (counts[row]++ === 0) touched.push(row);
        sums[row] += values[at];
      });
    }
    touched.sort((a, b) => a - b);
    for (const row of touched) {
      if (counts[row] >= minMembers) united.put(row, sums[row]);
      counts[row] = 0;
      sums[row] = 0;
    }
    united.endLatent();
  }
  return united.finish();
}

interface Best {
  classIndex: number;
  hits: number;
  active: number;
  f1: number;
  threshold: number;
}

interface Counter {
  index: ClassIndex;
  /** Hits of each class. */
  hits: Uint32Array;
  /** Classes with hits. */
  touched: number[];
  /** The highest F1 of each class so far, where that is wanted. */
  highest?: Float64Array;
  reset(): void;
}

const NOTHING: Best = { classIndex: -1, hits: 0, active: 0, f1: 0, threshold: NaN };

function createCounter(index: ClassIndex): Counter {
  const hits = new Uint32Array(index.ids.length);
  const touched: number[] = [];
  return {
    index,
    hits,
    touched,
    reset() {
      for (const c of touched) hits[c] = 0;
      touched.length = 0;
    },
  };
}

function countDocument({ index, hits, touched }: Counter, row: number): void {
  for (let at = index.offsets[row]; at < index.offsets[row + 1]; at++) {
    const c = index.members[at];
    if (hits[c]++ === 0) touched.push(c);
  }
}

function better(f1: number, c: number, than: Best, sizes: Uint32Array): boolean {
  if (f1 !== than.f1) return f1 > than.f1;
  if (than.classIndex < 0) return true;
  const size = sizes[c];
  const other = sizes[than.classIndex];
  // Ancestors come first in the index, so of two classes with the same documents the later is the lower.
  return size < other || (size === other && c > than.classIndex);
}

function bestClass(
  rows: Uint32Array,
  values: Float32Array,
  counter: Counter,
  minActive: number,
): Best {
  if (rows.length < minActive || rows.length === 0) return NOTHING;
  for (let i = 0; i < rows.length; i++) countDocument(counter, rows[i]);
  const { hits, touched, highest, index } = counter;
  const threshold = values.reduce((least, value) => Math.min(least, value), Infinity);
  let best: Best = { ...NOTHING, active: rows.length, threshold };
  for (const c of touched) {
    const f1 = (2 * hits[c]) / (rows.length + index.sizes[c]);
    if (highest !== undefined && f1 > highest[c]) highest[c] = f1;
    if (better(f1, c, best, index.sizes)) best = { ...best, classIndex: c, hits: hits[c], f1 };
  }
  return best;
}

// Going down the activations, the F1 of a class can only reach a new height at one of its own documents.
function bestThreshold(
  rows: Uint32Array,
  values: Float32Array,
  counter: Counter,
  minActive: number,
): Best {
  const order = Uint32Array.from(rows, (_, i) => i).sort((a, b) => values[b] - values[a] || a - b);
  const { hits, touched, highest, index } = counter;
  let best = NOTHING;
  for (let start = 0; start < order.length;) {
    const threshold = values[order[start]];
    let end = start;
    while (end < order.length && values[order[end]] === threshold) {
      countDocument(counter, rows[order[end++]]);
    }
    const consider = (c: number): void => {
      const f1 = (2 * hits[c]) / (end + index.sizes[c]);
      if (highest !== undefined && f1 > highest[c]) highest[c] = f1;
      if (better(f1, c, best, index.sizes)) {
        best = { classIndex: c, hits: hits[c], active: end, f1, threshold };
      }
    };
    if (end >= minActive && start < minActive) {
      touched.forEach(consider);
    } else if (end >= minActive) {
      for (let i = start; i < end; i++) {
        const row = rows[order[i]];
        membersOf(index, row).forEach(consider);
      }
    }
    start = end;
  }
  return best;
}

function describe(latent: number, listed: number, best: Best, index: ClassIndex): LatentMatch {
  const { classIndex, hits, f1, threshold } = best;
  if (classIndex < 0) {
    const none = { classIndex, classSize: 0, hits: 0, precision: 0, recall: 0, f1: 0 };
    return { latent, active: listed, ...none, interval: [0, 0], threshold };
  }
  const classSize = index.sizes[classIndex];
  return {
    latent,
    active: best.active,
    classIndex,
    classId: index.ids[classIndex],
    classSize,
    hits,
    precision: hits / best.active,
    recall: hits / classSize,
    f1,
    interval: f1Interval(hits, best.active, classSize),
    threshold,
  };
}
