import { promisify } from "node:util";
import { crc32, inflateRaw } from "node:zlib";
import { FormatError } from "../../core/errors.js";
import { quote } from "../../core/shown.js";
import type { ByteSource } from "./source.js";

const endSize = 22;
const longestComment = 0xffff;
const largestDirectory = 16 * 1024 * 1024;
const unknown16 = 0xffff;
const unknown32 = 0xffffffff;
const utf8 = new TextDecoder();

/** One file of a zip archive. */
export interface ZipEntry {
  name: string;
  /** 0 stored, 8 deflated. */
  method: number;
  compressedSize: number;
  size: number;
  crc32: number;
  encrypted: boolean;
  /** Where its local header starts, in bytes. */
  offset: number;
}

/** The files of a zip archive by name. */
export interface ZipArchive {
  source: ByteSource;
  entries: Map<string, ZipEntry>;
}

/**
 * Reads the central directory of a zip archive, zip64 included, and nothing else of the file. Throws FormatError where
 * it is malformed or its entries claim more bytes than the file has.
 * Format: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */
export async function openZip(source: ByteSource): Promise<ZipArchive> {
  const { name, byteLength } = source;
  const { count, size, offset } = await findDirectory(source);
  if (size > largestDirectory || offset + size > byteLength || count > size / 46) {
    throw new FormatError(
      name,
      `zip directory of ${count} entries in ${size} bytes at byte ${offset} does not fit the file of ${byteLength} bytes`,
    );
  }
  const directory = viewOf(await source.read(offset, offset + size));
  const entries = new Map<string, ZipEntry>();
  let at = 0;
  let total = 0;
  for (let i = 0; i < count; i++) {
    const { entry, next } = parseEntry(directory, at, name);
    if (entries.has(entry.name)) {
      throw new FormatError(name, `zip contains ${quote(entry.name)} twice`);
    }
    entries.set(entry.name, entry);
    total += entry.compressedSize + 30;
    at = next;
  }
  if (total > byteLength) {
    throw new FormatError(
      name,
      `zip entries make ${total} bytes, the file has ${byteLength}: truncated, or entries overlap`,
    );
  }
  return { source, entries };
}

/** Where the bytes of a stored entry start. Throws FormatError if it is compressed or does not fit the file. */
export async function locateStored({ source }: ZipArchive, entry: ZipEntry): Promise<number> {
  if (entry.method !== 0 || entry.size !== entry.compressedSize) {
    throw new FormatError(
      source.name,
      `zip entry ${quote(entry.name)} is compressed, expected it stored`,
    );
  }
  return locate(source, entry);
}

/**
 * Bytes of an entry, unpacked where it is deflated. Throws FormatError if it is larger than `largest` bytes, does not
 * unpack to its declared size or has a wrong checksum.
 */
export async function readEntry(
  archive: ZipArchive,
  entry: ZipEntry,
  largest: number,
): Promise<Uint8Array> {
  const { source } = archive;
  const { name, size, compressedSize } = entry;
  if (size > largest) {
    throw new FormatError(
      source.name,
      `zip entry ${quote(name)} has ${size} bytes, at most ${largest} are read`,
    );
  }
  const start = await locate(source, entry);
  const bytes = new Uint8Array(compressedSize);
  await source.readInto(bytes, start);
  const content = entry.method === 0 ? bytes : await inflate(bytes, entry, source.name);
  if (content.length !== size) {
    throw new FormatError(
      source.name,
      `zip entry ${quote(name)} contains ${content.length} bytes, expected ${size}`,
    );
  }
  checkSum(archive, entry, content);
  return content;
}

/** Throws FormatError unless an entry's content has the checksum of the directory, where that has one. */
export function checkSum(archive: ZipArchive, entry: ZipEntry, content: Uint8Array): void {
  if (hasSum(entry)) requireSum(archive, entry, crc32(content));
}

/** Whether an entry has a checksum. One of 0 is none: PyTorch can leave it out. */
export function hasSum(entry: ZipEntry): boolean {
  return entry.crc32 !== 0;
}

/** Throws FormatError unless an entry's checksum is `sum`. */
export function requireSum({ source }: ZipArchive, entry: ZipEntry, sum: number): void {
  if (entry.crc32 === sum) return;
  const shown = quote(entry.name);
  throw new FormatError(source.name, `zip entry ${shown} is damaged: its checksum differs`);
}

async function inflate(
  bytes: Uint8Array,
  { method, name, size }: ZipEntry,
  path: string,
): Promise<Uint8Array> {
  if (method !== 8) {
    throw new FormatError(
      path,
      `zip entry ${quote(name)} has compression method ${method}, not 0 or 8`,
    );
  }
  try {
    // One byte over the size detects an entry that is larger than declared.
    return await promisify(inflateRaw)(bytes, { maxOutputLength: size + 1 });
  } catch (cause) {
    throw new FormatError(path, `zip entry ${quote(name)} does not unpack to its ${size} bytes`, {
      cause,
    });
  }
}

