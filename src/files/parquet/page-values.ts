import type { DecodedArray, ParquetType, SchemaElement } from "hyparquet";
import { deltaBinaryUnpack } from "hyparquet/src/delta.js";
import { byteStreamSplit } from "hyparquet/src/encoding.js";
import { readPlain } from "hyparquet/src/plain.js";
import { bytesOf } from "../../core/bytes.js";
import { decodeFloat16 } from "../bytes/half.js";
import { joinBytes, lookUpWords } from "./page-kernels.js";

/** Pages that unpack further than this many times their size, and some more, are a bomb, not a text. */
export const LARGEST_RATIO = 1000;
export const PAGE_ALLOWANCE: number = 16 * 1024 * 1024;
/** Writers fill the last run up to a whole number of bytes. */
const PADDING = 1024;
/** Of an index into a dictionary, which are 64 MB of float32. */
const MOST_BITS = 24;

/** Bytes of a page, and the place of the next one that is read. */
export interface PageReader {
  view: DataView;
  offset: number;
}

/** How many values a page's encoding gives, and of which kind. */
export interface ValueKind {
  type: ParquetType;
  element: SchemaElement;
  encoding: string;
  /** Values of the chunk's dictionary page. */
  dictionary: DecodedArray | undefined;
  memory: PageMemory;
}

/** Memory for the values of one page after the other: fresh memory takes longer than to write it. */
export interface PageMemory {
  words: Uint32Array;
}

export function openPage(bytes: Uint8Array): PageReader {
  return { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 };
}

/**
 * The levels of `count` values, from 0 to `most`; undefined where there are none as all are 0. `length` is that of their
 * bytes, where the page's header gives it. Throws Error for runs of more values than that: the decoder would fill them.
 */
export function readLevels(
  reader: PageReader,
  most: number,
  count: number,
  length?: number,
): Uint8Array | undefined {
  return most === 0 ? undefined : levelsOf(takeLevels(reader, length), most, count);
}

/** The same, but undefined as well where one run says that all are at the most, as of columns without nulls. */
export function readDefinitions(
  reader: PageReader,
  most: number,
  count: number,
  length?: number,
): Uint8Array | undefined {
  if (most === 0) return undefined;
  const page = takeLevels(reader, length);
  const start = { view: page.view, offset: 0 };
  const isOneRun = page.view.byteLength > 0 && readVarint(start) === 2 * count;
  if (isOneRun && count > 0 && readWidth(start, bitsOf(most)) === most) return undefined;
  return levelsOf(page, most, count);
}

function levelsOf(page: PageReader, most: number, count: number): Uint8Array {
  const levels = new Uint8Array(count);
  readRuns(page, bitsOf(most), levels);
  return levels;
}

/** The values of a page, as they are stored. Throws Error where they are not as many, or unpack to far more than the page. */
export function readValues(reader: PageReader, kind: ValueKind, count: number): DecodedArray {
  const { type, element, encoding } = kind;
  if (count === 0) return [];
  switch (encoding) {
    case "PLAIN":
      if (isNumberType(type)) return readNumbers(reader, type, count);
      return isHalf(kind)
        ? readHalves(reader, count)
        : readPlain(reader, type, count, element.type_length);
    case "PLAIN_DICTIONARY":
    case "RLE_DICTIONARY":
      return readIndexed(reader, kind, count);
    case "RLE": {
      const values = new Uint8Array(count);
      readRuns(take(reader, take(reader, 4).view.getUint32(0, true)), 1, values);
      return Array.from(values, (value) => value !== 0);
    }
    case "BYTE_STREAM_SPLIT": {
      if (isNumberType(type)) return readSplit(reader, type, count, kind.memory);
      const width = element.type_length ?? 0;
      if (count * width > left(reader)) throw new Error(`${count} values in ${left(reader)} bytes`);
      return byteStreamSplit(reader, count, type, element.type_length);
    }
    case "DELTA_BINARY_PACKED":
      return readDeltas(
        reader,
        type === "INT32" ? new Int32Array(count) : new BigInt64Array(count),
      );
    case "DELTA_LENGTH_BYTE_ARRAY": {
      const lengths = readDeltas(reader, new Int32Array(count));
      return Array.from(lengths, (length) => bytesOf(take(reader, length).view));
    }
    case "DELTA_BYTE_ARRAY":
      return readSuffixes(reader, count);
    default:
      throw new Error(`unknown encoding ${encoding}`);
  }
}

