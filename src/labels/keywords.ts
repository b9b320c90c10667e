import type { Postings } from "../core/codes.js";
import { wilsonInterval } from "../core/statistics.js";
import type { OnProgress } from "../core/progress.js";
import { type BackgroundCounter, createBackground } from "../words/background-counts.js";
import {
  type DistinctiveTerm,
  type TermCounter,
  addDocument,
  createTermCounter,
  distinctiveTerms,
  pickTerms,
  resetCounter,
} from "../words/distinctive-terms.js";
import { KEYWORD_SCORE, type Label, type Score } from "../records/label.js";
import { type WordIndex, type WordOptions, indexWords } from "../words/word-index.js";
import { membersOf } from "../core/postings.js";

/** Options of labelByKeywords. */
export interface KeywordOptions extends WordOptions {
  /** Most terms per label. Default 3. */
  terms?: number;
  /** Minimum number of documents in which a latent must be active (above 0) to get a label. Default 5. */
  minActive?: number;
  /** Number of documents read per latent, its strongest. Default 1,000. */
  maxActive?: number;
  /** Number of strongest documents per latent on which the score is measured. Default 20. */
  judged?: number;
  onProgress?: OnProgress;
  signal?: AbortSignal;
}

/** Number of parts into which a latent's documents are split for the score. */
const FOLDS = 4;
/** Number of terms kept per label, including those of its text. */
const KEPT_KEYWORDS = 10;

/**
 * Labels every latent without a language model, by the words that distinguish its documents from others, such as "dog,
 * breed, hound". Documents are weighted by activation. Ascending by latent; a latent that is active in too few
 * documents, or whose documents share no distinctive word, has an empty label and a `reason`. No two labels are equal.
 *
 * The score is the share of the latent's strongest documents that contain one of the label's words, minus that share
 * among the documents in which the latent is not active: 0 is worthless, 1 is perfect. Each document is judged by words
 * chosen without its quarter of the documents, so the score is not inflated. `n` is the number of documents judged; the
 * interval (95 %) is Newcombe's for a difference of proportions.
 *
 * `documents` are the texts of the postings' rows, or an index of their words. Throws RangeError if their numbers
 * differ.
 */
export function labelByKeywords(
  documents: readonly string[] | WordIndex,
  postings: Postings,
  options: KeywordOptions = {},
): Label[] {
  const index = "terms" in documents ? documents : indexWords(documents, options);
  if (index.documents !== postings.documents) {
    throw new RangeError(
      `labelByKeywords: expected the texts of ${postings.documents} documents, got ${index.documents}`,
    );
  }
  const bench: Bench = {
    index,
    group: createTermCounter(index),
    fold: createTermCounter(index),
    background: createBackground(index),
  };
  const drafts: Draft[] = [];
  for (let latent = 0; latent < postings.n; latent++) {
    options.signal?.throwIfAborted();
    drafts.push(draftLabel(bench, postings, latent, options));
    if (latent % 64 === 0) {
      options.onProgress?.({ step: "keywords", done: latent, total: postings.n });
    }
  }
  separateEqualLabels(index, drafts);
  options.onProgress?.({ step: "keywords", done: postings.n, total: postings.n });
  return drafts.map(({ label }) => label);
}

/** What the latents of one corpus share during labelling. */
interface Bench {
  index: WordIndex;
  group: TermCounter;
  fold: TermCounter;
  background: BackgroundCounter;
}

interface Draft {
  label: Label;
  picked: DistinctiveTerm[];
  /** Further terms, for labels that would otherwise be equal. */
  spare: DistinctiveTerm[];
}

/** Documents in which a latent is active above 0. */
interface ActiveDocuments {
  /** All of them, ascending. */
  all: Uint32Array;
  /** The strongest, in descending order, with their weights: activation as a share of the maximum. */
  rows: Uint32Array;
  weights: Float64Array;
}

