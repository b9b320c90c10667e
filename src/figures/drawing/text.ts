import { roundValue } from "../figure.js";

// Advance widths of Open Sans in units of the type size, by kind of character; others count as WIDE or as TYPICAL.
const NARROW = /[ijl.,:;'|!()[\] I`/\\ftr-]/;
const BROAD = /[mwMWQO@%&—…]/;
const CAPITAL = /[A-Z]/;
const FULL_WIDTH =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]|\p{Extended_Pictographic}/u;

/**
 * `text` as plotly shall draw it, character for character: what plotly would read as markup, as an entity, as
 * TeX or as a template's variable is escaped. Line ends become spaces; control characters, direction overrides and lone surrogates, which have
 * no place in a label or break the SVG, become U+FFFD or go.
 */
export function plotlyText(text: string): string {
  return cleanText(text)
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/>/g, "&gt;")
    .replace(/\$/g, "&#36;")
    .replace(/%\{/g, "&#37;{");
}

/** `text` with white space collapsed and without characters that cannot be shown. Not escaped. */
export function cleanText(text: string): string {
  return text
    .replace(/\s+/gu, " ")
    .replace(/[\u0000-\u001f\u007f-\u009f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g, "")
    .replace(/[\p{Surrogate}\ufffe\uffff]/gu, "\ufffd")
    .trim();
}

/** `text` cut to at most `most` characters, the last one then an ellipsis. Not escaped. */
export function truncateText(text: string, most: number): string {
  const clean = cleanText(text);
  const characters = Array.from(clean);
  if (characters.length <= most) return clean;
  return `${characters
    .slice(0, Math.max(0, most - 1))
    .join("")
    .trimEnd()}…`;
}

/** Estimated width of `text` at type size `font`, in the unit of `font`; a little more than Open Sans takes. */
export function textWidth(text: string, font: number): number {
  let width = 0;
  for (const character of text) {
    if (FULL_WIDTH.test(character)) width += 1;
    else if (NARROW.test(character)) width += 0.36;
    else if (BROAD.test(character)) width += 0.88;
    else if (CAPITAL.test(character)) width += 0.66;
    else width += 0.58;
  }
  return width * font;
}

/**
 * `text` cut so that it is estimated to fit into `width` at type size `font`, the last character then an ellipsis.
 * Not escaped.
 */
export function fitText(text: string, width: number, font: number): string {
  const clean = cleanText(text);
  if (textWidth(clean, font) <= width) return clean;
  const characters = Array.from(clean);
  while (characters.length > 0 && textWidth(`${characters.join("")}…`, font) > width) {
    characters.pop();
  }
  return `${characters.join("").trimEnd()}…`;
}

/**
 * `text` broken at spaces into at most `lines` lines of at most `most` characters, as even as can be; the last line
 * is cut with an ellipsis where text is left over. Not escaped.
 */
export function wrapText(text: string, most: number, lines: number): string[] {
  // A lone separator stays at the end of its line.
  const words = cleanText(text).split(/ (?![/|·,;–—-] )/u);
  let even = fillLines(words, most, lines);
  for (let width = most - 1; width > 0; width--) {
    const tighter = fillLines(words, width, lines);
    if (tighter.length > even.length || tighter.some((line) => line.length > width)) break;
    even = tighter;
  }
  return even.map((line) => truncateText(line, most));
}

/** Words in lines of `most` characters, as many to a line as go; what is left over stands in the last line. */
function fillLines(words: readonly string[], most: number, lines: number): string[] {
  const out: string[] = [];
  let line = "";
  for (const word of words) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line === "" || longer.length <= most || out.length === lines - 1) {
      line = longer;
    } else {
      out.push(line);
      line = word;
    }
  }
  out.push(line);
  return out;
}

/** Lines, each escaped for plotly, with plotly's line break between them. */
export function plotlyLines(lines: readonly string[]): string {
  return lines.map(plotlyText).join("<br>");
}

/** A number for a label, with a true minus sign and at most `digits` decimals (default 3). */
export function formatNumber(value: number, digits = 3): string {
  return String(roundValue(value, digits)).replace("-", "\u2212");
}

/** A number for a label, with a true minus sign and exactly `digits` decimals. */
export function formatFixed(value: number, digits: number): string {
  return value.toFixed(digits).replace("-", "\u2212");
}
