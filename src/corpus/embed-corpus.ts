import { setMaxListeners } from "node:events";
import { rm } from "node:fs/promises";
import { inHalves, isOfItems } from "../core/halves.js";
import { interruptible } from "../core/interrupt.js";
import type { OnProgress } from "../core/progress.js";
import { createAtomicFile } from "../files/atomic-file.js";
import { writeJson } from "../files/json.js";
import { jsonlParts, writeJsonl } from "../files/jsonl.js";
import { createNpyWriter } from "../files/numpy/npy-write.js";
import { compatInput } from "./clean-text.js";
import type { Document } from "./corpus.js";
import type { Embedder } from "./embedder.js";
import type { EmbeddingStore, EmbedderRecord } from "./embedding-store.js";
import { embeddedFiles, isFinished, keyOf, openStore } from "./embedding-store.js";
import { makeFolder } from "../files/make-folder.js";

/** How a corpus is embedded. */
export interface EmbedCorpusOptions {
  /** Documents per request at most. Default 100, as the authors'. */
  batch?: number;
  /** Requests at a time at most. Default the embedder's own number, else 4. */
  parallel?: number;
  /** Send line breaks as blanks, as the authors did. Default false. */
  compat?: boolean;
  onProgress?: OnProgress;
  /** Stops between requests; what has come is kept for the next call. */
  signal?: AbortSignal;
}

/** What embedCorpus wrote. */
export interface EmbeddedCorpus {
  /** `embeddings.npy` [N, d] and the documents row for row, `documents.jsonl`. */
  embeddings: string;
  documents: string;
  rows: number;
  d: number;
  /** Documents without an embedding, which are in neither file; also in `embed-failed.jsonl` where there are any. */
  failed: { id: string; reason: string }[];
  /** Why the embedder ended the work before every document was tried; undefined where it did not. */
  stopped?: string;
  /** Documents that this call embedded and whose ends the model does not read. */
  cut: number;
}

/** Documents that fail before any other is embedded, after which the embedder is at fault. */
const MOST_FAILED = 10;
/**
 * Embeds documents into `folder`: `embeddings.npy` (float32), `documents.jsonl` with {id, title, text, classes} row for
 * row, `embedder.json` and, where a document failed, `embed-failed.jsonl`. What arrives is kept in a partial file at once, so
 * that a killed run continues; the files appear when all is done, and a later call takes from them what it can: nothing is
 * requested twice. A failed document is listed and left out: there is never a row of zeros. A document fails where its
 * embedding is zero or not finite, or where the embedder rejects it alone; a rejected batch is tried in halves. Where the
 * embedder fails for another reason, the files hold what there is, and `stopped` says why. Throws what the embedder throws
 * where there is not a single embedding, and the signal's reason.
 */
export async function embedCorpus(
  documents: readonly Document[],
  embedder: Embedder,
  folder: string,
  options: EmbedCorpusOptions = {},
): Promise<EmbeddedCorpus> {
  await makeFolder(folder);
  const { compat = false } = options;
  const send = (text: string): string => (compat ? compatInput(text) : text);
  const keys = documents.map(({ text }) => keyOf(send(text)));
  const record: EmbedderRecord = { embedder: embedder.id, d: embedder.d, compat };
  if (await isFinished(folder, record, documents)) {
    const { embeddings, documents: corpus } = embeddedFiles(folder);
    const rows = documents.length;
    return { embeddings, documents: corpus, rows, d: record.d, failed: [], cut: 0 };
  }
  const store = await openStore(folder, record, send);
  try {
    const first = new Map(keys.map((key, i) => [key, i] as const).reverse());
    const missing = keys.flatMap((key, i) =>
      store.places.has(key) || first.get(key) !== i ? [] : [i],
    );
    const work = { documents, keys, missing, store, embedder, send };
    const run = await embedMissing(work, options);
    const written = await writeFiles(work, run, record, folder);
    return { ...written, stopped: run.stopped, cut: run.cut };
  } finally {
    await store.close();
  }
}

interface Work {
  documents: readonly Document[];
  /** Of each document. */
  keys: readonly string[];
  /** Documents without an embedding yet, one for each text. */
  missing: readonly number[];
  store: EmbeddingStore;
  embedder: Embedder;
  send: (text: string) => string;
}

