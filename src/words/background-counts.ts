import { createRandom, sampleIndices } from "../core/random.js";
import type { WordIndex } from "./word-index.js";

/** Documents that stand for the corpus where it is larger. */
const SAMPLE = 20_000;

/** Tells how common any of several terms is outside a group of documents. */
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
  const { offsets, rows } = invertTerms(index, sample);
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
        for (let at = offsets[term]; at < offsets[term + 1]; at++) {
          if (seen[rows[at]] === stamp) continue;
          seen[rows[at]] = stamp;
          holding++;
        }
      }
      return { share: outside === 0 ? 0 : holding / outside, outside };
    },
  };
}

// The sampled documents (their places in the sample) that hold each term.
function invertTerms(
  { terms, offsets: starts, members }: WordIndex,
  sample: Uint32Array,
): { offsets: Float64Array; rows: Uint32Array } {
  const offsets = new Float64Array(terms.length + 1);
  for (const document of sample) {
    for (let at = starts[document]; at < starts[document + 1]; at++) offsets[members[at] + 1]++;
  }
  for (let term = 0; term < terms.length; term++) offsets[term + 1] += offsets[term];
  const rows = new Uint32Array(offsets[terms.length]);
  const next = offsets.slice(0, terms.length);
  sample.forEach((document, place) => {
    for (let at = starts[document]; at < starts[document + 1]; at++) {
      rows[next[members[at]]++] = place;
    }
  });
  return { offsets, rows };
}