type NumberType = "FLOAT" | "DOUBLE" | "INT32" | "INT64";

const NUMBERS = {
  FLOAT: Float32Array,
  DOUBLE: Float64Array,
  INT32: Int32Array,
  INT64: BigInt64Array,
};

/** Whether values are numbers of 4 or 8 bytes. */
export function isNumberType(type: ParquetType): type is NumberType {
  return Object.hasOwn(NUMBERS, type);
}

/** The next values, moved down to where such numbers may start if they do not: what lies before them on the page has been read. */
function readNumbers(reader: PageReader, type: NumberType, count: number): DecodedArray {
  const kind = NUMBERS[type];
  const at = reader.offset;
  const page = bytesOf(reader.view);
  const bytes = bytesOf(take(reader, count * kind.BYTES_PER_ELEMENT).view);
  const gap = bytes.byteOffset % kind.BYTES_PER_ELEMENT;
  if (gap > at) return new kind(bytes.slice().buffer);
  page.copyWithin(at - gap, at, at + bytes.length);
  return new kind(bytes.buffer as ArrayBuffer, bytes.byteOffset - gap, count);
}

/** The same of numbers whose first bytes lie together, then their second ones, and so on. */
function readSplit(
  reader: PageReader,
  type: NumberType,
  count: number,
  memory: PageMemory,
): DecodedArray {
  const kind = NUMBERS[type];
  const words = wordsOf(memory, (count * kind.BYTES_PER_ELEMENT) / 4);
  joinBytes(bytesOf(take(reader, count * kind.BYTES_PER_ELEMENT).view), words, count);
  return new kind(words.buffer as ArrayBuffer, 0, count);
}

function wordsOf(memory: PageMemory, count: number): Uint32Array {
  if (memory.words.length < count) memory.words = new Uint32Array(count);
  return memory.words.subarray(0, count);
}

function isHalf({ element }: ValueKind): boolean {
  return element.logical_type?.type === "FLOAT16" && element.type_length === 2;
}

function readHalves(reader: PageReader, count: number): Float32Array {
  const values = new Float32Array(count);
  decodeFloat16(new Uint16Array(bytesOf(take(reader, 2 * count).view).slice().buffer), values);
  return values;
}

function readIndexed(
  reader: PageReader,
  { dictionary, memory }: ValueKind,
  count: number,
): DecodedArray {
  if (dictionary === undefined) throw new Error("a page of indices without a dictionary");
  const width = reader.view.getUint8(reader.offset++);
  if (width > MOST_BITS) throw new Error(`indices of ${width} bits`);
  const words = wordsOf(memory, count);
  if (dictionary instanceof Float32Array || dictionary instanceof Int32Array) {
    // As many bytes as an index has, so that each value takes the place of its own.
    const { buffer, byteOffset, length } = dictionary;
    const table = new Uint32Array(buffer, byteOffset, length);
    if (width > 0) lookUpWords(bytesOf(take(reader, left(reader)).view), width, table, words);
    else words.fill(length > 0 ? table[0] : refuseIndex(0, length));
    return new (dictionary.constructor as Float32ArrayConstructor)(words.buffer, 0, count);
  }
  if (width === 0) words.fill(0);
  else readRuns(take(reader, left(reader)), width, words);
  const values = Array.isArray(dictionary)
    ? new Array<unknown>(count)
    : new (dictionary.constructor as Float64ArrayConstructor)(count);
  for (let i = 0; i < count; i++) {
    const index = words[i];
    if (index >= dictionary.length) refuseIndex(index, dictionary.length);
    values[i] = dictionary[index] as number;
  }
  return values;
}

function refuseIndex(index: number, length: number): never {
  throw new Error(`index ${index} in a dictionary of ${length}`);
}

/** Texts that are each the beginning of the one before and an end of their own. */
function readSuffixes(reader: PageReader, count: number): Uint8Array[] {
  const prefixes = readDeltas(reader, new Int32Array(count));
  const lengths = readDeltas(reader, new Int32Array(count));
  let unpacked = 0;
  let before = new Uint8Array(0);
  return Array.from(prefixes, (prefix, i) => {
    if (prefix < 0 || prefix > before.length) throw new Error(`a beginning of ${prefix} bytes`);
    const end = bytesOf(take(reader, lengths[i]).view);
    unpacked += prefix + end.length;
    if (unpacked > reader.view.byteLength * LARGEST_RATIO + PAGE_ALLOWANCE) {
      throw new Error(`texts of over ${unpacked} bytes in a page of ${reader.view.byteLength}`);
    }
    const text = new Uint8Array(prefix + end.length);
    text.set(before.subarray(0, prefix));
    text.set(end, prefix);
    before = text;
    return text;
  });
}

