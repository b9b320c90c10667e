/** Characters that order text from right to left or hide it, by which one text could pose as another. */
const ORDERING = /[\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029]+/g;

/** Text of a corpus or a model as it is shown: without controls, cut to `most` characters. */
export function plain(text: string, most = 300): string {
  const cut = text.length > most ? `${text.slice(0, most)}…` : text;
  return cut.replace(ORDERING, "").replace(CONTROLS, " ");
}

/** A number in at most `digits` decimals; an empty text where there is none. */
export function shortNumber(value: number | null | undefined, digits = 2): string {
  if (value === null || value === undefined || Number.isNaN(value)) return "";
  if (value !== 0 && Math.abs(value) < 10 ** -digits) return value.toPrecision(2);
  return value.toFixed(digits).replace(/^-(?=0\.?0*$)/, "");
}

/** A whole number with thin groups of thousands. */
export function wholeNumber(value: number): string {
  return value.toLocaleString("en-US");
}

/** How much larger the reader's type is than the page's own 14 pixels. */
export function typeScale(): number {
  return parseFloat(getComputedStyle(document.documentElement).fontSize) / 14;
}

/** The words of a text in lower case. */
export function wordsOf(text: string): string[] {
  return text.toLowerCase().split(/\s+/).filter(Boolean);
}
