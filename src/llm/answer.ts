import { z } from "zod";
import type { Question, TokenLogprob } from "./types.js";

/** Characters per token of an answer that is still read; longer ones are no answer to the question. */
export const MOST_CHARACTERS = 40;
/** Of several JSON objects in an answer, those tried, the last first. */
const MOST_OBJECTS = 5;
const MOST_ISSUES = 5;

/** What an answer says: its value, or a complaint. `isStray`: it does not have the form that was asked for. */
export type ReadAnswer<T> = { value: T } | { complaint: string; isStray?: boolean };

/**
 * Parses and checks the JSON of an answer: its value or a complaint. Thoughts before it, with or without tags, and
 * whatever else surrounds it are ignored; of several objects the last that fits counts. Words that the form allows in
 * another spelling, numbers in quotes and single values for lists are accepted. The question's own `read` may use a part
 * of what is not the schema's JSON, or of what the server itself has a `complaint` about. Takes time in proportion to
 * the length.
 */
export function readAnswer<T>(
  content: string,
  question: Pick<Question<T>, "schema" | "check" | "form" | "read"> & { maxTokens?: number },
  { complaint, logprobs }: { complaint?: string; logprobs?: readonly TokenLogprob[] } = {},
): ReadAnswer<T> {
  const end = content.lastIndexOf("</think>");
  const text = (end < 0 ? content : content.slice(end + "</think>".length)).trim();
  const most = MOST_CHARACTERS * (question.maxTokens ?? Infinity);
  if (text.length > most) return { complaint: `it has more than ${most} characters` };
  const isJson = question.form !== "text" && complaint === undefined;
  const read = isJson
    ? readJson(text, question.schema)
    : { complaint: complaint ?? "it is not in the requested form" };
  const value = "value" in read ? read.value : question.read?.(text, logprobs);
  if (value === undefined) return read;
  const objection = question.check?.(value);
  return objection === undefined ? { value } : { complaint: objection };
}

function readJson<T>(text: string, schema: z.ZodType<T>): ReadAnswer<T> {
  if (text === "") return { complaint: "it is empty" };
  let found: ReadAnswer<T> | undefined;
  for (const part of [text, ...findObjects(text).slice(-MOST_OBJECTS).reverse()]) {
    const read = parse(part, schema);
    if (read === undefined) continue;
    if ("value" in read) return read;
    found ??= read;
  }
  return found ?? { complaint: "it is not JSON", isStray: true };
}

function parse<T>(text: string, schema: z.ZodType<T>): ReadAnswer<T> | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  let { data, error } = schema.safeParse(json);
  if (error !== undefined) ({ data, error } = schema.safeParse(respell(json, error.issues)));
  if (error === undefined) return { value: data as T };
  const first = new z.ZodError(error.issues.slice(0, MOST_ISSUES));
  return { complaint: z.prettifyError(first).slice(0, 500), isStray: true };
}

/** The outermost complete JSON objects of a text, in one pass. */
function findObjects(text: string): string[] {
  const open: number[] = [];
  const found: { start: number; end: number }[] = [];
  let isString = false;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (isString) {
      if (character === "\\") i++;
      else if (character === '"') isString = false;
    } else if (character === '"') isString = open.length > 0;
    else if (character === "{") open.push(i);
    else if (character === "}") {
      const start = open.pop();
      if (start === undefined) continue;
      while ((found.at(-1)?.start ?? -1) > start) found.pop();
      found.push({ start, end: i + 1 });
    }
  }
  return found.map(({ start, end }) => text.slice(start, end));
}

type Fields = Record<PropertyKey, unknown>;

/** The value with what is plainly meant in place of what the form does not allow. */
function respell(json: unknown, issues: readonly z.core.$ZodIssue[]): unknown {
  const root = { value: json };
  for (const issue of issues) {
    const path = ["value", ...issue.path];
    const last = path.pop() as PropertyKey;
    const holder = path.reduce<Fields | undefined>((inside, name) => {
      const found = inside && Object.hasOwn(inside, name) ? inside[name] : undefined;
      return typeof found === "object" && found !== null ? (found as Fields) : undefined;
    }, root);
    if (holder && Object.hasOwn(holder, last)) holder[last] = respelled(holder[last], issue);
  }
  return root.value;
}

function respelled(value: unknown, issue: z.core.$ZodIssue): unknown {
  if (issue.code === "invalid_value") {
    const said = value === true ? "yes" : value === false ? "no" : String(value);
    const plain = (text: unknown): string =>
      String(text)
        .toLowerCase()
        .replace(/[^\p{L}\p{N}]/gu, "");
    return issue.values.find((allowed) => plain(allowed) === plain(said)) ?? value;
  }
  if (issue.code !== "invalid_type") return value;
  const { expected } = issue;
  if (expected === "number" && typeof value === "string" && value.trim() !== "") {
    return Number.isNaN(Number(value)) ? value : Number(value);
  }
  if (expected === "string" && typeof value === "number") return String(value);
  if (expected === "array" && ["string", "number"].includes(typeof value)) return [value];
  return value;
}
