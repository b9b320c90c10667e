/** Parts of an error that repeat the request or say nothing of the cause. */
const SILENT =
  /^(input|inputs|body|ctx|request\w*|messages|prompt|url|object|type|status|trace\w*|stack|\$?schema)$/i;
const MOST_PARTS = 40;

/**
 * What the body of an error says, whatever its form: `{error: {message, param}}`, `{error}`, `{message}`,
 * `{detail: [{loc, msg}]}`, JSON in a string, a web page or text.
 */
export function readRefusal(text: string): string {
  const said: string[] = [];
  collect(text, said, 0);
  return said.join(", ").replace(/\s+/g, " ").trim();
}

/** Whether an account has nothing left to spend, which no waiting mends. */
export function isExhausted(status: number, text: string): boolean {
  if (status === 402) return true;
  if (status !== 429 && status !== 403 && status !== 400) return false;
  return /insufficient[ _](quota|credits?|balance|funds)|billing_(hard_limit|not_active)|(credit )?balance is too low|out of credits|exceeded_current_quota|spending limit|per[ _-]?day|daily (limit|quota)/i.test(
    text,
  );
}

function collect(value: unknown, said: string[], depth: number): void {
  if (said.length >= MOST_PARTS || depth > 8) return;
  if (typeof value === "string") {
    const json = /^\s*[{[]/.test(value) ? parse(value) : undefined;
    if (json !== undefined) return collect(json, said, depth + 1);
    const text = (/^\s*</.test(value) ? value.replace(/<[^<>]*>/g, " ") : value).trim();
    if (text !== "" && !said.some((other) => other.includes(text))) said.push(text);
  } else if (Array.isArray(value)) {
    // The place of a fault, such as ["body", "logprobs"].
    const isPlace = value.every((one) => typeof one === "string" || typeof one === "number");
    if (isPlace) collect(value.join("."), said, depth);
    else for (const one of value) collect(one, said, depth + 1);
  } else if (typeof value === "object" && value !== null) {
    for (const [name, one] of Object.entries(value)) {
      if (!SILENT.test(name) || (name === "type" && said.length === 0)) {
        collect(one, said, depth + 1);
      }
    }
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
