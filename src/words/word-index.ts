import { grown } from "../core/collections.js";
import type { PhraseOptions, Phrases, WordStream } from "./phrases.js";
import { BREAK, findPhrases, walkTerms } from "./phrases.js";
import { Spelling } from "./spelling.js";
import { detectStopWords } from "./stop-words.js";
import { STOP, splitTexts, wordsOf } from "./tokens.js";
import { foldForms } from "./word-forms.js";
import { membersOf } from "../core/postings.js";

/** Which terms (words and fixed phrases) each document holds, ready to be counted for any group of documents. */
export interface WordIndex {
  documents: number;
  /** How each term is written: its most usual form and case. */
  terms: string[];
  /** The words that make up each term: one for a word, two to six for a phrase, stop words inside it left out. */
  parts: string[][];
  /** Documents that hold each term [terms.length]. */
  frequencies: Uint32Array;
  /** Document i holds the terms `members[offsets[i]]` up to `members[offsets[i + 1] - 1]`, each once. */
  offsets: Float64Array;
  members: Uint32Array;
}

export interface WordOptions extends PhraseOptions {
  /**
   * Words that are no terms and neither begin nor end a phrase, in lower case. Default: those of the language that the
   * texts are written in, detected from a sample of them. Words of hiragana alone count as such, too.
   */
  stopWords?: ReadonlySet<string>;
  /** Fewest documents of a term that is kept. Default 3. */
  minDocuments?: number;
}

/**
 * Splits texts into words and finds fixed phrases. Words are sequences of letters and digits, hyphens kept, and in
 * writing without spaces what Unicode's segmentation gives; case and plural forms are folded into one term ("Galaxies",
 * "galaxy"). A phrase is two to six words that occur side by side far more often than their frequencies suggest; stop
 * words may stand between them ("state of the art"). Numbers and single letters are terms only as parts of phrases ("21
 * cm line"). Markup, TeX commands and links are dropped. Whatever the texts contain is plain text in `terms`: escape it
 * in HTML.
 */
export function indexWords(texts: readonly string[], options: WordOptions = {}): WordIndex {
  const { stopWords = detectStopWords(texts, wordsOf), minDocuments = 3 } = options;
  const { surfaces, counts, inner, stream: ids, starts } = splitTexts(texts, stopWords);
  const { lemmaOf, names } = foldForms(surfaces, counts, inner);
  const forms = ids.slice();
  for (let at = 0; at < ids.length; at++) {
    if (ids[at] !== BREAK) ids[at] = lemmaOf[ids[at]];
  }
  const glue = Uint8Array.from(names, (name) => (name.startsWith(STOP) ? 1 : 0));
  const stream: WordStream = { ids, words: names.length, glue };
  const phrases = findPhrases(stream, options);
  const parts = names.map((name) => [name]);
  for (const { left, right } of phrases.list) parts.push([...parts[left], ...parts[right]]);
  const folded = { lemmaOf, names };
  const spelling = new Spelling(stream, forms, surfaces, folded, parts.length);
  const held = collectTerms(stream, starts, phrases, spelling);
  parts.forEach((words, term) => {
    if (phrases.swallowed.has(term) || !words.some(standsAlone)) held.frequencies[term] = 0;
  });
  const gaps = phraseGaps(phrases, names);
  const terms = parts.map((words, term) =>
    words.length === 1 ? words[0] : spelling.write(term, words, gaps[term - names.length]),
  );
  return keepFrequent({ documents: texts.length, terms, parts, ...held }, minDocuments);
}

// Single letters, numbers and stop words mean something inside a phrase alone; a single ideograph is a word.
function standsAlone(word: string): boolean {
  return (
    !word.startsWith(STOP) &&
    /\p{L}/u.test(word) &&
    (word.length > 1 || /\p{Script=Han}/u.test(word)) &&
    !/^\d+(st|nd|rd|th|s|x|d)$/i.test(word)
  );
}

// The stop words before each word of a phrase but the first
function phraseGaps({ list }: Phrases, names: readonly string[]): string[][][] {
  const gaps: string[][][] = [];
  for (const { left, gap } of list) {
    const between = gap.map((word) => names[word].slice(STOP.length));
    gaps.push([...(gaps[left - names.length] ?? []), between]);
  }
  return gaps;
}

type Held = Pick<WordIndex, "offsets" | "members" | "frequencies">;

function collectTerms(
  stream: WordStream,
  starts: Float64Array,
  phrases: Phrases,
  spelling: Spelling,
): Held {
  const terms = stream.words + phrases.list.length;
  const documents = starts.length - 1;
  const offsets = new Float64Array(documents + 1);
  const frequencies = new Uint32Array(terms);
  const lastSeen = new Int32Array(terms).fill(-1);
  let members = new Uint32Array(Math.max(16, stream.ids.length));
  let size = 0;
  for (let document = 0; document < documents; document++) {
    const add = (term: number): void => {
      if (lastSeen[term] === document) return;
      lastSeen[term] = document;
      frequencies[term]++;
      if (size === members.length) members = grown(members, 2 * size);
      members[size++] = term;
    };
    walkTerms(stream, phrases, [starts[document], starts[document + 1]], (term, at, length) => {
      add(term);
      if (length > 1) spelling.add(term, at, length);
    });
    offsets[document + 1] = size;
  }
  return { offsets, members: members.slice(0, size), frequencies };
}

// Terms in too few documents are dropped and the rest renumbered.
function keepFrequent(index: WordIndex, minDocuments: number): WordIndex {
  const position = new Int32Array(index.terms.length).fill(-1);
  const kept: number[] = [];
  for (let term = 0; term < index.terms.length; term++) {
    if (index.frequencies[term] < minDocuments) continue;
    position[term] = kept.length;
    kept.push(term);
  }
  const offsets = new Float64Array(index.documents + 1);
  let size = 0;
  for (let document = 0; document < index.documents; document++) {
    for (const old of membersOf(index, document)) {
      const term = position[old];
      if (term >= 0) index.members[size++] = term;
    }
    offsets[document + 1] = size;
  }
  return {
    documents: index.documents,
    terms: kept.map((term) => index.terms[term]),
    parts: kept.map((term) => index.parts[term]),
    frequencies: Uint32Array.from(kept, (term) => index.frequencies[term]),
    offsets,
    members: index.members.slice(0, size),
  };
}
