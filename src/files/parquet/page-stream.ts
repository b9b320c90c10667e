import type { ColumnMetaData, Compressors, DecodedArray, PageHeader, SchemaTree } from "hyparquet";
import { parquetHeader } from "hyparquet/src/column.js";
import { DEFAULT_PARSERS, convert } from "hyparquet/src/convert.js";
import { decompressPage } from "hyparquet/src/datapage.js";
import { getMaxDefinitionLevel, getMaxRepetitionLevel, getTreePath } from "hyparquet/src/schema.js";
import * as zlib from "node:zlib";
import type { ByteSource } from "../bytes/source.js";
import {
  LARGEST_RATIO,
  PAGE_ALLOWANCE,
  type PageMemory,
  isNumberType,
  openPage,
  readDefinitions,
  readLevels,
  readValues,
} from "./page-values.js";
import { unpackSnappy } from "./snappy.js";
import { openZstd } from "./zstd.js";

const WINDOW = 4 * 1024 * 1024;
const HEADER = 4096;
const LONGEST_HEADER = 16 * 1024 * 1024;

/** Values of one page of a column without children. A value whose definition is below the most is null or not there. */
export interface Page {
  /** Values, those that are null or not there included. */
  count: number;
  /** How many levels of lists each value continues, and how much of its path is there; undefined where all are at the most. */
  repetitions: Uint8Array | undefined;
  definitions: Uint8Array | undefined;
  /** The values that are there; numbers hold until the next page is read. */
  values: DecodedArray;
}

/** A column without children: where it lies in the schema, and the most of its levels. */
export interface Leaf {
  path: SchemaTree[];
  mostDefined: number;
  mostRepeated: number;
}

export function leafOf(schema: SchemaTree, { path_in_schema }: ColumnMetaData): Leaf {
  const path = getTreePath(schema, path_in_schema);
  return {
    path,
    mostDefined: getMaxDefinitionLevel(path),
    mostRepeated: getMaxRepetitionLevel(path),
  };
}

/** The pages of a column's chunk, one in memory at a time. Throws Error where one claims more than it can hold. */
export async function* streamPages(
  source: ByteSource,
  chunk: ColumnMetaData,
  leaf: Leaf,
): AsyncGenerator<Page> {
  const start = Number(chunk.dictionary_page_offset || chunk.data_page_offset);
  const next = pageReader(source, start, start + Number(chunk.total_compressed_size));
  const decoder = await openChunk(chunk, leaf);
  let dictionary: DecodedArray | undefined;
  let left = Number(chunk.num_values);
  while (left > 0) {
    const { header, bytes } = await next();
    if (header.type === "DICTIONARY_PAGE") {
      dictionary = decodeDictionary(header, bytes, decoder);
    } else {
      const page = decodePage(header, bytes, decoder, { dictionary, left });
      left -= page.count;
      yield page;
    }
  }
}

/** Reads page after page of a range of the file; the bytes of one hold until the next is read. */
function pageReader(
  source: ByteSource,
  start: number,
  end: number,
): () => Promise<{ header: PageHeader; bytes: Uint8Array }> {
  let at = start;
  // Bytes from `from` on, in memory that is used again: fresh memory takes longer than to read into it.
  let window: Uint8Array = new Uint8Array(0);
  let from = start;
  let filled = 0;
  const read = async (length: number): Promise<Uint8Array> => {
    if (!(length >= 0 && at + length <= end)) {
      throw new Error(`a page of ${length} bytes, the column has ${end - at} left`);
    }
    if (at + length > from + filled) {
      const rest = window.subarray(at - from, filled);
      const size = Math.min(end - at, Math.max(length, WINDOW));
      const next = size > window.length ? new Uint8Array(size) : window;
      next.set(rest);
      [window, from, filled] = [next, at, rest.length];
      await source.readInto(window.subarray(filled, size), at + filled);
      filled = size;
    }
    return window.subarray(at - from, at - from + length);
  };
  return async () => {
    if (at >= end) throw new Error("a column ends before its values do");
    const { header, length } = await readHeader(read, end - at);
    at += length;
    const bytes = await read(header.compressed_page_size);
    at += bytes.length;
    return { header, bytes };
  };
}

