/** Ascending whole numbers as a short text: differences in 5-bit groups, as letters that an address takes. */
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

export function packNumbers(numbers: readonly number[]): string {
  let text = "";
  let last = -1;
  for (const number of [...new Set(numbers)].sort((a, b) => a - b)) {
    let rest = number - last - 1;
    last = number;
    while (rest >= 32) {
      text += LETTERS[32 + (rest % 32)];
      rest = Math.floor(rest / 32);
    }
    text += LETTERS[rest];
  }
  return text;
}

/** The numbers of such a text that are below `limit`. */
export function unpackNumbers(text: string, limit = Infinity): number[] {
  const numbers: number[] = [];
  let [last, value, unit] = [-1, 0, 1];
  for (const letter of text) {
    const digit = LETTERS.indexOf(letter);
    if (digit < 0) break;
    value += (digit % 32) * unit;
    unit *= 32;
    if (digit >= 32) continue;
    last += value + 1;
    if (!(last < limit)) break;
    numbers.push(last);
    [value, unit] = [0, 1];
  }
  return numbers;
}
