import { compact } from "../../core/collections.js";
import type { Embedder } from "../../corpus/embedder.js";
import { requireChoice, requireCount } from "../../core/arguments.js";
import { ArgumentError } from "../../core/errors.js";
import { matrixRow } from "../../core/matrix.js";
import type { Presentable } from "../../core/presentation.js";
import type { SteeringEdit } from "../../search/edits.js";
import { EXPLANATION_BASES, type Explanation, type ExplanationBase } from "../../search/explain.js";
import { type DocumentFilter, readFilter } from "../../search/filter.js";
import type { NamedEdit, Names, Term } from "../../search/names/names.js";
import { findLatents, nameEdit, readItem } from "../../search/names/names.js";
import { STEERING_METHODS, type SteeringMethod } from "../../search/steering-methods.js";
import type { DocumentSearch } from "./document-search.js";
import type { AtlasStore } from "../store.js";
import { labelTexts, titleOf, viewDocument } from "../views.js";
import { showsItself } from "../../core/self-showing.js";

/** Results whose scores a notebook shows as sums, and the latents of each sum. */
const EXPLAINED = 3;
const CONTRIBUTIONS = 5;

/** What is searched for: a text, or an embedding of the corpus's width [d]. */
export type Query = string | ArrayLike<number>;

/** One or several terms: latents by number or words, families as "family:NAME"; with a strength as in "bird:2". */
export type Terms = Term | readonly Term[];

/** How a query is steered; edits are applied in the order of these options. */
export interface SteeringOptions {
  /** More of these, by a strength of typical active values; "bird:2" is twice that of the label "bird". Default 1. */
  more?: Terms;
  /** Less of these. */
  less?: Terms;
  /** These at exactly that strength. */
  set?: Terms;
  /** These at 0. */
  remove?: Terms;
  /** Edits by latent numbers, applied before the others, such as those of a `startSteering` session. */
  edits?: readonly SteeringEdit[];
  /** How edits reach the query; see STEERING_METHODS. Default "residual". */
  method?: SteeringMethod;
}

/** How an atlas's documents are searched. */
export interface SearchOptions extends SteeringOptions, DocumentFilter {
  /** Most results. Default 10. */
  limit?: number;
  /** Explains the score of each result as a sum over latents, relative to the mean document or "zero". Default false. */
  explain?: boolean | ExplanationBase;
  /** Whether a row may be found, beside the conditions of the filter. Default all. */
  accept?: (row: number) => boolean;
  /** The embedder of the corpus, for a query that is a text. Default the atlas's own. */
  embedder?: Embedder;
}

/** How a score is explained. */
export interface ExplainOptions {
  /** What the sum is relative to: the corpus's mean document, or nothing ("zero"). Default "mean". */
  from?: ExplanationBase;
}

/** An explanation with the labels of its latents, empty where there is none. */
export interface LabelledExplanation extends Explanation {
  labels: string[];
}

/** One result. */
export interface SearchHit {
  /** From 1. */
  rank: number;
  /** Row of the document in the corpus. */
  row: number;
  id: string;
  /** The start of its text where the document has no title. */
  title: string;
  /** Cosine to the steered query. */
  score: number;
  /** Rank without the edits; undefined below the first 1,000. */
  before?: number;
  explanation?: LabelledExplanation;
}

/** What a search found. */
export interface SearchResults extends Presentable {
  /** The query where it was a text. */
  text?: string;
  /** What results are scored with: the query's embedding, steered where there are edits [d]. */
  query: Float32Array;
  edits: readonly NamedEdit[];
  hits: SearchHit[];
  /** Cosine of the steered query to the original one; this and all below only with edits. */
  cosine?: number;
  /** How far other latents of the query moved, over their values before. */
  others?: number;
  /** Documents that the edits drove out of the results, with their rank before. */
  left?: { row: number; title: string; before: number }[];
  moved?: { latent: number; label: string; before: number; wanted: number; after: number }[];
}

/** The names that terms are looked up in. */
export async function namesOf(store: AtlasStore): Promise<Names> {
  const labels = await labelTexts(store);
  return { n: labels.length, labels, families: await store.families() };
}

/** The edits of a search, by name. Throws ArgumentError for a term that nothing is called. */
export function readSteering(names: Names, options: SteeringOptions): NamedEdit[] {
  requireChoice("search: method", options.method, STEERING_METHODS);
  const { more, less, set, remove, edits = [] } = options;
  const read = (kind: SteeringEdit["kind"], terms: Terms | undefined): NamedEdit[] =>
    listTerms(terms).map((term) => readItem(names, kind, term));
  return [
    ...edits.map((edit) => withName(names, edit)),
    ...read("up", more),
    ...read("down", less),
    ...read("set", set),
    ...read("remove", remove),
  ];
}

function listTerms(terms: Terms | undefined): readonly Term[] {
  if (terms === undefined) return [];
  return typeof terms === "number" || typeof terms === "string" ? [terms] : terms;
}

/** The latents of terms, each once, in their order. Throws ArgumentError for a term that nothing is called. */
export async function findTerms(store: AtlasStore, terms: Terms): Promise<number[]> {
  const names = await namesOf(store);
  return [...new Set(listTerms(terms).flatMap((term) => findLatents(names, term).latents))];
}