/**
 * The header of a page and its length, from as many of its first bytes as it takes: `read` gives the first ones, and `left` is how many the
 * column still has. Throws Error where they are no header.
 */
export async function readHeader(
  read: (length: number) => Promise<Uint8Array>,
  left: number,
): Promise<{ header: PageHeader; length: number }> {
  for (let size = HEADER; ; size *= 16) {
    const reader = openPage(await read(Math.min(size, left)));
    try {
      const header = parquetHeader(reader);
      return { header, length: reader.offset };
    } catch (error) {
      // A header is as long as the smallest and largest values that it names.
      if (size >= left || size > LONGEST_HEADER) throw error;
    }
  }
}

/** What decodes the pages of a chunk; numbers of one hold until the next is decoded. */
export interface ChunkDecoder {
  chunk: ColumnMetaData;
  leaf: Leaf;
  decoders: Compressors;
  memory: PageMemory;
}

export async function openChunk(chunk: ColumnMetaData, leaf: Leaf): Promise<ChunkDecoder> {
  const memory = { words: new Uint32Array(0) };
  return { chunk, leaf, decoders: await decodersOf(chunk), memory };
}

/** The values of a dictionary page, which stay. Throws Error where it claims more than it can hold. */
export function decodeDictionary(
  header: PageHeader,
  bytes: Uint8Array,
  { chunk, leaf, decoders, memory }: ChunkDecoder,
): DecodedArray {
  const count = header.dictionary_page_header?.num_values ?? 0;
  checkCount(count, header, Infinity);
  const page = openPage(unpack(bytes, header, chunk, decoders));
  const kind = { ...kindOf(chunk, leaf), encoding: "PLAIN", dictionary: undefined, memory };
  const values = converted(readValues(page, kind, count), chunk, leaf);
  return Array.isArray(values) ? values : values.slice();
}

/**
 * A page of data, `left` being the values that the chunk still has; `bytes` are written over. Throws Error where it claims more than it
 * can hold.
 */
export function decodePage(
  header: PageHeader,
  bytes: Uint8Array,
  { chunk, leaf, decoders, memory }: ChunkDecoder,
  { dictionary, left }: { dictionary: DecodedArray | undefined; left: number },
): Page {
  const { data_page_header: first, data_page_header_v2: second } = header;
  const about = header.type === "DATA_PAGE" ? first : second;
  if (about === undefined) throw new Error(`a page of the kind ${header.type}`);
  const { num_values: count, encoding } = about;
  checkCount(count, header, left);
  let page = openPage(new Uint8Array(0));
  let repetitions: Uint8Array | undefined;
  let definitions: Uint8Array | undefined;
  if (header.type === "DATA_PAGE") {
    page = openPage(unpack(bytes, header, chunk, decoders));
    repetitions = readLevels(page, leaf.mostRepeated, count);
    definitions = readDefinitions(page, leaf.mostDefined, count);
  } else if (second !== undefined) {
    const { repetition_levels_byte_length: r, definition_levels_byte_length: d } = second;
    const levels = openPage(bytes);
    repetitions = readLevels(levels, leaf.mostRepeated, count, r);
    levels.offset = r;
    definitions = readDefinitions(levels, leaf.mostDefined, count, d);
    const size = header.uncompressed_page_size - r - d;
    const packed = { ...header, uncompressed_page_size: size };
    const codec = second.is_compressed === false ? "UNCOMPRESSED" : chunk.codec;
    page = openPage(unpack(bytes.subarray(r + d), packed, { codec, type: chunk.type }, decoders));
  }
  const there = definitions === undefined ? count : countOf(leaf.mostDefined, definitions);
  const values = readValues(page, { ...kindOf(chunk, leaf), encoding, dictionary, memory }, there);
  const isIndexed = encoding.endsWith("_DICTIONARY");
  return {
    count,
    repetitions,
    definitions: there === count ? undefined : definitions,
    values: isIndexed ? values : converted(values, chunk, leaf),
  };
}

