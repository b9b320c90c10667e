import { LONGEST, type WordStream, linkedTo } from "./phrases.js";
import { UNSPACED, UPPER } from "./tokens.js";

/** Counts of a phrase's occurrences: all, those whose first, second, … word has a capital, those ending in a plural. */
const CASES = LONGEST + 2;
const PLURAL = LONGEST + 1;

/** How the phrases of a corpus are mostly written. */
export class Spelling {
  private readonly counts: Uint32Array;
  /** The last plural form met at the end of each phrase. */
  private readonly plurals: Uint32Array;
  private readonly upper: Uint8Array;
  private readonly isPlural: Uint8Array;

  /**
   * `forms` is the number of the form at each place of the stream, `surfaces` how the forms are written, `names` how
   * their words are.
   */
  constructor(
    private readonly stream: WordStream,
    private readonly forms: Uint32Array,
    private readonly surfaces: readonly string[],
    { lemmaOf, names }: { lemmaOf: Uint32Array; names: readonly string[] },
    terms: number,
  ) {
    this.counts = new Uint32Array(CASES * terms);
    this.plurals = new Uint32Array(terms);
    this.upper = Uint8Array.from(surfaces, (form) => (UPPER.test(form) ? 1 : 0));
    this.isPlural = Uint8Array.from(surfaces, (form, i) =>
      form.toLowerCase() === `${names[lemmaOf[i]].toLowerCase()}s` ? 1 : 0,
    );
  }

  /** Counts a phrase whose last word stands at `at`. */
  add(term: number, at: number, length: number): void {
    const { counts, forms } = this;
    counts[CASES * term]++;
    for (let word = length, place = at; word > 0; word--, place = linkedTo(this.stream, place)) {
      counts[CASES * term + word] += this.upper[forms[place]];
    }
    if (this.isPlural[forms[at]] === 0) return;
    counts[CASES * term + PLURAL]++;
    this.plurals[term] = forms[at];
  }

  /**
   * The phrase with each word in the case that it mostly has in it, and its last word as a plural where it nearly always
   * is one; a lone capital in front may just start sentences. `gaps` are the stop words before each word but the first.
   */
  write(term: number, words: readonly string[], gaps: readonly (readonly string[])[]): string {
    const count = (which: number): number => this.counts[CASES * term + which];
    const high = words.map((_, w) => count(1 + w) > (2 / 3) * count(0));
    high[0] &&= high[1] || UPPER.test(words[0]);
    const plural = count(PLURAL) > 0.8 * count(0);
    const forms = plural ? [...words.slice(0, -1), this.surfaces[this.plurals[term]]] : words;
    return forms
      .map((word, w) => {
        if (/^.+\p{Lu}/u.test(word)) return word;
        return (high[w] ? word[0].toUpperCase() : word[0].toLowerCase()) + word.slice(1);
      })
      .reduce((text, word, w) => [...gaps[w - 1], word].reduce(joinWords, text));
  }
}

function joinWords(before: string, word: string): string {
  const space = UNSPACED.test(before.slice(-1)) && UNSPACED.test(word[0]) ? "" : " ";
  return before + space + word;
}
