import { bytesOf } from "../core/bytes.js";
import { FormatError } from "../core/errors.js";
import { encodeBfloat16, encodeFloat16 } from "./bytes/half.js";
import { parseJson } from "./json-text.js";
import { quote } from "../core/shown.js";
import { withSource } from "./bytes/source.js";
import type { ByteSource } from "./bytes/source.js";
import { countValues, decodeTensorData, tensorItemSizes } from "./bytes/tensor.js";
import type { Tensor, TensorData, TensorDtype } from "./bytes/tensor.js";
import { isRecord, ownValue } from "../core/collections.js";

const largestHeader = 8 * 1024 * 1024;
/** An entry of a header has two lists and one object in some 60 bytes and more. */
const leastBytesPerBracket = 8;
const mostDimensions = 64;
const alignment = 8;

/** In the order in which the format's own writer lays tensors out: widest first. */
const dtypes: Record<string, TensorDtype> = {
  U64: "uint64",
  I64: "int64",
  F64: "float64",
  F32: "float32",
  U32: "uint32",
  I32: "int32",
  BF16: "bfloat16",
  F16: "float16",
  U16: "uint16",
  I16: "int16",
  I8: "int8",
  U8: "uint8",
  BOOL: "bool",
};
const codes = Object.keys(dtypes);

/** Where a tensor lies in a safetensors file: bytes `start` up to `end` of the whole file. */
export interface SafetensorsEntry {
  shape: number[];
  dtype: TensorDtype;
  start: number;
  end: number;
}

/** What a safetensors file says of itself, in the order in which its tensors lie. */
export interface SafetensorsHeader {
  entries: Map<string, SafetensorsEntry>;
  metadata: Record<string, string>;
}

/** A tensor to write. `dtype` defaults to the type of `data`; float32 values may be stored as float16 or bfloat16. */
export interface TensorContent {
  shape: readonly number[];
  data: TensorData;
  dtype?: TensorDtype;
}

/**
 * Reads and checks the header of a safetensors file: tensors must fill the rest of the file without holes and without
 * overlap. Throws FormatError otherwise.
 * Format: https://huggingface.co/docs/safetensors
 */
export async function readSafetensorsHeader(source: ByteSource): Promise<SafetensorsHeader> {
  const { name, byteLength } = source;
  if (byteLength < 8) {
    throw new FormatError(name, `not a safetensors file: ${byteLength} bytes, at least 8 expected`);
  }
  const first = await source.read(0, 8);
  const length = Number(new DataView(first.buffer, first.byteOffset).getBigUint64(0, true));
  if (length > byteLength - 8) {
    throw new FormatError(
      name,
      `truncated, or not a safetensors file: header of ${length} bytes, found ${byteLength - 8}`,
    );
  }
  if (length > largestHeader) {
    throw new FormatError(
      name,
      `safetensors header of ${length} bytes, at most ${largestHeader} are read`,
    );
  }
  const bytes = await source.read(8, 8 + length);
  const brackets = bytes.reduce((sum, byte) => (byte === 0x5b || byte === 0x7b ? sum + 1 : sum), 0);
  if (brackets > 100 + length / leastBytesPerBracket) {
    throw new FormatError(name, `safetensors header is malformed: ${brackets} brackets`);
  }
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  const header: unknown = text.startsWith("{") ? parseJson(text, name) : undefined;
  if (!isRecord(header)) throw new FormatError(name, "safetensors header is not a JSON object");
  const metadata = parseMetadata(header["__metadata__"], name);
  const entries: [string, SafetensorsEntry][] = [];
  for (const [key, value] of Object.entries(header)) {
    if (key !== "__metadata__") entries.push([key, parseEntry(key, value, 8 + length, name)]);
  }
  entries.sort(([, a], [, b]) => a.start - b.start || a.end - b.end);
  checkPlaces(entries, 8 + length, source);
  return { entries: new Map(entries), metadata };
}

/** Reads all tensors of a safetensors file, and its metadata. Throws FormatError where its header does not hold. */
export async function readSafetensors(
  input: string | ByteSource,
): Promise<{ tensors: Map<string, Tensor>; metadata: Record<string, string> }> {
  return withSource(input, async (source) => {
    const { entries, metadata } = await readSafetensorsHeader(source);
    const tensors = new Map<string, Tensor>();
    for (const [name, { shape, dtype, start, end }] of entries) {
      const raw = new Uint8Array(end - start);
      await source.readInto(raw, start);
      tensors.set(name, { shape, dtype, data: decodeTensorData(raw, dtype) });
    }
    return { tensors, metadata };
  });
}

