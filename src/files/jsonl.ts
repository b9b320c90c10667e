import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { writeFileAtomic } from "./atomic-file.js";
import { type JsonOptions, parseJson, stringifyJson } from "./json-text.js";
import type { ByteSource } from "./bytes/source.js";
import { readLines } from "./text.js";
import type { TextOptions } from "./text.js";

const chunkLength = 256 * 1024;

/** One row of a JSONL file; `line` counts from 1, blank lines included. */
export interface JsonlRow {
  line: number;
  value: unknown;
}

/**
 * Reads a JSONL file row by row, gzip by name; blank lines are passed over, bare NaN and Infinity are read. Throws
 * FormatError, naming the line, where one is no JSON.
 */
export async function* readJsonl(
  input: string | ByteSource,
  options: TextOptions & JsonOptions = {},
): AsyncGenerator<JsonlRow> {
  const name = typeof input === "string" ? input : input.name;
  let line = 0;
  for await (const text of readLines(input, options)) {
    line++;
    if (text.trim() === "") continue;
    yield { line, value: parseJson(text, `${name}: line ${line}`, options) };
  }
}

/** Writes one JSON value per line, packed if the name ends in .gz; the file appears only when it is complete. */
export async function writeJsonl(
  path: string,
  rows: Iterable<unknown> | AsyncIterable<unknown>,
): Promise<void> {
  await writeFileAtomic(path, jsonlParts(path, rows));
}

/** The content of a JSONL file `path`, packed if the name ends in .gz. */
export function jsonlParts(
  path: string,
  rows: Iterable<unknown> | AsyncIterable<unknown>,
): AsyncGenerator<Uint8Array> {
  return path.toLowerCase().endsWith(".gz") ? packed(textParts(rows)) : textParts(rows);
}

async function* textParts(
  rows: Iterable<unknown> | AsyncIterable<unknown>,
): AsyncGenerator<Uint8Array> {
  let text = "";
  for await (const row of rows) {
    text += `${stringifyJson(row)}\n`;
    if (text.length < chunkLength) continue;
    yield Buffer.from(text);
    text = "";
  }
  yield Buffer.from(text);
}

async function* packed(parts: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const stream = createGzip();
  const feeding = pipeline(Readable.from(parts), stream);
  // The loop below meets the same error; unhandled, it would end the process.
  feeding.catch(() => undefined);
  for await (const part of stream) yield part as Uint8Array;
  await feeding;
}
