import { createHash } from "node:crypto";
import { type FileHandle, mkdir, open, rename, rm } from "node:fs/promises";
import path from "node:path";
import { FormatError } from "../core/errors.js";
import type { OnProgress } from "../core/progress.js";
import { compatInput } from "./clean-text.js";
import type { Document } from "./corpus.js";
import type { Embedder } from "./embedder.js";
import { readLines } from "../files/text.js";
import { writeJsonl } from "../files/jsonl.js";
import { createNpyWriter } from "../files/numpy/npy-write.js";
import { interruptible } from "../core/interrupt.js";

/** How a corpus is embedded. */
export interface EmbedCorpusOptions {
  /** Documents a request. Default 100, as the authors'. */
  batch?: number;
  /** Requests at a time. Default 4; 1 for an embedder in this process. */
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
}

const PARTIAL = "embeddings.partial.jsonl";

/**
 * Embeds documents into `folder`: `embeddings.npy` (float32), `documents.jsonl` with {id, title, text, classes} row for
 * row, and `embed-failed.jsonl` where a document failed. What arrives is kept in a partial file at once, so that a killed
 * run continues and requests nothing twice; the files appear when all is done. A failed document is listed and left out:
 * there is never a row of zeros. A document fails where its embedding is zero or not finite, or where the embedder
 * rejects it alone. Throws what the embedder throws where not a single document of a batch can be embedded.
 */
export async function embedCorpus(
  documents: readonly Document[],
  embedder: Embedder,
  folder: string,
  options: EmbedCorpusOptions = {},
): Promise<EmbeddedCorpus> {
  await mkdir(folder, { recursive: true });
  const texts = documents.map(({ text }) => (options.compat ? compatInput(text) : text));
  const store = await openStore(path.join(folder, PARTIAL), embedder);
  try {
    await embedMissing(documents, texts, embedder, store, options);
    return await writeFiles(documents, texts, store, embedder, folder);
  } finally {
    await store.close();
  }
}

async function embedMissing(
  documents: readonly Document[],
  texts: readonly string[],
  embedder: Embedder,
  store: Store,
  { batch = 100, parallel = 4, onProgress, signal: given }: EmbedCorpusOptions,
): Promise<void> {
  const signal = interruptible(given);
  const missing = texts.flatMap((text, i) => (store.places.has(keyOf(text)) ? [] : [i]));
  let done = documents.length - missing.length;
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < missing.length) {
      signal?.throwIfAborted();
      const rows = missing.slice(next, (next += batch));
      const found = await embedBatch(
        rows.map((i) => texts[i]),
        embedder,
        signal,
      );
      await store.add(rows.map((i, j) => ({ key: keyOf(texts[i]), ...found[j] })));
      done += rows.length;
      onProgress?.({ step: "embed", done, total: documents.length });
    }
  };
  const workers = Array.from({ length: Math.max(1, parallel) }, work);
  const outcomes = await Promise.allSettled(workers);
  const failure = outcomes.find((outcome) => outcome.status === "rejected");
  if (failure) throw failure.reason;
}

interface Outcome {
  vector?: Float32Array;
  reason?: string;
}

/** The embeddings of some texts; where the batch is rejected as a whole each text is tried alone. */
async function embedBatch(
  texts: readonly string[],
  embedder: Embedder,
  signal: AbortSignal | undefined,
): Promise<Outcome[]> {
  try {
    const { data, cols } = await embedder.embed(texts, { signal });
    return texts.map((_, i) => checkVector(data.slice(i * cols, (i + 1) * cols)));
  } catch (error) {
    signal?.throwIfAborted();
    if (texts.length === 1) throw error;
    const single = await Promise.allSettled(
      texts.map((text) => embedBatch([text], embedder, signal)),
    );
    // Where none works it is not the texts' fault.
    if (single.every(({ status }) => status === "rejected")) throw error;
    return single.map((outcome) =>
      outcome.status === "fulfilled"
        ? outcome.value[0]
        : { reason: outcome.reason instanceof Error ? outcome.reason.message : "rejected" },
    );
  }
}

function checkVector(vector: Float32Array): Outcome {
  let squares = 0;
  for (const value of vector) squares += value * value;
  if (squares > 0 && squares < Infinity) return { vector };
  return { reason: squares === 0 ? "the embedding is zero" : "the embedding is not finite" };
}

function keyOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}

