import { type OptionSpec, UsageError } from "./command.js";
import { didYouMean } from "./suggest.js";

/**
 * The value of an option that was given as `text`, added to the `previous` ones for a list. `name` stands in errors, such
 * as "search: --limit". Throws UsageError for what the option does not take.
 */
export function parseOptionValue(
  name: string,
  spec: OptionSpec,
  text: string,
  previous: unknown,
): unknown {
  const before = Array.isArray(previous) ? (previous as unknown[]) : [];
  switch (spec.type) {
    case "number":
    case "integer":
      return parseNumber(name, spec, text);
    case "numbers":
      return [...before, ...splitList(name, text).map((item) => parseNumber(name, spec, item))];
    case "latents":
      return [...new Set([...before, ...splitList(name, text).flatMap(parseRange(name))])];
    case "list":
      return [...before, ...splitList(name, text).map((item) => checkChoice(name, spec, item))];
    default:
      if (spec.isName) checkName(name, text);
      return checkChoice(name, spec, text);
  }
}

/** What stands for an option's value in help. */
export function valuePlaceholder({ type, value }: OptionSpec): string {
  if (value !== undefined) return value;
  if (type === "number" || type === "integer") return "N";
  return type === "string" ? "NAME" : "LIST";
}

/** The items between commas; commas between double quotes are part of an item. */
function splitList(name: string, text: string): string[] {
  const items = text.split(/,(?=(?:[^"]*"[^"]*")*[^"]*$)/).map((item) => item.trim());
  if (items.includes("")) throw new UsageError(`${name} has an empty value, got "${text}"`);
  return items;
}

function checkName(name: string, text: string): void {
  if (text.trim() === "" || text === "." || text === ".." || /[/\\]/.test(text)) {
    throw new UsageError(`${name} takes a plain name without path separators, got "${text}"`);
  }
}

function checkChoice(name: string, { choices }: OptionSpec, text: string): string {
  if (choices === undefined || choices.includes(text)) return text;
  const list = choices.join(", ");
  throw new UsageError(`${name} takes ${list}, got "${text}"${didYouMean(text, choices)}`);
}

function parseNumber(name: string, { type, least, most }: OptionSpec, text: string): number {
  const number = text.trim() === "" ? NaN : Number(text);
  if (!Number.isFinite(number) || (type === "integer" && !Number.isSafeInteger(number))) {
    const kind = type === "integer" ? "a whole number" : type === "number" ? "a number" : "numbers";
    throw new UsageError(`${name} takes ${kind}, got "${text}"`);
  }
  if (number < (least ?? -Infinity) || number > (most ?? Infinity)) {
    const range = most === undefined ? `${least} or more` : `from ${least ?? "-∞"} to ${most}`;
    throw new UsageError(`${name} must be ${range}, got ${text}`);
  }
  return number;
}

/** "7" or "40-59" as latents. */
function parseRange(name: string): (text: string) => number[] {
  return (text) => {
    const match = /^(\d+)(?:-(\d+))?$/.exec(text);
    const [from, to] = [Number(match?.[1]), Number(match?.[2] ?? match?.[1])];
    if (match === null || from > to || !Number.isSafeInteger(to)) {
      throw new UsageError(`${name} takes latents such as 3,17,40-59, got "${text}"`);
    }
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  };
}
