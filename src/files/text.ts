import { isAscii } from "node:buffer";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { TextDecoder } from "node:util";
import { createGunzip } from "node:zlib";
import { FormatError } from "../core/errors.js";
import { openSource } from "./bytes/source.js";
import type { ByteSource } from "./bytes/source.js";

const chunkSize = 1024 * 1024;
/** V8's strings end a little above this. */
const largestText = 512 * 1024 * 1024 - 1024;
const ADVICE = "; if it is Windows-1252, convert it: iconv -f WINDOWS-1252 -t UTF-8";
/** So many letters outside ASCII without a stray byte settle that a text is in UTF-8. */
const settled = 1000;
/** Text packs to a tenth, tables of repeated names to a fiftieth; a bomb to a thousandth. */
const largestRatio = 100;
const ratioAllowance = 64 * 1024 * 1024;

export interface TextOptions {
  /** Encoding of a text that is not UTF-8, such as "windows-1252" for files of a spreadsheet. Default: it is refused. */
  fallback?: string;
  /** Called where a text was read in the fallback's encoding. */
  onFallback?: () => void;
  /** Most bytes that a .gz file may unpack to. Default 64 MiB or 100 times its size, whichever is more. */
  mostUnpacked?: number;
}

/**
 * Reads a text in UTF-8 or UTF-16, unpacked if its name ends in .gz, without a byte order mark. Throws FormatError if it
 * is neither, is larger than a string can be, or is a damaged or overly compressed gzip file.
 */
export async function readText(
  input: string | ByteSource,
  options: TextOptions = {},
): Promise<string> {
  const parts: string[] = [];
  let length = 0;
  for await (const part of decodedParts(input, options)) {
    length += part.length;
    if (length > largestText) {
      throw new FormatError(
        nameOf(input),
        `text of over ${largestText} characters; read it line by line instead`,
      );
    }
    parts.push(part);
  }
  return parts.join("");
}

/** The first `length` characters of a text, or all of a shorter one. Throws as `readText` does. */
export async function readHead(
  input: string | ByteSource,
  length: number,
  options: TextOptions = {},
): Promise<string> {
  let head = "";
  for await (const part of decodedParts(input, options)) {
    head += part;
    if (head.length >= length) break;
  }
  return head.slice(0, length);
}

/** Whether a text has fewer letters in UTF-8 outside ASCII than bytes that are none: else it is UTF-8, damaged or not. */
async function isOtherEncoding(input: string | ByteSource, options: TextOptions): Promise<boolean> {
  const decoder = new TextDecoder("utf-8");
  let letters = 0;
  let strays = 0;
  for await (const bytes of unpackedChunks(input, options)) {
    const text = decoder.decode(bytes, { stream: true });
    strays += text.match(/\ufffd/g)?.length ?? 0;
    letters += text.match(/[\u0080-\ud7ff\ue000-\ufffc]/g)?.length ?? 0;
    if (strays === 0 && letters > settled) break;
  }
  return strays > letters;
}

/**
 * Reads a text as `readText` does, line by line, in little memory. Line ends (LF or CRLF) are left out; an empty last
 * line is none. Throws FormatError as `readText` does, and for a line that is larger than a string can be.
 */
export async function* readLines(
  input: string | ByteSource,
  options: TextOptions = {},
): AsyncGenerator<string> {
  const name = nameOf(input);
  // The pieces of a line that is not over yet, joined once it is.
  let pieces: string[] = [];
  let length = 0;
  let line = 1;
  for await (const part of decodedParts(input, options)) {
    let start = 0;
    for (let end = part.indexOf("\n"); end >= 0; end = part.indexOf("\n", start)) {
      pieces.push(part.slice(start, end));
      yield withoutReturn(pieces.length === 1 ? pieces[0] : pieces.join(""));
      start = end + 1;
      pieces = [];
      length = 0;
      line++;
    }
    if (start < part.length) pieces.push(part.slice(start));
    length += part.length - start;
    if (length > largestText) {
      throw new FormatError(name, `line ${line} has over ${largestText} characters`);
    }
  }
  if (pieces.length > 0) yield withoutReturn(pieces.join(""));
}

function withoutReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}

function nameOf(input: string | ByteSource): string {
  return typeof input === "string" ? input : input.name;
}

async function* decodedParts(
  input: string | ByteSource,
  options: TextOptions,
): AsyncGenerator<string> {
  const { fallback, onFallback } = options;
  let decoder: TextDecoder | undefined;
  let isSettled = fallback === undefined;
  const open = (encoding: string): TextDecoder => new TextDecoder(encoding, { fatal: true });
  const decode = (bytes?: Uint8Array): string => {
    decoder ??= open(encodingOf(bytes));
    try {
      return decoder.decode(bytes, { stream: bytes !== undefined });
    } catch (cause) {
      const encoding = decoder.encoding.toUpperCase();
      throw new FormatError(nameOf(input), `not ${encoding} text${ADVICE}`, { cause });
    }
  };
  for await (const bytes of unpackedChunks(input, options)) {
    // Up to the first byte outside ASCII the text is the same in both encodings.
    if (!isSettled && !isAscii(bytes)) {
      isSettled = true;
      const isUtf16 = (decoder?.encoding ?? encodingOf(bytes)) !== "utf-8";
      if (!isUtf16 && (await isOtherEncoding(input, options))) {
        decoder = open(fallback ?? "utf-8");
        onFallback?.();
      }
    }
    yield decode(bytes);
  }
  yield decode();
}

/** UTF-16 starts with a byte order mark, or with a letter whose other byte is 0; anything else is read as UTF-8. */
function encodingOf([first, second]: Uint8Array = new Uint8Array(0)): string {
  if ((first === 0xff && second === 0xfe) || (first > 0 && second === 0)) return "utf-16le";
  if ((first === 0xfe && second === 0xff) || (first === 0 && second > 0)) return "utf-16be";
  return "utf-8";
}

async function* unpackedChunks(
  input: string | ByteSource,
  options: TextOptions,
): AsyncGenerator<Uint8Array> {
  const source = typeof input === "string" ? await openSource(input) : input;
  try {
    if (source.name.toLowerCase().endsWith(".gz")) yield* gunzip(source, options);
    else yield* chunks(source);
  } finally {
    if (typeof input === "string") await source.close();
  }
}

async function* chunks(source: ByteSource): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < source.byteLength; start += chunkSize) {
    yield await source.read(start, Math.min(source.byteLength, start + chunkSize));
  }
}

async function* gunzip(source: ByteSource, options: TextOptions): AsyncGenerator<Uint8Array> {
  const { name, byteLength } = source;
  const { mostUnpacked = Math.max(ratioAllowance, byteLength * largestRatio) } = options;
  const stream = createGunzip({ chunkSize: 256 * 1024 });
  const feeding = pipeline(Readable.from(chunks(source)), stream);
  // The loop below meets the same error; unhandled, it would end the process.
  feeding.catch(() => undefined);
  let unpacked = 0;
  try {
    for await (const chunk of stream) {
      const bytes = chunk as Uint8Array;
      unpacked += bytes.length;
      if (unpacked > mostUnpacked) {
        throw new FormatError(
          name,
          `unpacks to over ${mostUnpacked} bytes from ${byteLength}, more than is allowed`,
        );
      }
      yield bytes;
    }
  } catch (cause) {
    if (cause instanceof FormatError) throw cause;
    const message = cause instanceof Error ? cause.message : "unreadable";
    throw new FormatError(name, `gzip data is damaged or truncated: ${message}`, { cause });
  } finally {
    stream.destroy();
    await feeding.catch(() => undefined);
  }
}