function kindOf(
  { type }: ColumnMetaData,
  { path }: Leaf,
): { type: ColumnMetaData["type"]; element: SchemaTree["element"] } {
  return { type, element: path[path.length - 1].element };
}

/** Stored values as what they mean: texts, dates, decimals. */
function converted(values: DecodedArray, chunk: ColumnMetaData, leaf: Leaf): DecodedArray {
  if (values instanceof Float32Array) return values;
  return convert(values, {
    ...kindOf(chunk, leaf),
    codec: chunk.codec,
    pathInSchema: chunk.path_in_schema,
    schemaPath: leaf.path,
    parsers: DEFAULT_PARSERS,
  });
}

/** A run makes many values from a few bytes, but no page has that many of them from so few. */
function checkCount(count: number, { uncompressed_page_size }: PageHeader, left: number): void {
  const most = Math.min(left, 8 * uncompressed_page_size + PAGE_ALLOWANCE);
  if (!(Number.isInteger(count) && count >= 0 && count <= most)) {
    throw new Error(`a page claims ${count} values, at most ${most} are left`);
  }
}

/** The content of a page: its bytes themselves where they are not compressed and no value stays a view of them. */
function unpack(
  bytes: Uint8Array,
  { uncompressed_page_size: size }: Pick<PageHeader, "uncompressed_page_size">,
  { codec, type }: Pick<ColumnMetaData, "codec" | "type">,
  decoders: Compressors,
): Uint8Array {
  if (!(size >= 0 && size <= bytes.length * LARGEST_RATIO + PAGE_ALLOWANCE)) {
    throw new Error(`a page claims ${size} bytes from ${bytes.length}`);
  }
  if (codec !== "UNCOMPRESSED" && size > 0) return decompressPage(bytes, size, codec, decoders);
  return isNumberType(type) ? bytes : bytes.slice();
}

/** Decoders of Node itself; that of zstd is new in Node 22. */
const NATIVE: Readonly<Record<string, unknown>> = {
  GZIP: zlib.gunzipSync,
  BROTLI: zlib.brotliDecompressSync,
  ZSTD: Reflect.get(zlib, "zstdDecompressSync"),
};

/** The decoder of a chunk's codec. A library is imported where Node lacks one that is needed, as that takes a while. */
async function decodersOf({ codec, type }: ColumnMetaData): Promise<Compressors> {
  const native = NATIVE[codec];
  if (typeof native === "function") {
    return {
      [codec]: (input: Uint8Array, length: number): Uint8Array =>
        (native as typeof zlib.gunzipSync)(input, { maxOutputLength: Math.max(1, length) }),
    };
  }
  if (codec === "SNAPPY") return { SNAPPY: intoMemory(unpackSnappy, isNumberType(type)) };
  if (codec === "ZSTD") {
    return { ZSTD: intoMemory(await openZstd(), isNumberType(type)) };
  }
  return codec === "UNCOMPRESSED" ? {} : (await import("hyparquet-compressors")).compressors;
}

/** Unpacks into the same memory again and again where its pages hold until the next one only. */
function intoMemory(
  unpackInto: (input: Uint8Array, output: Uint8Array) => void,
  isReused: boolean,
): (input: Uint8Array, length: number) => Uint8Array {
  let memory = new Uint8Array(0);
  return (input, length) => {
    if (!isReused || memory.length < length) memory = new Uint8Array(length);
    const page = memory.subarray(0, length);
    unpackInto(input, page);
    return page;
  };
}

function countOf(level: number, levels: Uint8Array): number {
  let count = 0;
  for (let i = 0; i < levels.length; i++) if (levels[i] === level) count++;
  return count;
}