function draftLabel(
  bench: Bench,
  postings: Postings,
  latent: number,
  { terms = 3, minActive = 5, maxActive = 1000, judged = 20 }: KeywordOptions,
): Draft {
  const active = activeDocuments(postings, latent, maxActive);
  const none = (reason: string): Draft => ({
    label: { of: "latent", id: latent, text: "", source: "keywords", reason, scores: [] },
    picked: [],
    spare: [],
  });
  if (active.all.length === 0) return none("active in no document");
  if (active.all.length < minActive) {
    return none(`active in ${active.all.length} documents, too few to label`);
  }
  const { index, group } = bench;
  active.rows.forEach((row, i) => addDocument(group, row, active.weights[i]));
  const ranked = distinctiveTerms(group);
  const picked = pickTerms(index, ranked, terms);
  const scores = picked.length > 0 ? [scoreKeywords(bench, active, terms, judged)] : [];
  resetCounter(group);
  if (picked.length === 0) return none("its documents share no telling word");
  const all = pickTerms(index, ranked, Math.max(KEPT_KEYWORDS, terms));
  const keywords = all.map(({ term }) => index.terms[term]);
  return {
    label: {
      of: "latent",
      id: latent,
      text: writeLabel(index, picked),
      source: "keywords",
      scores,
      keywords,
    },
    picked,
    spare: all.filter(({ term }) => picked.every((other) => other.term !== term)),
  };
}

function writeLabel(index: WordIndex, picked: readonly DistinctiveTerm[]): string {
  return picked.map(({ term }) => index.terms[term]).join(", ");
}

function activeDocuments(postings: Postings, latent: number, most: number): ActiveDocuments {
  const slots: number[] = [];
  for (let at = postings.offsets[latent]; at < postings.offsets[latent + 1]; at++) {
    if (postings.values[at] > 0) slots.push(at);
  }
  const { rows, values } = postings;
  const all = Uint32Array.from(slots, (at) => rows[at]);
  slots.sort((a, b) => values[b] - values[a] || a - b);
  const strongest = slots.slice(0, most);
  return {
    all,
    rows: Uint32Array.from(strongest, (at) => rows[at]),
    weights: Float64Array.from(strongest, (at) => values[at] / values[strongest[0]]),
  };
}

// The group's counter covers all of the latent's documents; each fold is removed from it in turn.
function scoreKeywords(
  { index, group, fold, background }: Bench,
  { all, rows, weights }: ActiveDocuments,
  terms: number,
  judged: number,
): Score {
  const n = Math.min(judged, rows.length);
  let hits = 0;
  let expected = 0;
  let outside = 0;
  for (let f = 0; f < Math.min(FOLDS, n); f++) {
    for (let i = f; i < rows.length; i += FOLDS) addDocument(fold, rows[i], weights[i]);
    const ranked = distinctiveTerms(group, { without: fold });
    resetCounter(fold);
    const picked = pickTerms(index, ranked, terms).map(({ term }) => term);
    const elsewhere = background.share(picked, all);
    outside = elsewhere.outside;
    for (let i = f; i < n; i += FOLDS) {
      expected += elsewhere.share;
      if (membersOf(index, rows[i]).some((term) => picked.includes(term))) hits++;
    }
  }
  const [share, rest] = [hits / n, expected / n];
  const [low, high] = wilsonInterval(hits, n);
  const [restLow, restHigh] = wilsonInterval(rest * outside, outside);
  const value = share - rest;
  return {
    name: KEYWORD_SCORE,
    value,
    n,
    interval: [
      value - Math.hypot(share - low, restHigh - rest),
      value + Math.hypot(high - share, rest - restLow),
    ],
  };
}

// Of latents with the same terms in any order, the most distinctive keeps its label; the others replace their last term by a spare
// one.
function separateEqualLabels(index: WordIndex, drafts: readonly Draft[]): void {
  const taken = new Set<string>();
  const key = (terms: readonly DistinctiveTerm[]): string =>
    terms
      .map(({ term }) => index.terms[term].toLowerCase())
      .sort()
      .join();
  const labelled = drafts.filter(({ picked }) => picked.length > 0);
  labelled.sort((a, b) => b.picked[0].weight - a.picked[0].weight || a.label.id - b.label.id);
  for (const { label, picked, spare } of labelled) {
    const choices = [
      picked,
      ...spare.map((term) => [...picked.slice(0, -1), term]),
      ...spare.map((term) => [...picked, term]),
    ];
    const choice = choices.find((terms) => !taken.has(key(terms)));
    if (choice === undefined) {
      label.text = `${label.text} (${label.id})`;
      continue;
    }
    taken.add(key(choice));
    label.text = writeLabel(index, choice);
  }
}
