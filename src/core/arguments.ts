import { ArgumentError } from "./errors.js";
import { shown } from "./shown.js";

/** Throws ArgumentError unless a count is undefined or a whole number from `least`. `name` is used in the message. */
export function requireCount(name: string, value: unknown, least = 1): void {
  if (value === undefined || (Number.isSafeInteger(value) && Number(value) >= least)) return;
  throw new ArgumentError(`${name}: expected a whole number from ${least}, got ${quoted(value)}`);
}

/** Throws ArgumentError unless a value is undefined or a number from `least`. */
export function requireNumber(name: string, value: unknown, least = 0): void {
  if (value === undefined) return;
  if (typeof value === "number" && value >= least && value < Infinity) return;
  throw new ArgumentError(`${name}: expected a number from ${least}, got ${quoted(value)}`);
}

/** Throws ArgumentError unless a value is undefined or one of the choices. */
export function requireChoice(name: string, value: unknown, choices: readonly string[]): void {
  if (value === undefined || choices.includes(value as string)) return;
  throw new ArgumentError(`${name}: expected one of ${choices.join(", ")}, got ${quoted(value)}`);
}

/** Throws ArgumentError unless a value is text with more than blanks in it. */
export function requireText(name: string, value: unknown): void {
  if (typeof value === "string" && value.trim() !== "") return;
  throw new ArgumentError(`${name}: expected text, got ${quoted(value)}`);
}

/** Throws RangeError, in the name of `where`, unless prefixes rise from 1 or more to n. */
export function checkPrefixes(where: string, prefixes: readonly number[], n: number): void {
  const isRising = prefixes.every(
    (end, p) => Number.isInteger(end) && end > (p === 0 ? 0 : prefixes[p - 1]),
  );
  if (!isRising || prefixes.at(-1) !== n) {
    throw new RangeError(
      `${where}: prefixes must be rising whole numbers above 0 that end with n, ${n}, got ${prefixes.join(",")}`,
    );
  }
}

function quoted(value: unknown): string {
  if (typeof value === "string") return shown(value);
  if (typeof value === "number" || value === undefined || value === null) return String(value);
  return Array.isArray(value) ? "a list" : `a ${typeof value}`;
}
