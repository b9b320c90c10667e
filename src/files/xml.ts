import { replaceUnsafe } from "../core/shown.js";
import { FormatError } from "../core/errors.js";
import { cutLine } from "../core/shown.js";

/** Elements open at once at most: GraphML needs four. */
const DEEPEST = 64;

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ["lt", "<"],
  ["gt", ">"],
  ["amp", "&"],
  ["quot", '"'],
  ["apos", "'"],
]);

/** Called with what an XML text holds, in order. Names keep their prefix. */
export interface XmlVisitor {
  open(name: string, attributes: ReadonlyMap<string, string>): void;
  /** Text between two tags, CDATA included. */
  text(text: string): void;
  close(name: string): void;
}

/**
 * Reads XML in one pass. Entities are the five of XML and numeric ones; a document type, which could define more, is
 * refused. `source` is used in errors. Throws FormatError with the line where the text is not well formed.
 */
export function readXml(text: string, source: string, visitor: XmlVisitor): void {
  const open: string[] = [];
  let at = text.startsWith("\uFEFF") ? 1 : 0;
  let elements = 0;
  const fail = (problem: string): never => {
    const line = text.slice(0, at).split("\n").length;
    throw new FormatError(source, `line ${line}: ${problem}`);
  };
  const indexAfter = (mark: string, from: number): number => {
    const found = text.indexOf(mark, from);
    return found < 0 ? fail(`expected ${mark}, got the end`) : found + mark.length;
  };
  while (at < text.length) {
    const next = text.indexOf("<", at);
    const until = next < 0 ? text.length : next;
    if (until > at) {
      const between = text.slice(at, until);
      if (open.length > 0) visitor.text(decodeEntities(between, fail));
      else if (between.trim() !== "") fail("text outside the root element");
    }
    at = until;
    if (next < 0) break;
    if (text.startsWith("<!--", at)) at = indexAfter("-->", at + 4);
    else if (text.startsWith("<?", at)) at = indexAfter("?>", at + 2);
    else if (text.startsWith("<![CDATA[", at) && open.length > 0) {
      const end = indexAfter("]]>", at + 9);
      visitor.text(text.slice(at + 9, end - 3));
      at = end;
    } else if (text.startsWith("<!", at)) fail("document types and declarations are refused");
    else if (text.startsWith("</", at)) {
      const end = indexAfter(">", at);
      const name = text.slice(at + 2, end - 1).trim();
      if (open.pop() !== name) fail(`</${cutLine(name)}> closes no element`);
      visitor.close(name);
      at = end;
    } else {
      if (open.length === 0 && elements > 0) fail("a second root element");
      const tag = readTag(text, at, fail);
      elements++;
      visitor.open(tag.name, tag.attributes);
      if (tag.isEmpty) visitor.close(tag.name);
      else if (open.push(tag.name) > DEEPEST) fail(`elements nested over ${DEEPEST} deep`);
      at = tag.end;
    }
  }
  if (open.length > 0) fail(`<${cutLine(open[open.length - 1])}> is never closed`);
  if (elements === 0) fail("no element");
}

/**
 * `text` for an attribute or between tags: marks, and characters that could steer a terminal, as numbers; those that XML cannot
 * hold replaced by U+FFFD.
 */
export function escapeXml(text: string): string {
  const held = text.replace(
    /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g,
    "\ufffd",
  );
  const escape = (mark: string): string => `&#${mark.codePointAt(0)};`;
  return replaceUnsafe(held.replace(/[&<>"']/g, escape), escape);
}

interface Tag {
  name: string;
  attributes: Map<string, string>;
  isEmpty: boolean;
  end: number;
}

function readTag(text: string, start: number, fail: (problem: string) => never): Tag {
  const nameAt = /[^\s/>="'<]+/y;
  const attributeAt = /\s+([^\s/>="'<]+)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/y;
  const endAt = /\s*(\/?)>/y;
  nameAt.lastIndex = start + 1;
  const name = nameAt.exec(text)?.[0] ?? fail("expected the name of an element after <");
  const attributes = new Map<string, string>();
  let at = nameAt.lastIndex;
  for (;;) {
    attributeAt.lastIndex = at;
    const match = attributeAt.exec(text);
    if (match === null) break;
    if (attributes.has(match[1])) fail(`<${cutLine(name)}> has ${cutLine(match[1])} twice`);
    attributes.set(match[1], decodeEntities(match[2] ?? match[3], fail));
    at = attributeAt.lastIndex;
  }
  endAt.lastIndex = at;
  const end = endAt.exec(text) ?? fail(`<${cutLine(name)}> is not well formed`);
  return { name, attributes, isEmpty: end[1] === "/", end: endAt.lastIndex };
}

function decodeEntities(text: string, fail: (problem: string) => never): string {
  // A loop, as replace() finds all of them before the first is decoded.
  let decoded = "";
  let done = 0;
  for (let at = text.indexOf("&"); at >= 0; at = text.indexOf("&", done)) {
    const name = /^[^;&\s]{0,12}(?=;)/.exec(text.slice(at + 1, at + 14))?.[0] ?? "";
    decoded += text.slice(done, at) + (ENTITIES.get(name) ?? numericEntity(name, fail));
    done = at + name.length + 2;
  }
  return decoded + text.slice(done);
}

function numericEntity(name: string, fail: (problem: string) => never): string {
  const number = /^#(?:x([0-9a-fA-F]+)|([0-9]+))$/.exec(name);
  const code = number === null ? -1 : parseInt(number[1] ?? number[2], number[1] ? 16 : 10);
  const isSurrogate = code >= 0xd800 && code <= 0xdfff;
  if (code < 1 || code > 0x10ffff || isSurrogate) fail(`unknown entity &${name}${name && ";"}`);
  return String.fromCodePoint(code);
}
