/** Where a text shown to a model is cut: the same for every text, active or not. */
export type TextLimit =
  | { characters: number }
  | {
      tokens: number;
      /** Such as the functions of the package gpt-tokenizer. */
      tokenizer: { encode(text: string): number[]; decode(tokens: number[]): string };
    };

/** Cuts a text at the limit, never inside a character. */
export function truncateText(text: string, limit: TextLimit): string {
  if ("characters" in limit) {
    if (text.length <= limit.characters) return text;
    const last = text.charCodeAt(limit.characters - 1);
    const splitsPair = last >= 0xd800 && last <= 0xdbff;
    return text.slice(0, splitsPair ? limit.characters - 1 : limit.characters);
  }
  // No token is shorter than a byte or longer than a few dozen characters: very long texts need not be encoded whole.
  const start = text.slice(0, 64 * limit.tokens);
  const tokens = limit.tokenizer.encode(start);
  if (tokens.length <= limit.tokens && start.length === text.length) return text;
  return limit.tokenizer.decode(tokens.slice(0, limit.tokens)).replace(/\ufffd+$/, "");
}

/** Throws RangeError unless the limit is a whole number from 1. */
export function checkLimit(limit: TextLimit, caller: string): void {
  const size = "characters" in limit ? limit.characters : limit.tokens;
  if (!(Number.isInteger(size) && size >= 1)) {
    throw new RangeError(`${caller}: the limit must be a whole number from 1, got ${size}`);
  }
}
