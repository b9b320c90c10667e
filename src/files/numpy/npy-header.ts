import { FormatError } from "../../core/errors.js";
import { quote } from "../../core/shown.js";
import type { ByteSource } from "../bytes/source.js";

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
/** Far above any plain array's header; NumPy itself stops at 10,000 characters. */
const largestHeader = 64 * 1024;
const mostDimensions = 32;
const deepestLiteral = 8;

const itemSizes = {
  f2: 2,
  f4: 4,
  f8: 8,
  i1: 1,
  i2: 2,
  i4: 4,
  i8: 8,
  u1: 1,
  u2: 2,
  u4: 4,
  u8: 8,
  b1: 1,
} as const;

/** NumPy's kind and item size: f float, i and u integers, b1 boolean. */
export type NpyDtype = keyof typeof itemSizes;

/** What an .npy file says of itself. */
export interface NpyHeader {
  version: number;
  dtype: NpyDtype;
  bigEndian: boolean;
  /** Whether the first dimension runs fastest (column-major). */
  fortran: boolean;
  shape: number[];
  /** Bytes of one value. */
  itemSize: number;
  /** Number of values: the product of the shape, 1 for a scalar. */
  count: number;
  /** Where the values start, in bytes. */
  dataOffset: number;
}

/**
 * Reads and checks the header of an .npy file, versions 1 to 3, and that the file holds exactly the values that it
 * declares. Throws FormatError for anything else, object and structured arrays included.
 * Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
export async function readNpyHeader(source: ByteSource): Promise<NpyHeader> {
  const { name, byteLength } = source;
  const start = await source.read(0, Math.min(byteLength, 12));
  if (magic.some((byte, i) => start[i] !== byte)) {
    const problem = byteLength === 0 ? "it is empty" : "it does not start with \\x93NUMPY";
    throw new FormatError(name, `not an npy file: ${problem}`);
  }
  const version = start[6];
  const textOffset = version === 1 ? 10 : 12;
  if (byteLength < textOffset) {
    throw new FormatError(
      name,
      `truncated: npy header needs at least ${textOffset} bytes, found ${byteLength}`,
    );
  }
  if (version < 1 || version > 3) {
    throw new FormatError(name, `npy version must be from 1 to 3, got ${version}`);
  }
  let length = 0;
  for (let i = textOffset - 1; i >= 8; i--) length = length * 256 + start[i];
  const dataOffset = textOffset + length;
  if (length > largestHeader) {
    throw new FormatError(name, `npy header of ${length} bytes, at most ${largestHeader} are read`);
  }
  if (dataOffset > byteLength) {
    throw new FormatError(
      name,
      `truncated: npy header ends at byte ${dataOffset}, found ${byteLength} bytes`,
    );
  }
  const decoder = new TextDecoder(version === 3 ? "utf-8" : "latin1");
  const text = decoder.decode(await source.read(textOffset, dataOffset));
  const header = { version, dataOffset, ...parseHeader(text, name) };
  checkSize(header, source);
  return header;
}

type Literal = string | number | boolean | Literal[] | Map<string, Literal>;

function parseHeader(text: string, name: string): Omit<NpyHeader, "version" | "dataOffset"> {
  const literal = parseLiteral(text, name);
  if (!(literal instanceof Map)) throw new FormatError(name, "npy header is not a dict");
  const descr = literal.get("descr");
  const fortran = literal.get("fortran_order");
  const shape = literal.get("shape");
  if (typeof fortran !== "boolean") {
    throw new FormatError(name, "npy header lacks fortran_order, expected True or False");
  }
  if (!isShape(shape)) {
    throw new FormatError(name, `npy header lacks a shape of at most ${mostDimensions} integers`);
  }
  const count = shape.includes(0) ? 0 : shape.reduce((product, size) => product * size, 1);
  if (!Number.isSafeInteger(count * 8)) {
    throw new FormatError(name, `npy shape (${shape.join(", ")}) is too large`);
  }
  const { dtype, bigEndian } = parseDescr(descr, name);
  return { dtype, bigEndian, fortran, shape, count, itemSize: itemSizes[dtype] };
}

function isShape(value: Literal | undefined): value is number[] {
  return (
    Array.isArray(value) &&
    value.length <= mostDimensions &&
    value.every((size) => Number.isSafeInteger(size))
  );
}

function parseDescr(
  descr: Literal | undefined,
  name: string,
): { dtype: NpyDtype; bigEndian: boolean } {
  if (typeof descr !== "string") {
    const what = descr === undefined ? "lacks descr" : "has a structured dtype";
    throw new FormatError(name, `npy header ${what}, expected a single number type`);
  }
  const match = /^([<>|])([a-z]\d+)$/.exec(descr);
  if (match && isDtype(match[2])) {
    const dtype = match[2];
    if (itemSizes[dtype] === 1 || match[1] !== "|") return { dtype, bigEndian: match[1] === ">" };
  }
  const why = descr.includes("O") ? " (Python objects are never read)" : "";
  throw new FormatError(
    name,
    `npy dtype ${quote(descr)}${why}, expected one of ${Object.keys(itemSizes).join(" ")}`,
  );
}

function isDtype(text: string): text is NpyDtype {
  return Object.hasOwn(itemSizes, text);
}

function checkSize(header: NpyHeader, source: ByteSource): void {
  const { shape, dtype, count, itemSize, dataOffset } = header;
  const expected = dataOffset + count * itemSize;
  if (source.byteLength === expected) return;
  const problem = source.byteLength < expected ? "truncated" : "too long";
  throw new FormatError(
    source.name,
    `${problem}: ${dtype} of shape (${shape.join(", ")}) makes ${expected} bytes, found ${source.byteLength}`,
  );
}

/** Reads the few Python literals that a header is made of: dict, tuple, list, string, integer, True, False. */
function parseLiteral(text: string, name: string): Literal {
  const tokens = text.match(/'[^'\\]*'|"[^"\\]*"|\d+L?|True|False|[{}()[\],:]|\S/g) ?? [];
  let at = 0;
  const fail = (): never => {
    const token = at < tokens.length ? quote(tokens[at]) : "its end";
    throw new FormatError(name, `npy header is not a Python literal near ${token}`);
  };
  const expect = (token: string): void => {
    if (tokens[at] !== token) fail();
    at++;
  };
  const items = (close: string, read: () => void): void => {
    while (tokens[at] !== close) {
      read();
      if (tokens[at] !== close) expect(",");
    }
    at++;
  };
  const value = (depth: number): Literal => {
    if (depth > deepestLiteral || at >= tokens.length) fail();
    const token = tokens[at++];
    if (token === "{") {
      const map = new Map<string, Literal>();
      items("}", () => {
        const key = value(depth + 1);
        expect(":");
        if (typeof key !== "string") fail();
        else map.set(key, value(depth + 1));
      });
      return map;
    }
    if (token === "(" || token === "[") {
      const list: Literal[] = [];
      items(token === "(" ? ")" : "]", () => list.push(value(depth + 1)));
      return list;
    }
    if (token === "True" || token === "False") return token === "True";
    if (/^\d/.test(token)) return Number(token.replace("L", ""));
    if (/^['"]./.test(token)) return token.slice(1, -1);
    at--;
    return fail();
  };
  const literal = value(0);
  if (at < tokens.length) fail();
  return literal;
}
