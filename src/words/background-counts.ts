import { createRandom, sampleIndices } from "../core/random.js";
import type { WordIndex } from "./word-index.js";
import { membersOf } from "../core/postings.js";

/** Size of the sample that represents a larger corpus. */
const SAMPLE = 20_000;

/** Counts how common any of several terms is outside a group of documents. */
export interface BackgroundCounter {
  /** Documents that the share is measured on, those of the group included. */
  documents: number;
  /**
   * Share of the documents outside `group` (row numbers, each once) that hold at least one of `terms`, and their
   * number; on a seeded sample of 20,000 documents where the corpus is larger.
   */
  share(terms: readonly number[], group: Uint32Array): { share: number; outside: number };
}

/** Prepares the counting for one corpus. */
export function createBackground(index: WordIndex): BackgroundCounter {
  const { documents } = index;
  const sample =
    documents <= SAMPLE
      ? Uint32Array.from({ length: documents }, (_, i) => i)
      : sampleIndices(documents, SAMPLE, createRandom(0)).sort();
  const position = new Int32Array(documents).fill(-1);
  sample.forEach((document, at) => (position[document] = at));
  const holders = invertTerms(index, sample);
  const seen = new Uint32Array(sample.length);
  let stamp = 0;
  return {
    documents: sample.length,
    share(terms, group) {
      stamp++;
      let outside = sample.length;
      for (const document of group) {
        const at = position[document];
        if (at < 0) continue;
        seen[at] = stamp;
        outside--;
      }
      let holding = 0;
      for (const term of terms) {
        for (const row of membersOf(holders, term)) {
          if (seen[row] === stamp) continue;
          seen[row] = stamp;
          holding++;
        }
      }
      return { share: outside === 0 ? 0 : holding / outside, outside };
    },
  };
}

// The sampled documents (their places in the sample) that hold each term.
function invertTerms(
  index: WordIndex,
  sample: Uint32Array,
): { offsets: Float64Array; members: Uint32Array } {
  const size = index.terms.length;
  const offsets = new Float64Array(size + 1);
  for (const document of sample) for (const term of membersOf(index, document)) offsets[term + 1]++;
  for (let term = 0; term < size; term++) offsets[term + 1] += offsets[term];
  const members = new Uint32Array(offsets[size]);
  const next = offsets.slice(0, size);
  sample.forEach((document, place) => {
    for (const term of membersOf(index, document)) members[next[term]++] = place;
  });
  return { offsets, members };
}
