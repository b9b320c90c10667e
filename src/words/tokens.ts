import { grown } from "../core/collections.js";
import { BREAK } from "./phrases.js";

// Links, tags, entities and TeX commands are matched to be dropped; then decimals, and words with inner hyphens or
// apostrophes.
const TOKEN =
  /(?:https?:\/\/|www\.)\S+|<\/?[A-Za-z][^<>]{0,200}>|&#?\w{1,10};|\\[A-Za-z]+|\d+(?:[.,]\d+)+[\p{L}\p{M}]*|[\p{L}\p{N}][\p{L}\p{M}\p{N}]*(?:[-'’‐‑][\p{L}\p{M}\p{N}]+)*/gu;

/** Writing without spaces between words; by extension, so that it holds the mark of a long vowel. */
export const UNSPACED: RegExp =
  /[\p{Script=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
/** Japanese particles, auxiliaries and endings; what names something is written with other characters, too. */
const HIRAGANA = /^[\p{Script=Hiragana}ー]+$/u;
const segmenter = new Intl.Segmenter("en", { granularity: "word" });

export const UPPER: RegExp = /^\p{Lu}/u;

/** Marks the surface of a stop word, so that it is no form of a name in capitals: "way", but the Milky Way. */
export const STOP = "\0";

/** The words of texts in order. */
export interface SplitTexts {
  surfaces: string[];
  counts: number[];
  /** Occurrences right after another word, so that a capital is no sentence's first. */
  inner: number[];
  /** Surface number of every word in order, BREAK between words that do not touch. */
  stream: Uint32Array;
  /** Where each document starts in the stream, and its end [documents + 1]. */
  starts: Float64Array;
}

/** Splits texts into words; stop words are marked, markup and links are left out. */
export function splitTexts(texts: readonly string[], stopWords: ReadonlySet<string>): SplitTexts {
  const ids = new Map<string, number>();
  const surfaces: string[] = [];
  const counts: number[] = [];
  const inner: number[] = [];
  let stream = new Uint32Array(1 << 16);
  let size = 0;
  const starts = new Float64Array(texts.length + 1);
  const push = (id: number): void => {
    if (size === stream.length) stream = grown(stream, 2 * size);
    stream[size++] = id;
  };
  const numberOf = (word: string): number => {
    if (word === "") return BREAK;
    let id = ids.get(word);
    if (id === undefined) {
      id = surfaces.length;
      surfaces.push(word);
      counts.push(0);
      inner.push(0);
      ids.set(word, id);
    }
    return id;
  };
  const known = new Map<string, number>();
  texts.forEach((text, document) => {
    let end = 0;
    let before = "";
    for (const { token, start } of tokensOf(text)) {
      let id = known.get(token);
      if (id === undefined) {
        id = numberOf(plainWord(token, stopWords));
        known.set(token, id);
      }
      const follows = touches(text, end, start);
      // A stop word with a capital after a word with a capital is part of a name.
      if (follows && surfaces[id]?.startsWith(STOP) && UPPER.test(token) && UPPER.test(before)) {
        id = numberOf(plainWord(token));
      }
      if (id === BREAK || !follows) push(BREAK);
      if (id !== BREAK) {
        push(id);
        counts[id]++;
        if (follows) inner[id]++;
      }
      end = start + token.length;
      before = token;
    }
    push(BREAK);
    starts[document + 1] = size;
  });
  return { surfaces, counts, inner, stream: stream.slice(0, size), starts };
}

function* tokensOf(text: string): Generator<{ token: string; start: number }> {
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    if (!UNSPACED.test(token)) {
      yield { token, start: index };
      continue;
    }
    for (const { segment, index: at, isWordLike } of segmenter.segment(token)) {
      if (isWordLike === true) yield { token: segment, start: index + at };
    }
  }
}

/** The words of a text. */
export function* wordsOf(text: string): Generator<string> {
  for (const { token } of tokensOf(text)) yield token;
}

// Nothing, one space or line break; a blank line parts title and text.
function touches(text: string, end: number, start: number): boolean {
  if (end === 0) return false;
  if (start - end !== 1) return /^[ \t]*\n?[ \t]*$/.test(text.slice(end, start));
  const gap = text.charCodeAt(end);
  return gap === 32 || gap === 10;
}

// "" for markup and links
function plainWord(token: string, stopWords?: ReadonlySet<string>): string {
  if (/^[<&\\]|^https?:|^www\./.test(token)) return "";
  const word = token.normalize("NFC").replace(/[‐‑]/g, "-").replace(/’/g, "'").replace(/'s?$/i, "");
  const lower = word.toLowerCase();
  const isStop = stopWords !== undefined && (stopWords.has(lower) || HIRAGANA.test(lower));
  return isStop ? STOP + lower : word;
}
