import { BREAK, PAIR, type PhraseOptions, findPhrases } from "./phrases.js";
import { STOP_WORDS } from "./stop-words.js";
import { foldForms } from "./word-forms.js";
import { membersOf } from "../core/postings.js";

/** Which terms (words and fixed phrases) each document holds, ready to be counted for any group of documents. */
export interface WordIndex {
  documents: number;
  /** How each term is written: its most usual form and case. */
  terms: string[];
  /** The words that make up each term: one for a word, two or three for a phrase. */
  parts: string[][];
  /** Documents that hold each term [terms.length]. */
  frequencies: Uint32Array;
  /** Document i holds the terms `members[offsets[i]]` up to `members[offsets[i + 1] - 1]`, each once. */
  offsets: Float64Array;
  members: Uint32Array;
}

export interface WordOptions extends PhraseOptions {
  /** Words left out besides numbers and single letters, in lower case. Default: English function words. */
  stopWords?: ReadonlySet<string>;
  /** Fewest documents of a term that is kept. Default 3. */
  minDocuments?: number;
}

// Links, tags, entities and TeX commands are matched to be dropped; then words with inner hyphens or apostrophes.
const TOKEN =
  /(?:https?:\/\/|www\.)\S+|<\/?[A-Za-z][^<>]{0,200}>|&#?\w{1,10};|\\[A-Za-z]+|[\p{L}\p{N}][\p{L}\p{M}\p{N}]*(?:[-'’‐‑][\p{L}\p{M}\p{N}]+)*/gu;

/**
 * Splits texts into words and finds fixed phrases. Words are sequences of letters and digits with at least one
 * letter, hyphens kept; case and plural forms are folded into one term ("Galaxies", "galaxy"), a phrase is two or
 * three words that occur side by side far more often than their frequencies suggest. Markup, TeX commands
 * and links are dropped. Whatever the texts contain is plain text in `terms`: escape it in HTML.
 */
export function indexWords(texts: readonly string[], options: WordOptions = {}): WordIndex {
  const { stopWords = STOP_WORDS, minDocuments = 3 } = options;
  const { surfaces, counts, inner, stream, starts } = splitTexts(texts, stopWords);
  const { lemmaOf, names } = foldForms(surfaces, counts, inner);
  const startsUpper = Uint8Array.from(surfaces, (form) => (/^\p{Lu}/u.test(form) ? 1 : 0));
  const upper = new Uint8Array(stream.length);
  for (let at = 0; at < stream.length; at++) {
    if (stream[at] === BREAK) continue;
    upper[at] = startsUpper[stream[at]];
    stream[at] = lemmaOf[stream[at]];
  }
  const phrases = findPhrases(stream, names.length, options);
  const parts = names.map((name) => [name]);
  for (const { left, right } of phrases.list) parts.push([...parts[left], ...parts[right]]);
  const { capitals, ...held } = collectTerms(stream, upper, starts, parts.length, phrases.byPair);
  for (const part of phrases.swallowed) held.frequencies[part] = 0;
  const terms = parts.map((words, term) =>
    words.length === 1 ? words[0] : writePhrase(words, capitals, term),
  );
  return keepFrequent({ documents: texts.length, terms, parts, ...held }, minDocuments);
}

interface Stream {
  surfaces: string[];
  counts: number[];
  /** Occurrences right after another word, so that a capital is no sentence's first. */
  inner: number[];
  /** Surface number of every word in order, BREAK between words that do not touch. */
  stream: Uint32Array;
  /** Where each document starts in the stream, and its end [documents + 1]. */
  starts: Float64Array;
}

function splitTexts(texts: readonly string[], stopWords: ReadonlySet<string>): Stream {
  const ids = new Map<string, number>();
  const surfaces: string[] = [];
  const counts: number[] = [];
  const inner: number[] = [];
  let stream = new Uint32Array(1 << 16);
  let size = 0;
  const starts = new Float64Array(texts.length + 1);
  const push = (id: number): void => {
    if (size === stream.length) {
      const grown = new Uint32Array(2 * size);
      grown.set(stream);
      stream = grown;
    }
    stream[size++] = id;
  };
  texts.forEach((text, document) => {
    let end = 0;
    for (const match of text.matchAll(TOKEN)) {
      const token = match[0];
      let id = ids.get(token);
      if (id === undefined) {
        const word = plainWord(token, stopWords);
        id = word === "" ? BREAK : ids.get(word);
        if (id === undefined) {
          id = surfaces.length;
          surfaces.push(word);
          counts.push(0);
          inner.push(0);
          ids.set(word, id);
        }
        ids.set(token, id);
      }
      const start = match.index;
      const follows = touches(text, end, start);
      if (id === BREAK || !follows) push(BREAK);
      if (id !== BREAK) {
        push(id);
        counts[id]++;
        if (follows) inner[id]++;
      }
      end = start + token.length;
    }
    push(BREAK);
    starts[document + 1] = size;
  });
  return { surfaces, counts, inner, stream: stream.slice(0, size), starts };
}

