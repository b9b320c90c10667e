import { ArgumentError } from "../../core/errors.js";
import { dot, matrixRow } from "../../core/matrix.js";
import { once } from "../../core/once.js";
import type { Embedder } from "../../corpus/embedder.js";
import { createOfflineEmbedder } from "../../corpus/embedders/sentence-encoder.js";
import { compatInput } from "../../corpus/clean-text.js";
import { readEmbedderRecord } from "../../corpus/embedding-store.js";
import { openRows } from "../../search/scan/row-store.js";
import type { AtlasStore } from "../store.js";

/** An embedder, or what opens one. */
export type EmbedderSource = Embedder | (() => Promise<Embedder>);

/** Opens the embedder of an atlas's texts; without one given the atlas's own, once. */
export type CorpusEmbedder = (given?: Embedder) => Promise<Embedder>;

/** Least cosine of a document's embedding and its row, where model and corpus go together. */
const LEAST_COSINE = 0.9;

/**
 * Gives the embedder for an atlas's texts: the one given to the call, else `source`, else the offline one. Where `embedder.json` names another for the corpus,
 * it must give the first document the embedding that the corpus has. Throws ArgumentError, naming the corpus's, where it
 * does not.
 */
export function corpusEmbedder(store: AtlasStore, source?: EmbedderSource): CorpusEmbedder {
  const open = once(() => openChecked(store, source));
  return (given) => (given === undefined ? open() : openChecked(store, given));
}

async function openChecked(
  store: AtlasStore,
  source: EmbedderSource = createOfflineEmbedder,
): Promise<Embedder> {
  const embedder = typeof source === "function" ? await source() : source;
  const record = await readEmbedderRecord(store.paths.embeddings);
  if (record === undefined || record.embedder === embedder.id) return embedder;
  const rows = await openRows(await store.embeddingsFile());
  try {
    const row = matrixRow(await rows.read(0, 1), 0);
    const [{ text }] = await store.documentsAt([0]);
    const sent = record.compat ? compatInput(text) : text;
    // Servers have several names for a model, so the name alone decides nothing.
    if (embedder.d === rows.cols) {
      const found = matrixRow(await embedder.embed([sent]), 0);
      const cosine = dot(found, row) / Math.sqrt(dot(found, found) * dot(row, row));
      if (cosine >= LEAST_COSINE) return embedder;
    }
  } finally {
    await rows.close();
  }
  throw new ArgumentError(
    `the corpus was embedded by ${record.embedder}, not by ${embedder.id}: pass the corpus's own embedder, or a vector`,
  );
}