/** Embeddings by the hash of their text, appended to a file as they come. */
interface Store {
  /** Start and length of the line of each text that was embedded. */
  places: Map<string, { start: number; length: number }>;
  add(entries: ({ key: string } & Outcome)[]): Promise<void>;
  read(key: string): Promise<Float32Array | undefined>;
  /** Why a text failed in this call. */
  reason(key: string): string | undefined;
  close(): Promise<void>;
  remove(): Promise<void>;
}

async function openStore(file: string, embedder: Embedder): Promise<Store> {
  const header = `${JSON.stringify({ embedder: embedder.id, d: embedder.d })}\n`;
  const places = await readPlaces(file, header);
  const handle: FileHandle = await open(file, places === undefined ? "w+" : "r+");
  const known = places ?? { places: new Map<string, { start: number; length: number }>(), end: 0 };
  let end = known.end;
  // A torn last line of a killed run is cut off.
  await handle.truncate(end);
  if (end === 0) end += (await handle.write(header, 0)).bytesWritten;
  const reasons = new Map<string, string>();
  let turn: Promise<void> = Promise.resolve();
  return {
    places: known.places,
    reason: (key) => reasons.get(key),
    add(entries) {
      turn = turn.then(async () => {
        for (const { key, vector, reason = "no embedding came" } of entries) {
          if (vector === undefined) {
            reasons.set(key, reason);
            continue;
          }
          const bytes = Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength);
          const line = Buffer.from(`{"k":"${key}","v":"${bytes.toString("base64")}"}\n`);
          await handle.write(line, 0, line.length, end);
          known.places.set(key, { start: end, length: line.length });
          end += line.length;
        }
        await handle.sync();
      });
      return turn;
    },
    async read(key) {
      const place = known.places.get(key);
      if (place === undefined) return undefined;
      const line = Buffer.alloc(place.length);
      await handle.read(line, 0, place.length, place.start);
      const { v } = JSON.parse(line.toString()) as { v: string };
      return new Float32Array(Uint8Array.from(Buffer.from(v, "base64")).buffer);
    },
    close: () => handle.close(),
    remove: () => rm(file, { force: true }),
  };
}

async function readPlaces(
  file: string,
  header: string,
): Promise<{ places: Map<string, { start: number; length: number }>; end: number } | undefined> {
  const places = new Map<string, { start: number; length: number }>();
  const size = await open(file, "r").then(
    async (handle) => {
      const { size: found } = await handle.stat();
      await handle.close();
      return found;
    },
    () => 0,
  );
  if (size === 0) return undefined;
  let end = 0;
  for await (const line of readLines(file)) {
    const length = Buffer.byteLength(line) + 1;
    if (end === 0) {
      if (`${line}\n` !== header) {
        throw new FormatError(
          file,
          `was started with another embedder (${line.slice(0, 80)}): finish with that one, or delete the file`,
        );
      }
    } else {
      const key = /^\{"k":"([0-9a-f]{32})","v":"[A-Za-z0-9+/=]+"\}$/.exec(line)?.[1];
      if (key === undefined || end + length > size) break;
      places.set(key, { start: end, length });
    }
    end += length;
  }
  return { places, end };
}

async function writeFiles(
  documents: readonly Document[],
  texts: readonly string[],
  store: Store,
  embedder: Embedder,
  folder: string,
): Promise<EmbeddedCorpus> {
  const paths = {
    embeddings: path.join(folder, "embeddings.npy"),
    documents: path.join(folder, "documents.jsonl"),
    failed: path.join(folder, "embed-failed.jsonl"),
  };
  const kept: Document[] = [];
  const failed: EmbeddedCorpus["failed"] = [];
  const writer = await createNpyWriter(paths.embeddings, { dtype: "f4", cols: embedder.d });
  try {
    for (let i = 0; i < documents.length; i++) {
      const key = keyOf(texts[i]);
      const vector = await store.read(key);
      if (vector === undefined) {
        failed.push({ id: documents[i].id, reason: store.reason(key) ?? "no embedding came" });
      } else {
        await writer.append(vector);
        kept.push(documents[i]);
      }
    }
    await writeJsonl(`${paths.documents}.new`, kept);
    await writer.finish();
  } catch (error) {
    await writer.abort();
    await rm(`${paths.documents}.new`, { force: true });
    throw error;
  }
  await rename(`${paths.documents}.new`, paths.documents);
  if (failed.length > 0) await writeJsonl(paths.failed, failed);
  else {
    await rm(paths.failed, { force: true });
    await store.remove();
  }
  const { embeddings, documents: corpus } = paths;
  return { embeddings, documents: corpus, rows: kept.length, d: embedder.d, failed };
}