// One space or line break; a blank line parts title and text.
function touches(text: string, end: number, start: number): boolean {
  if (end === 0) return false;
  if (start - end !== 1) return start > end && /^[ \t]*\n?[ \t]*$/.test(text.slice(end, start));
  const gap = text.charCodeAt(end);
  return gap === 32 || gap === 10;
}

// "" for what is no word: markup, numbers, single letters, stop words
function plainWord(token: string, stopWords: ReadonlySet<string>): string {
  if (/^[<&\\]|^https?:|^www\./.test(token) || !/\p{L}/u.test(token)) return "";
  const word = token.normalize("NFC").replace(/[‐‑]/g, "-").replace(/’/g, "'").replace(/'s?$/i, "");
  const lower = word.toLowerCase();
  if ([...word].length < 2 || stopWords.has(lower) || /^\d+(st|nd|rd|th|s|x|d)$/.test(lower)) {
    return "";
  }
  return word;
}

type Held = Pick<WordIndex, "offsets" | "members" | "frequencies">;

/** Counts of a phrase's occurrences: all, and those whose first, second and third word has a capital. */
const CASES = 4;

function collectTerms(
  stream: Uint32Array,
  upper: Uint8Array,
  starts: Float64Array,
  terms: number,
  phrases: Map<number, number>,
): Held & { capitals: Uint32Array } {
  const capitals = new Uint32Array(CASES * terms);
  const documents = starts.length - 1;
  const offsets = new Float64Array(documents + 1);
  const frequencies = new Uint32Array(terms);
  const lastSeen = new Int32Array(terms).fill(-1);
  let members = new Uint32Array(Math.max(16, stream.length));
  let size = 0;
  for (let document = 0; document < documents; document++) {
    const add = (term: number): void => {
      if (lastSeen[term] === document) return;
      lastSeen[term] = document;
      frequencies[term]++;
      if (size === members.length) {
        const grown = new Uint32Array(2 * size);
        grown.set(members);
        members = grown;
      }
      members[size++] = term;
    };
    let before = BREAK;
    let phraseBefore = -1;
    for (let at = starts[document]; at < starts[document + 1]; at++) {
      const word = stream[at];
      let phrase = -1;
      if (word !== BREAK) {
        add(word);
        if (before !== BREAK) phrase = phrases.get(before * PAIR + word) ?? -1;
        const longer = phraseBefore < 0 ? undefined : phrases.get(phraseBefore * PAIR + word);
        for (const [found, length] of [
          [phrase, 2],
          [longer ?? -1, 3],
        ]) {
          if (found < 0) continue;
          add(found);
          capitals[CASES * found]++;
          for (let w = 0; w < length; w++) {
            capitals[CASES * found + 1 + w] += upper[at - length + 1 + w];
          }
        }
      }
      before = word;
      phraseBefore = phrase;
    }
    offsets[document + 1] = size;
  }
  return { offsets, members: members.slice(0, size), frequencies, capitals };
}

// Each word with the capital that it mostly has in this phrase; a lone capital in front may just start sentences.
function writePhrase(words: readonly string[], capitals: Uint32Array, term: number): string {
  const most = (2 / 3) * capitals[CASES * term];
  const high = words.map((_, w) => capitals[CASES * term + 1 + w] > most);
  high[0] &&= high[1] || /^\p{Lu}/u.test(words[0]);
  return words
    .map((word, w) => {
      if (/^.+\p{Lu}/u.test(word)) return word;
      return (high[w] ? word[0].toUpperCase() : word[0].toLowerCase()) + word.slice(1);
    })
    .join(" ");
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