/** The embedding of a query. Throws ArgumentError where its width is not the corpus's. */
export async function embedQuery(
  query: Query,
  cols: number,
  embedder: () => Promise<Embedder>,
): Promise<Float32Array> {
  if (typeof query !== "string") {
    if (typeof query?.length !== "number") {
      throw new ArgumentError("search: expected a text or an embedding as the query");
    }
    if (query.length === cols) return Float32Array.from(query);
    throw new ArgumentError(
      `search: the query is ${query.length} wide, the embeddings of the corpus ${cols}`,
    );
  }
  if (query.trim() === "") throw new ArgumentError("search: the query is empty");
  const model = await embedder();
  if (model.d !== cols) {
    throw new ArgumentError(
      `search: the embeddings of ${model.id} are ${model.d} wide, those of the corpus ${cols}: pass the corpus's own embedder, or a vector`,
    );
  }
  return matrixRow(await model.embed([query]), 0);
}

/**
 * Searches an atlas's documents and puts ids, titles, labels and explanations to what was found. The query is embedded once all
 * options are known to be right.
 */
export async function searchDocuments(
  store: AtlasStore,
  search: DocumentSearch,
  embed: () => Promise<Float32Array>,
  { asked, ...options }: SearchOptions & { asked?: Query },
): Promise<SearchResults> {
  const { limit: count = 10, method, explain = false } = options;
  requireCount("search: limit", count);
  const base = explain === true ? "mean" : explain || undefined;
  requireChoice("search: explain", base, EXPLANATION_BASES);
  const names = await namesOf(store);
  const edits = readSteering(names, options);
  const accept = await acceptOf(store, options);
  // A corpus that is not there is found before a query is paid for.
  await store.documentsAt([]);
  const query = await embed();
  const found = await search.search(query, { count, edits, method, accept });
  const documents = await store.documentsAt(found.hits.map(({ row }) => row));
  const { steered } = found;
  const searched = steered?.query ?? query;
  const hits: SearchHit[] = [];
  for (const [i, { row, score }] of found.hits.entries()) {
    const { id } = documents[i];
    const title = titleOf(documents[i]);
    const hit: SearchHit = { rank: i + 1, row, id, title, score, before: found.before[i] };
    if (base !== undefined) {
      hit.explanation = withLabels(await search.explain(searched, row, base), names.labels);
    }
    hits.push(hit);
  }
  const results: Omit<SearchResults, "present"> = {
    ...(typeof asked === "string" && { text: asked }),
    ...{ query: searched, edits, hits },
  };
  if (steered) {
    results.cosine = steered.cosine;
    results.others = steered.others;
    const left = await store.documentsAt(found.left.map(({ row }) => row));
    results.left = found.left.map((one, i) => ({ ...one, title: titleOf(left[i]) }));
    results.moved = steered.moved.map((move) => ({ ...move, label: names.labels[move.latent] }));
  }
  return showsItself({ ...results, present: () => presentResults(results) });
}

async function acceptOf(
  store: AtlasStore,
  { accept, ...filter }: SearchOptions,
): Promise<((row: number) => boolean) | undefined> {
  const { class: wanted, year, where, metadata, ids } = filter;
  const isFiltered = [wanted, year, where, metadata, ids].some((value) => value !== undefined);
  const documents = isFiltered ? await store.documents() : [];
  const holds = await readFilter(filter, documents, store.paths.corpus);
  if (holds === undefined || accept === undefined) return holds ?? accept;
  return (row) => holds(row) && accept(row);
}

/** Why a document, by its row, id or title, scores as it does. Throws ArgumentError for another `from`. */
export async function explainDocument(
  store: AtlasStore,
  search: DocumentSearch,
  embed: () => Promise<Float32Array>,
  { document, from }: ExplainOptions & { document: Term },
): Promise<LabelledExplanation> {
  requireChoice("explain: from", from, EXPLANATION_BASES);
  const { row } = await viewDocument(store, document);
  return withLabels(await search.explain(await embed(), row, from), await labelTexts(store));
}

function withLabels(explanation: Explanation, labels: readonly string[]): LabelledExplanation {
  return { ...explanation, labels: explanation.latents.map(({ latent }) => labels[latent]) };
}

function withName(names: Names, edit: SteeringEdit): NamedEdit {
  if ("name" in edit) return edit as NamedEdit;
  const { latents, kind, strength = 1 } = edit;
  const what =
    latents.length === 1 && latents[0] < names.n
      ? findLatents(names, latents[0]).name
      : `${latents.length} latents`;
  return { ...edit, name: nameEdit(kind, what, strength) };
}

function presentResults({
  hits,
  edits,
  cosine,
  moved = [],
}: Omit<SearchResults, "present">): ReturnType<Presentable["present"]> {
  const isSteered = cosine !== undefined;
  const rows = hits.map(({ rank, before, score, id, title }) => ({
    rank,
    ...(isSteered && { before: before ?? ">1000" }),
    cosine: score,
    id,
    title,
  }));
  const why = hits.slice(0, EXPLAINED).flatMap(({ rank, explanation }) =>
    explanation === undefined
      ? []
      : explanation.latents.slice(0, CONTRIBUTIONS).map(({ latent, contribution }, i) => ({
          rank,
          latent,
          label: explanation.labels[i],
          contribution,
        })),
  );
  return compact([
    isSteered && {
      heading: edits.map(({ name }) => name).join(", "),
      text: `cosine to the query without edits: ${cosine.toFixed(3)}`,
      rows: moved,
    },
    { rows },
    why.length > 0 && { heading: "What makes the scores, beside the mean document", rows: why },
  ]);
}
