import { ownValue } from "../core/collections.js";

const ENTITIES: Record<string, string> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: " ",
};

/**
 * A text as an embedder should read it: tags such as <SUB> and <P /> out (a paragraph becomes a blank line), entities
 * such as &lt; decoded once, line breaks inside paragraphs and repeated blanks as one blank, ends trimmed. Other uses of
 * "<", as in a < b, stay.
 */
export function cleanText(text: string): string {
  return text
    .replace(/\r\n?/g, "\n")
    .replace(/<\s*(?:\/\s*)?(p|br)\b[^<>]*>/gi, "\n\n")
    .replace(/<\/?[a-z][a-z0-9]*(\s[^<>]*)?\/?>/gi, "")
    .replace(/&(#\d{1,7}|#x[0-9a-f]{1,6}|[a-z]{2,6});/gi, decodeEntity)
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.replace(/\s+/g, " ").trim())
    .filter((paragraph) => paragraph !== "")
    .join("\n\n");
}

function decodeEntity(whole: string, name: string): string {
  if (!name.startsWith("#")) return ownValue(ENTITIES, name.toLowerCase()) ?? whole;
  const hex = /^#x/i.test(name);
  const code = hex ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
  const isCharacter = code > 31 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
  return isCharacter ? String.fromCodePoint(code) : " ";
}

/** What Python's str() writes of a text or a list of texts: `['A title']`, `["A title's end"]`. */
export function pythonText(value: unknown): string {
  if (typeof value === "string") return value;
  if (!Array.isArray(value)) return JSON.stringify(value) ?? "None";
  return `[${value.map((item) => (typeof item === "string" ? pythonRepr(item) : pythonText(item))).join(", ")}]`;
}

function pythonRepr(text: string): string {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text
    .replaceAll("\\", "\\\\")
    .replaceAll("\n", "\\n")
    .replaceAll("\r", "\\r")
    .replaceAll("\t", "\\t")
    .replaceAll(mark, `\\${mark}`);
  return mark + escaped + mark;
}

/** The text that the authors sent to the embedder: every line break as a blank. */
export function compatInput(text: string): string {
  return text.replaceAll("\n", " ");
}