async function findDirectory(
  source: ByteSource,
): Promise<{ count: number; size: number; offset: number }> {
  const { name, byteLength } = source;
  const tailStart = Math.max(0, byteLength - endSize - longestComment - 20);
  const tail = viewOf(await source.read(tailStart, byteLength));
  let at = tail.byteLength - endSize;
  const isEnd = (place: number): boolean =>
    tail.getUint32(place, true) === 0x06054b50 &&
    tail.getUint16(place + 20, true) === tail.byteLength - endSize - place;
  while (at >= 0 && !isEnd(at)) at--;
  if (at < 0) {
    throw new FormatError(name, "zip has no end record: truncated, or not a zip file");
  }
  const disks = tail.getUint16(at + 4, true) + tail.getUint16(at + 6, true);
  const found = {
    count: tail.getUint16(at + 10, true),
    size: tail.getUint32(at + 12, true),
    offset: tail.getUint32(at + 16, true),
  };
  if (at >= 20 && tail.getUint32(at - 20, true) === 0x07064b50) {
    const place = readUint64(tail, at - 12, name);
    return readZip64End(source, place);
  }
  if (found.count === unknown16 || found.size === unknown32 || found.offset === unknown32) {
    throw new FormatError(name, "zip64 end record is missing");
  }
  if (disks !== 0) throw new FormatError(name, "zip over several files is not read");
  return found;
}

async function readZip64End(
  source: ByteSource,
  place: number,
): Promise<{ count: number; size: number; offset: number }> {
  const end = viewOf(await source.read(place, place + 56));
  if (end.getUint32(0, true) !== 0x06064b50) {
    throw new FormatError(source.name, `zip64 end record expected at byte ${place}`);
  }
  return {
    count: readUint64(end, 32, source.name),
    size: readUint64(end, 40, source.name),
    offset: readUint64(end, 48, source.name),
  };
}

function parseEntry(
  directory: DataView,
  at: number,
  path: string,
): { entry: ZipEntry; next: number } {
  if (at + 46 > directory.byteLength || directory.getUint32(at, true) !== 0x02014b50) {
    throw new FormatError(path, `zip directory is malformed at its byte ${at}`);
  }
  const nameLength = directory.getUint16(at + 28, true);
  const extraLength = directory.getUint16(at + 30, true);
  const extraStart = at + 46 + nameLength;
  const next = extraStart + extraLength + directory.getUint16(at + 32, true);
  if (next > directory.byteLength) {
    throw new FormatError(path, `zip directory is malformed at its byte ${at}`);
  }
  const nameBytes = new Uint8Array(directory.buffer, directory.byteOffset + at + 46, nameLength);
  const entry: ZipEntry = {
    name: utf8.decode(nameBytes),
    encrypted: (directory.getUint16(at + 8, true) & 1) === 1,
    method: directory.getUint16(at + 10, true),
    crc32: directory.getUint32(at + 16, true),
    compressedSize: directory.getUint32(at + 20, true),
    size: directory.getUint32(at + 24, true),
    offset: directory.getUint32(at + 42, true),
  };
  applyZip64(entry, directory, extraStart, extraStart + extraLength, path);
  return { entry, next };
}

/** Takes the sizes that did not fit 32 bits from the zip64 extra field, where they are in this order. */
function applyZip64(
  entry: ZipEntry,
  directory: DataView,
  start: number,
  end: number,
  path: string,
): void {
  const missing = (["size", "compressedSize", "offset"] as const).filter(
    (field) => entry[field] === unknown32,
  );
  if (missing.length === 0) return;
  for (let at = start; at + 4 <= end;) {
    const length = directory.getUint16(at + 2, true);
    if (directory.getUint16(at, true) === 1 && length >= missing.length * 8) {
      if (at + 4 + length > end) break;
      missing.forEach((field, i) => {
        entry[field] = readUint64(directory, at + 4 + i * 8, path);
      });
      return;
    }
    at += 4 + length;
  }
  throw new FormatError(path, `zip entry ${quote(entry.name)} lacks its zip64 sizes`);
}

async function locate(source: ByteSource, entry: ZipEntry): Promise<number> {
  const { name, byteLength } = source;
  if (entry.encrypted) throw new FormatError(name, `zip entry ${quote(entry.name)} is encrypted`);
  if (entry.offset + 30 + entry.compressedSize > byteLength) {
    throw new FormatError(
      name,
      `zip entry ${quote(entry.name)} of ${entry.compressedSize} bytes at byte ${entry.offset} leaves the file of ${byteLength} bytes`,
    );
  }
  const local = viewOf(await source.read(entry.offset, entry.offset + 30));
  if (local.getUint32(0, true) !== 0x04034b50) {
    throw new FormatError(
      name,
      `zip entry ${quote(entry.name)} has no header at byte ${entry.offset}`,
    );
  }
  const start = entry.offset + 30 + local.getUint16(26, true) + local.getUint16(28, true);
  if (start + entry.compressedSize > byteLength) {
    throw new FormatError(
      name,
      `zip entry ${quote(entry.name)} ends at byte ${start + entry.compressedSize}, the file at ${byteLength}`,
    );
  }
  return start;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function readUint64(view: DataView, at: number, path: string): number {
  const value = Number(view.getBigUint64(at, true));
  if (!Number.isSafeInteger(value)) throw new FormatError(path, `zip64 names byte ${value}`);
  return value;
}