/**
 * Tensors as the bytes of a safetensors file, in parts: the header, then each tensor's values, ordered by type and
 * name as the format's own writer does. Throws RangeError if data and shape disagree, TypeError for a dtype
 * that the values are not of.
 */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, TensorContent>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array[] {
  const encoded = [...tensors].map(([name, content]) => encodeTensor(name, content));
  encoded.sort(
    (a, b) => codes.indexOf(a.code) - codes.indexOf(b.code) || (a.name < b.name ? -1 : 1),
  );
  const header: [string, unknown][] = [];
  if (Object.keys(metadata).length > 0) header.push(["__metadata__", metadata]);
  let offset = 0;
  for (const { name, code, shape, bytes } of encoded) {
    const place = [offset, offset + bytes.length];
    header.push([name, { dtype: code, shape, data_offsets: place }]);
    offset += bytes.length;
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const length = Math.ceil(json.length / alignment) * alignment;
  const head = new Uint8Array(8 + length).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(length), true);
  head.set(json, 8);
  return [head, ...encoded.map(({ bytes }) => bytes)];
}

function parseMetadata(value: unknown, path: string): Record<string, string> {
  // Some writers put null where there is none.
  if (value === undefined || value === null) return {};
  if (!isRecord(value) || !Object.values(value).every((text) => typeof text === "string")) {
    throw new FormatError(path, "safetensors __metadata__ must be texts by name");
  }
  return value as Record<string, string>;
}

function parseEntry(key: string, value: unknown, base: number, path: string): SafetensorsEntry {
  const shown = quote(key);
  const { dtype: code, shape, data_offsets: offsets } = isRecord(value) ? value : {};
  const dtype = typeof code === "string" ? ownValue(dtypes, code) : undefined;
  if (dtype === undefined || typeof code !== "string") {
    const known = codes.join(" ");
    const found = typeof code === "string" ? quote(code) : "none";
    throw new FormatError(path, `tensor ${shown} has dtype ${found}, expected one of ${known}`);
  }
  if (!isSizes(shape) || shape.length > mostDimensions) {
    throw new FormatError(path, `tensor ${shown} has no shape of integers from 0 on`);
  }
  if (!isSizes(offsets) || offsets.length !== 2) {
    throw new FormatError(path, `tensor ${shown} has no data_offsets [start, end]`);
  }
  const [start, end] = offsets;
  const expected = countValues(shape, path) * tensorItemSizes[dtype];
  if (end - start !== expected) {
    throw new FormatError(
      path,
      `tensor ${shown}: ${code} of shape (${shape.join(", ")}) makes ${expected} bytes, found ${end - start}`,
    );
  }
  return { shape, dtype, start: base + start, end: base + end };
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function checkPlaces(
  entries: [string, SafetensorsEntry][],
  base: number,
  source: ByteSource,
): void {
  let at = base;
  for (const [key, { start, end }] of entries) {
    if (start !== at) {
      const problem = start < at ? "overlaps the tensor before it" : "leaves a gap before it";
      const shown = quote(key);
      throw new FormatError(
        source.name,
        `tensor ${shown} ${problem}: starts at byte ${start}, expected ${at}`,
      );
    }
    at = end;
  }
  if (at !== source.byteLength) {
    const problem = at > source.byteLength ? "truncated" : "too long";
    throw new FormatError(
      source.name,
      `${problem}: its tensors end at byte ${at}, found ${source.byteLength} bytes`,
    );
  }
}

interface EncodedTensor {
  name: string;
  code: string;
  shape: readonly number[];
  bytes: Uint8Array;
}

function encodeTensor(name: string, { shape, data, dtype }: TensorContent): EncodedTensor {
  const count = shape.reduce((product, size) => product * size, 1);
  if (count !== data.length) {
    throw new RangeError(
      `safetensors: ${name} of shape (${shape.join(", ")}) needs ${count} values, got ${data.length}`,
    );
  }
  const own = dtypeOf(data);
  const stored = dtype ?? own;
  const isHalf = stored === "float16" || stored === "bfloat16";
  const fits =
    stored === own || (isHalf && own === "float32") || (stored === "bool" && own === "uint8");
  const code = Object.entries(dtypes).find(([, known]) => known === stored)?.[0];
  if (!fits || code === undefined || name === "__metadata__") {
    throw new TypeError(`safetensors: ${name} holds ${own} values, cannot be stored as ${stored}`);
  }
  return { name, code, shape, bytes: storedBytes(data, stored) };
}

function dtypeOf(data: TensorData): TensorDtype {
  if (data instanceof Float32Array) return "float32";
  if (data instanceof Float64Array) return "float64";
  if (data instanceof BigInt64Array) return "int64";
  if (data instanceof BigUint64Array) return "uint64";
  if (data instanceof Int32Array) return "int32";
  if (data instanceof Int16Array) return "int16";
  if (data instanceof Int8Array) return "int8";
  if (data instanceof Uint32Array) return "uint32";
  return data instanceof Uint16Array ? "uint16" : "uint8";
}

function storedBytes(data: TensorData, dtype: TensorDtype): Uint8Array {
  let view: ArrayBufferView = data;
  if (dtype === "float16" && data instanceof Float32Array) view = encodeFloat16(data);
  if (dtype === "bfloat16" && data instanceof Float32Array) view = encodeBfloat16(data);
  return bytesOf(view);
}
