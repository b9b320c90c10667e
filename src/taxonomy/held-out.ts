import type { Postings } from "../core/codes.js";
import { createRandom, shuffleInPlace } from "../core/random.js";
import type { ClassIndex } from "./class-index.js";
import { f1Interval } from "../core/statistics.js";
import { createPostingsList, membersOf, postingsOf } from "../core/postings.js";
import { matchLatents } from "./best-class.js";
import type { LatentMatch, MatchOptions } from "./best-class.js";

/**
 * The F1 that remains when class and threshold are chosen on other documents than the ones that count: the documents
 * are halved at random (`seed`, default 0), each half chooses for the other, and the counts of both are summed. Class
 * and threshold reported are those of all documents. Where a half finds no class, the other half's documents of the
 * reported class count as missed.
 */
export function matchHeldOut(
  postings: Postings,
  index: ClassIndex,
  { seed = 0, permutation, ...options }: MatchOptions & { seed?: number } = {},
): LatentMatch[] {
  const whole = matchLatents(postings, index, { ...options, permutation });
  const order = Uint32Array.from({ length: index.documents }, (_, i) => i);
  shuffleInPlace(order, createRandom(seed));
  const middle = index.documents >>> 1;
  const halves = [order.slice(0, middle), order.slice(middle)].map((rows) => {
    rows.sort();
    return takeDocuments(postings, index, rows, permutation);
  });
  const chosen = halves.map((half) => matchLatents(half.postings, half.index, options));
  return whole.map((match, latent) => {
    if (match.classIndex < 0) return match;
    let hits = 0;
    let active = 0;
    let classSize = 0;
    halves.forEach((half, h) => {
      const choice = chosen[1 - h][latent];
      const c = choice.classIndex < 0 ? match.classIndex : choice.classIndex;
      const from = options.threshold === "best" ? choice.threshold : -Infinity;
      const counts =
        choice.classIndex < 0
          ? { hits: 0, active: 0 }
          : countFrom(half.postings, half.index, latent, c, from);
      hits += counts.hits;
      active += counts.active;
      classSize += half.index.sizes[c];
    });
    const f1 = active + classSize === 0 ? 0 : (2 * hits) / (active + classSize);
    return {
      ...match,
      hits,
      active,
      classSize,
      precision: active === 0 ? 0 : hits / active,
      recall: classSize === 0 ? 0 : hits / classSize,
      f1,
      interval: f1Interval(hits, active, classSize),
    };
  });
}

function countFrom(
  postings: Postings,
  index: ClassIndex,
  latent: number,
  classIndex: number,
  threshold: number,
): { hits: number; active: number } {
  let hits = 0;
  let active = 0;
  const { rows, values } = postingsOf(postings, latent);
  rows.forEach((row, at) => {
    if (values[at] < threshold) return;
    active++;
    if (membersOf(index, row).includes(classIndex)) hits++;
  });
  return { hits, active };
}

function takeDocuments(
  postings: Postings,
  index: ClassIndex,
  documents: Uint32Array,
  permutation?: ArrayLike<number>,
): { postings: Postings; index: ClassIndex } {
  const place = new Int32Array(index.documents).fill(-1);
  documents.forEach((row, i) => (place[row] = i));
  const offsets = new Uint32Array(documents.length + 1);
  const members: number[] = [];
  const sizes = new Uint32Array(index.ids.length);
  documents.forEach((row, i) => {
    const source = permutation === undefined ? row : permutation[row];
    for (const member of membersOf(index, source)) {
      members.push(member);
      sizes[member]++;
    }
    offsets[i + 1] = members.length;
  });
  return {
    postings: takePostings(postings, place, documents.length),
    index: {
      ...index,
      documents: documents.length,
      sizes,
      offsets,
      members: Uint32Array.from(members),
    },
  };
}

function takePostings(postings: Postings, place: Int32Array, documents: number): Postings {
  const taken = createPostingsList(documents);
  for (let latent = 0; latent < postings.n; latent++) {
    const { rows, values } = postingsOf(postings, latent);
    rows.forEach((document, at) => {
      const row = place[document];
      if (row >= 0) taken.put(row, values[at]);
    });
    taken.endLatent();
  }
  return taken.finish();
}
