import { FormatError } from "../core/errors.js";
import { cutLine } from "../core/shown.js";

const firstPrivate = 0xe000;
const lastPrivate = 0xf8ff;
/** V8 takes seconds and gigabytes for millions of open brackets; shorter texts cannot hurt. */
const deepest = 1000;
const harmlessLength = 100_000;

/** How JSON is read. */
export interface JsonOptions {
  /** Whether an integer that no number holds exactly, beyond 2^53, becomes its digits as text. Default false: it is rounded. */
  exactIntegers?: boolean;
}

/**
 * Parses JSON in which NaN, Infinity and -Infinity are numbers, as Python writes them. A byte order mark is
 * passed over. Throws FormatError, naming `name`, if the text is anything else or nested over 1,000 deep.
 */
export function parseJson(text: string, name: string, options: JsonOptions = {}): unknown {
  let body = text.startsWith("\ufeff") ? text.slice(1) : text;
  if (body.length > harmlessLength) checkDepth(body, name);
  if (options.exactIntegers && /\d{16}/.test(body)) body = outsideStrings(body, quoteIntegers);
  try {
    return JSON.parse(body) as unknown;
  } catch (cause) {
    const marker = chooseMarker(body);
    const mended = mendNumbers(body, marker);
    if (mended === body) throw notJson(name, body, cause);
    try {
      return restoreNaN(JSON.parse(mended), marker);
    } catch (error) {
      throw notJson(name, body, error);
    }
  }
}

/**
 * JSON text of a value: NaN and infinities become null, typed arrays arrays, a bigint a number where that is exact and
 * else a string. `indent` is in spaces, default none.
 */
export function stringifyJson(value: unknown, indent = 0): string {
  return JSON.stringify(value, plainValue, indent);
}

/** The values of a text that holds one after the other, each over one or several lines. Throws as `parseJson` does. */
export function* parseJsonValues(
  text: string,
  name: string,
  options: JsonOptions = {},
): Generator<unknown> {
  let depth = 0;
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x22) at = endOfString(text, at) - 1;
    else if (code === 0x5b || code === 0x7b) depth++;
    else if (code === 0x5d || code === 0x7d) depth--;
    else continue;
    if (depth > 0) continue;
    yield parseJson(text.slice(start, at + 1), name, options);
    start = at + 1;
  }
  if (text.slice(start).trim() !== "") yield parseJson(text.slice(start), name, options);
}

function plainValue(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") {
    return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  }
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    return Array.from(value as unknown as ArrayLike<number | bigint>);
  }
  return value;
}

/** A character that no string of the text can contain, as a placeholder for NaN. */
function chooseMarker(text: string): string {
  const used = new Set<number>();
  for (const [character] of text.matchAll(/[\ue000-\uf8ff]|\\u[ef][0-9a-f]{3}/gi)) {
    used.add(character.length === 1 ? character.charCodeAt(0) : parseInt(character.slice(2), 16));
  }
  let code = firstPrivate;
  while (code < lastPrivate && used.has(code)) code++;
  return String.fromCharCode(code);
}

function checkDepth(text: string, name: string): void {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x22) at = endOfString(text, at) - 1;
    else if (code === 0x5b || code === 0x7b) {
      if (++depth > deepest) throw new FormatError(name, `JSON nested over ${deepest} deep`);
    } else if (code === 0x5d || code === 0x7d) depth--;
  }
}

/** Replaces the bare words outside strings by JSON of the same length, so that places in errors stay right. */
function mendNumbers(text: string, marker: string): string {
  return outsideStrings(text, (part) =>
    part.replace(/NaN/g, `"${marker}"`).replace(/Infinity/g, "1e999   "),
  );
}

function quoteIntegers(part: string): string {
  return part.replace(/(?<![\d.eE+-])-?\d{16,}(?![\d.eE])/g, (digits) =>
    Number.isSafeInteger(Number(digits)) ? digits : `"${digits}"`,
  );
}

function outsideStrings(text: string, change: (part: string) => string): string {
  const parts: string[] = [];
  let at = 0;
  while (at < text.length) {
    const open = text.indexOf('"', at);
    const between = text.slice(at, open < 0 ? text.length : open);
    parts.push(change(between));
    if (open < 0) break;
    at = endOfString(text, open);
    parts.push(text.slice(open, at));
  }
  return parts.join("");
}

/** The place after the string that opens at `open`. */
function endOfString(text: string, open: number): number {
  for (let at = open + 1; ; at++) {
    at = text.indexOf('"', at);
    if (at < 0) return text.length;
    let slashes = 0;
    while (text[at - 1 - slashes] === "\\") slashes++;
    if (slashes % 2 === 0) return at + 1;
  }
}

function restoreNaN(root: unknown, marker: string): unknown {
  if (root === marker) return NaN;
  const waiting: unknown[] = [root];
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    if (typeof value !== "object" || value === null) continue;
    if (Array.isArray(value)) {
      const items = value as unknown[];
      for (let i = 0; i < items.length; i++) {
        if (items[i] === marker) items[i] = NaN;
        else if (typeof items[i] === "object") waiting.push(items[i]);
      }
      continue;
    }
    const holder = value as Record<string, unknown>;
    for (const [key, inner] of Object.entries(holder)) {
      // JSON.parse makes an own field even of __proto__, which an assignment would not reach.
      if (inner === marker) Object.defineProperty(holder, key, { value: NaN });
      else if (typeof inner === "object") waiting.push(inner);
    }
  }
  return root;
}

function notJson(name: string, text: string, cause: unknown): FormatError {
  if (text.trim() === "") return new FormatError(name, "expected JSON, found nothing");
  const message = cause instanceof Error ? cause.message : "";
  const place = /at position (\d+)/.exec(message);
  // A text of one line, such as one of a .jsonl, has no line numbers to report.
  const line =
    place && text.includes("\n") ? text.slice(0, Number(place[1])).split("\n").length : undefined;
  const detail = cutLine(message, 160);
  const where = line === undefined ? "" : ` on line ${line}`;
  return new FormatError(name, `not valid JSON${where}: ${detail}`, { cause });
}
