import { type CountOptions, type Postings, invertCodes } from "../core/codes.js";
import { FormatError } from "../core/errors.js";
import type { OnProgress } from "../core/progress.js";
import { createRandom, sampleIndices } from "../core/random.js";
import { type TopDocuments, createTopDocuments } from "../core/top-documents.js";
import { type CorpusColumns, streamCorpus } from "../corpus/corpus.js";
import type { CodesStore } from "./code-files.js";
import { takeCodes } from "./some-codes.js";

/** Documents that are drawn for labels beside each latent's strongest; of no more documents all are taken. */
export const LABEL_DOCUMENTS = 500_000;
/** Strongest documents of each latent that are among them: those on which keyword labels are scored. */
export const STRONGEST = 20;

/** Documents for labels. */
export interface LabelDocuments {
  /** Their numbers, ascending. */
  rows: Uint32Array;
  texts: string[];
  /** Where latents are active in them, by their places in `rows`. */
  postings: Postings;
}

/** Which documents labels are made from. */
export interface LabelDocumentsOptions extends CountOptions {
  columns?: CorpusColumns;
  /** Documents that are drawn. Default 500,000. */
  most?: number;
  /** Each latent's strongest documents, where tasks have found them; see createTop. Default: found in the codes. */
  top?: Postings;
  onProgress?: OnProgress;
  signal?: AbortSignal;
}

/** Room for each latent's strongest documents. */
export function createTop(n: number): TopDocuments {
  return createTopDocuments(n, STRONGEST);
}

/**
 * The documents that a corpus's labels are made from: all of up to `most`; of more the strongest of each latent and a seeded draw, so that
 * memory does not grow with the corpus. They depend on the codes alone, not on how these are split. Throws FormatError where the
 * corpus has another number of documents.
 */
export async function readLabelDocuments(
  store: CodesStore,
  corpus: string,
  options: LabelDocumentsOptions = {},
): Promise<LabelDocuments> {
  const { columns, most = LABEL_DOCUMENTS, onProgress, signal } = options;
  const rows = await chooseDocuments(store, most, options);
  const codes = await takeCodes(store, rows);
  const texts: string[] = [];
  let row = -1;
  const keep = (): boolean => rows[texts.length] === ++row;
  for await (const { text } of streamCorpus(corpus, { columns, keep })) {
    signal?.throwIfAborted();
    texts.push(text);
    if (texts.length % 1000 === 0) {
      onProgress?.({ step: "texts", done: texts.length, total: rows.length });
    }
  }
  if (row + 1 !== store.rows) {
    throw new FormatError(corpus, `has ${row + 1} documents, but there are codes of ${store.rows}`);
  }
  return { rows, texts, postings: invertCodes(codes, options) };
}

async function chooseDocuments(
  store: CodesStore,
  most: number,
  { top, signal }: LabelDocumentsOptions,
): Promise<Uint32Array> {
  if (store.rows <= most) return Uint32Array.from({ length: store.rows }, (_, row) => row);
  const drawn = sampleIndices(store.rows, most, createRandom(0));
  const { rows } = top ?? (await findTop(store, signal));
  return Uint32Array.from(new Set([...drawn, ...rows])).sort();
}

async function findTop(store: CodesStore, signal?: AbortSignal): Promise<Postings> {
  const top = createTop(store.n);
  let start = 0;
  for await (const block of store.blocks()) {
    signal?.throwIfAborted();
    top.addCodes(block, start);
    start += block.rows;
  }
  return top.finish(store.rows);
}