/** Fills `values` from differences, whose header must be one: the decoder would walk backwards by another. */
function readDeltas<T extends Int32Array | BigInt64Array>(reader: PageReader, values: T): T {
  const start = reader.offset;
  const block = readVarint(reader);
  const parts = readVarint(reader);
  const isHeader = parts >= 1 && parts <= 1024 && block <= 2 ** 20 && block % (32 * parts) === 0;
  if (!isHeader || block === 0) throw new Error(`differences in blocks of ${block} by ${parts}`);
  reader.offset = start;
  deltaBinaryUnpack(reader, values.length, values);
  return values;
}

/**
 * Fills `values` from runs of `width` bits. Throws Error where a run has more of them than there are.
 */
function readRuns(reader: PageReader, width: number, values: Uint8Array | Uint32Array): void {
  const bytes = reader.view.byteLength;
  for (let seen = 0; seen < values.length;) {
    if (reader.offset >= bytes) throw new Error(`${seen} values, expected ${values.length}`);
    const header = readVarint(reader);
    const isPacked = header % 2 === 1;
    const run = Math.floor(header / 2) * (isPacked ? 8 : 1);
    if (run > values.length - seen + (isPacked ? PADDING : 0)) {
      throw new Error(`a run of ${run} values, expected ${values.length - seen}`);
    }
    const part = values.subarray(seen, seen + run);
    if (!isPacked) part.fill(readWidth(reader, width));
    else unpackBits(take(reader, (run / 8) * width), width, part);
    seen += run;
  }
}

/** Fills `values` from numbers of `width` bits, at most 24, from the lowest bit of the first byte on. */
function unpackBits({ view }: PageReader, width: number, values: Uint8Array | Uint32Array): void {
  const mask = 2 ** width - 1;
  const whole = wholeWords(view, width, values.length);
  for (let i = 0, bit = 0; i < whole; i++, bit += width) {
    values[i] = (view.getInt32(bit >>> 3, true) >>> (bit & 7)) & mask;
  }
  for (let i = whole; i < values.length; i++) values[i] = bitsAt(view, i * width) & mask;
}

/** How many of `count` numbers of `width` bits lie in four bytes that are all there. */
function wholeWords(view: DataView, width: number, count: number): number {
  return Math.max(0, Math.min(count, Math.floor((8 * (view.byteLength - 4)) / width) + 1));
}

/** The bits from one on as far as there are bytes, 25 of them at least where there are. */
function bitsAt(view: DataView, bit: number): number {
  let word = 0;
  for (let at = bit >>> 3, shift = 0; at < view.byteLength && shift < 32; at++, shift += 8) {
    word |= view.getUint8(at) << shift;
  }
  return word >>> (bit & 7);
}

/** A number of `width` bits in as many bytes as it takes. */
function readWidth(reader: PageReader, width: number): number {
  let value = 0;
  for (let shift = 0; shift < width; shift += 8) {
    value += reader.view.getUint8(reader.offset++) * 2 ** shift;
  }
  return value;
}

function bitsOf(most: number): number {
  return 32 - Math.clz32(most);
}

/** The bytes of levels, whose length comes first where it is not given. */
function takeLevels(reader: PageReader, length?: number): PageReader {
  return take(reader, length ?? take(reader, 4).view.getUint32(0, true));
}

function readVarint(reader: PageReader): number {
  let value = 0;
  for (let factor = 1; ; factor *= 128) {
    const byte = reader.view.getUint8(reader.offset++);
    value += (byte & 0x7f) * factor;
    if (byte < 0x80) return value;
    if (factor > 2 ** 28) throw new Error("a number of more than 32 bits");
  }
}

/** The next bytes as a page of their own. */
function take(reader: PageReader, length: number): PageReader {
  const { view, offset } = reader;
  if (length < 0 || length > left(reader)) {
    throw new Error(`${length} bytes of the ${left(reader)} that are left`);
  }
  reader.offset += length;
  return { view: new DataView(view.buffer, view.byteOffset + offset, length), offset: 0 };
}

function left({ view, offset }: PageReader): number {
  return view.byteLength - offset;
}