interface Run {
  /** Why texts failed, by their keys. */
  reasons: Map<string, string>;
  stopped?: string;
  cut: number;
}

async function embedMissing(
  { documents, keys, missing, store, embedder, send }: Work,
  { batch = 100, parallel = embedder.parallel ?? 4, onProgress, signal: given }: EmbedCorpusOptions,
): Promise<Run> {
  // Every call that waits for its turn listens to it.
  const signal = AbortSignal.any([interruptible(given) ?? []].flat());
  setMaxListeners(0, signal);
  const run: Run = { reasons: new Map(), cut: 0 };
  let done = documents.length - missing.length;
  let next = 0;
  let size = batch;
  const errors: Error[] = [];
  const embedRows = async (rows: readonly number[], attempts?: number): Promise<void> => {
    const texts = rows.map((i) => send(documents[i].text));
    const onCut = (count: number): void => void (run.cut += count);
    const { data, cols } = await embedder.embed(texts, { signal, onCut, attempts });
    const vectors = rows.map((i, j) => ({
      key: keys[i],
      vector: data.slice(j * cols, (j + 1) * cols),
    }));
    for (const { key, vector } of vectors) {
      const problem = problemOf(vector);
      if (problem !== undefined) run.reasons.set(key, problem);
    }
    await store.add(vectors.filter(({ key }) => !run.reasons.has(key)));
    done += rows.length;
    onProgress?.({ step: "embed", done, total: documents.length });
  };
  const embedBatch = async (rows: readonly number[]): Promise<void> => {
    let failed = 0;
    const largest = await inHalves(rows.length, {
      call: (start, end, attempts) => embedRows(rows.slice(start, end), attempts),
      isOfItems: (reason) => !signal.aborted && isOfItems(reason),
      onFailed: (place, reason) => {
        run.reasons.set(keys[rows[place]], errorOf(reason).message);
        failed++;
        done++;
        if (store.places.size === 0 && run.reasons.size >= MOST_FAILED) throw reason;
      },
    });
    // Each text passed, but not all together: the server takes fewer.
    if (failed === 0) size = Math.min(size, largest);
  };
  const work = async (): Promise<void> => {
    while (next < missing.length && errors.length === 0) {
      signal.throwIfAborted();
      const rows = missing.slice(next, (next += size));
      await embedBatch(rows).catch((reason: unknown) => void errors.push(errorOf(reason)));
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, parallel) }, work));
  signal.throwIfAborted();
  if (errors.length > 0 && store.places.size === 0) throw errors[0];
  run.stopped = errors.at(0)?.message;
  return run;
}

function errorOf(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}

function problemOf(vector: Float32Array): string | undefined {
  let squares = 0;
  for (const value of vector) squares += value * value;
  if (squares > 0 && squares < Infinity) return undefined;
  return squares === 0 ? "the embedding is zero" : "the embedding is not finite";
}

async function writeFiles(
  { documents, keys, store }: Work,
  { reasons, stopped = "the embedder returned no embedding" }: Run,
  record: EmbedderRecord,
  folder: string,
): Promise<Pick<EmbeddedCorpus, "embeddings" | "documents" | "rows" | "d" | "failed">> {
  const { embeddings, documents: corpus, failed: list, record: recordFile } = embeddedFiles(folder);
  const kept: Document[] = [];
  const failed: EmbeddedCorpus["failed"] = [];
  // Written last, so that it is there only beside files that belong together.
  await rm(recordFile, { force: true });
  const lines = await createAtomicFile(corpus);
  const writer = await createNpyWriter(embeddings, { dtype: "f4", cols: record.d });
  try {
    for (const [i, document] of documents.entries()) {
      const vector = await store.read(keys[i]);
      if (vector === undefined) {
        failed.push({ id: document.id, reason: reasons.get(keys[i]) ?? stopped });
      } else {
        await writer.append(vector);
        kept.push(document);
      }
    }
    for await (const part of jsonlParts(corpus, kept)) await lines.write(part);
    await writer.finish();
  } catch (error) {
    await writer.abort();
    await lines.abort();
    throw error;
  }
  await lines.commit();
  await writeJson(recordFile, record);
  if (failed.length > 0) await writeJsonl(list, failed);
  else {
    await rm(list, { force: true });
    await store.remove();
  }
  return { embeddings, documents: corpus, rows: kept.length, d: record.d, failed };
}
