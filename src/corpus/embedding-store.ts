import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { open, rm } from "node:fs/promises";
import path from "node:path";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { FormatError } from "../core/errors.js";
import type { Fields } from "../core/schema.js";
import { readCheckedJson, readCheckedJsonl } from "../files/checked-json.js";
import { readJsonl } from "../files/jsonl.js";
import { streamNpyRows } from "../files/numpy/npy.js";
import { readLines } from "../files/text.js";
import type { Document } from "./corpus.js";
import { namingFile } from "../core/file-problem.js";
import { writeAt } from "../files/atomic-file.js";

/** Where embedCorpus writes, by what the file holds. */
export interface EmbeddedFiles {
  embeddings: string;
  documents: string;
  failed: string;
  record: string;
}

/** `embedder.json` beside embeddings: what made them. */
export interface EmbedderRecord {
  /** Name of the model. */
  embedder: string;
  d: number;
  /** Whether line breaks were sent as blanks, as the authors did. */
  compat: boolean;
}

const PARTIAL = "embeddings.partial.jsonl";
const RECORD = "embedder.json";

const recordFields: Fields<EmbedderRecord> = {
  embedder: z.string(),
  d: z.int().positive(),
  compat: z.boolean(),
};
const recordSchema: z.ZodType<EmbedderRecord> = z.object(recordFields);
const documentSchema = z.looseObject({ text: z.string() });

/** The files of `folder`. */
export function embeddedFiles(folder: string): EmbeddedFiles {
  const file = (name: string): string => path.join(folder, name);
  return {
    embeddings: file("embeddings.npy"),
    documents: file("documents.jsonl"),
    failed: file("embed-failed.jsonl"),
    record: file(RECORD),
  };
}

/**
 * What is recorded of the embedder of an embeddings file, in `embedder.json` beside it; undefined where nothing is. Throws
 * FormatError for another content.
 */
export async function readEmbedderRecord(embeddings: string): Promise<EmbedderRecord | undefined> {
  const file = path.join(path.dirname(embeddings), RECORD);
  return existsSync(file) ? readCheckedJson(file, recordSchema) : undefined;
}

/** Whether a finished call wrote exactly these documents' embeddings into `folder`. */
export async function isFinished(
  folder: string,
  record: EmbedderRecord,
  documents: readonly Document[],
): Promise<boolean> {
  const { embeddings, documents: corpus, failed } = embeddedFiles(folder);
  if ([embeddings, corpus].some((file) => !existsSync(file))) return false;
  if ([failed, path.join(folder, PARTIAL)].some((file) => existsSync(file))) return false;
  if (!isDeepStrictEqual(await readEmbedderRecord(embeddings), record)) return false;
  let rows = 0;
  for await (const { value } of readJsonl(corpus)) {
    if (!isDeepStrictEqual(value, documents.at(rows++))) return false;
  }
  return rows === documents.length;
}

/** The name of a text, under which its embedding is kept. */
export function keyOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}

/** Embeddings by the hash of their text, appended to a file as they come. */
export interface EmbeddingStore {
  /** Start and length of the line of each text that was embedded. */
  places: Map<string, { start: number; length: number }>;
  add(entries: readonly { key: string; vector: Float32Array }[]): Promise<void>;
  read(key: string): Promise<Float32Array | undefined>;
  close(): Promise<void>;
  remove(): Promise<void>;
}

/**
 * Opens the store of a folder, with what an interrupted call kept there, and else with what a finished one wrote. Throws
 * FormatError where an interrupted one used another embedder.
 */
export async function openStore(
  folder: string,
  record: EmbedderRecord,
  send: (text: string) => string,
): Promise<EmbeddingStore> {
  const file = path.join(folder, PARTIAL);
  const header = `${JSON.stringify({ embedder: record.embedder, d: record.d })}\n`;
  const found = await readPlaces(file, header);
  const handle = await namingFile(file, open(file, found === undefined ? "w+" : "r+"));
  const places = found?.places ?? new Map<string, { start: number; length: number }>();
  let end = found?.end ?? 0;
  // A torn last line of a killed run is cut off.
  await handle.truncate(end);
  if (end === 0) {
    await writeAt(handle, file, Buffer.from(header), 0);
    end = Buffer.byteLength(header);
  }
  let turn: Promise<void> = Promise.resolve();
  const store: EmbeddingStore = {
    places,
    add(entries) {
      turn = turn.then(async () => {
        for (const { key, vector } of entries) {
          const bytes = Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength);
          const line = Buffer.from(`{"k":"${key}","v":"${bytes.toString("base64")}"}\n`);
          await writeAt(handle, file, line, end);
          places.set(key, { start: end, length: line.length });
          end += line.length;
        }
        await namingFile(file, handle.sync());
      });
      return turn;
    },
    async read(key) {
      const place = places.get(key);
      if (place === undefined) return undefined;
      const line = Buffer.alloc(place.length);
      await handle.read(line, 0, place.length, place.start);
      const { v } = JSON.parse(line.toString()) as { v: string };
      return new Float32Array(Uint8Array.from(Buffer.from(v, "base64")).buffer);
    },
    close: () => handle.close(),
    remove: () => rm(file, { force: true }),
  };
  if (found === undefined) await addFinished(store, folder, record, send);
  return store;
}

/** Adds the embeddings of a finished call with the same embedder. */
async function addFinished(
  store: EmbeddingStore,
  folder: string,
  record: EmbedderRecord,
  send: (text: string) => string,
): Promise<void> {
  const { embeddings, documents } = embeddedFiles(folder);
  if (!existsSync(embeddings) || !existsSync(documents)) return;
  if (!isDeepStrictEqual(await readEmbedderRecord(embeddings), record)) return;
  const keys: string[] = [];
  for await (const { value } of readCheckedJsonl(documents, documentSchema)) {
    keys.push(keyOf(send(value.text)));
  }
  for await (const { start, block } of streamNpyRows(embeddings, { reuse: true })) {
    await store.add(
      Array.from({ length: block.rows }, (_, i) => ({
        key: keys[start + i],
        vector: block.data.slice(i * block.cols, (i + 1) * block.cols),
      })),
    );
  }
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
