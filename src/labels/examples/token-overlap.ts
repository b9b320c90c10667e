import type { Postings } from "../../core/codes.js";
import { strongestSlots } from "./active-examples.js";
import type { Label } from "../../records/label.js";
import type { WordIndex } from "../../words/word-index.js";
import { addToList } from "../../core/collections.js";
import { membersOf } from "../../core/postings.js";

/** How much of a label appears verbatim in its documents. */
export interface TokenOverlap {
  latent: number;
  /** Mean share of the label's words that a strongest document contains, 0 to 1. */
  overlap: number;
}

/**
 * For each label, the mean share of its words that its latent's strongest `documents` (default 10) contain: 1 if the
 * label only repeats its documents, near 0 if it describes them in other words. Words are those of `index`
 * (`indexWords` folds case and plurals and splits phrases); labels without any of them are omitted.
 */
export function tokenOverlap(
  labels: readonly Pick<Label, "id" | "text">[],
  postings: Postings,
  index: WordIndex,
  { documents = 10 }: { documents?: number } = {},
): TokenOverlap[] {
  const terms = termsByWord(index);
  return labels.flatMap(({ id: latent, text }) => {
    const words = new Set(wordsOf(text).filter((word) => terms.has(word)));
    const strongest = strongestSlots(postings, latent).subarray(0, documents);
    if (words.size === 0 || strongest.length === 0) return [];
    let sum = 0;
    for (const slot of strongest) {
      const held = new Set(membersOf(index, postings.rows[slot]));
      for (const word of words) if (terms.get(word)?.some((term) => held.has(term))) sum++;
    }
    return { latent, overlap: sum / (words.size * strongest.length) };
  });
}

/** The terms (words and phrases) that contain each word. */
function termsByWord(index: WordIndex): Map<string, number[]> {
  const terms = new Map<string, number[]>();
  for (const [term, parts] of index.parts.entries()) {
    for (const word of new Set(parts.flatMap(wordsOf))) addToList(terms, word, term);
  }
  return terms;
}

/** In lower case, with plurals stripped by the same crude rule in labels and terms, so that both match. */
function wordsOf(text: string): string[] {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+(?:[-'’][\p{L}\p{N}]+)*/gu) ?? [];
  return words.map((word) => word.replace(/(?<=\p{L}{3})s$/u, ""));
}
