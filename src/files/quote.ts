const longest = 100;

/** A file's own text for an error message: in quotes, on one line, without control characters, cut at 100 characters. */
export function quote(text: string): string {
  const shown = text.length > longest ? `${text.slice(0, longest)}…` : text;
  return `"${plainLine(shown)}"`;
}

/** Text on one line: every control character is shown as a question mark. */
export function plainLine(text: string): string {
  return text.replace(/\p{Cc}/gu, "?");
}
