import { createHash } from "node:crypto";
import { z } from "zod";
import type { Question, TokenLogprob } from "./types.js";

export interface Message {
  role: "system" | "user" | "assistant";
  content: string;
}

/** The request format that a server accepts, learned from its refusals. */
export interface Dialect {
  form: "strict" | "loose" | "object" | "plain";
  limit: "max_tokens" | "max_completion_tokens";
  /** Parameters that it rejects. */
  without: ReadonlySet<string>;
}

/** The body of a request. */
export interface ChatBody {
  model: string;
  messages: Message[];
  response_format?: {
    type: string;
    json_schema?: { name: string; strict: boolean; schema: unknown };
  };
  [parameter: string]: unknown;
}

/** The dialect to try first. */
export const FIRST_DIALECT: Dialect = { form: "strict", limit: "max_tokens", without: new Set() };

const FORMS: readonly Dialect["form"][] = ["strict", "loose", "object", "plain"];

/** The request for a question, followed by further messages such as the repair question. */
export function buildBody<T>(
  model: string,
  question: Omit<Question<T>, "check">,
  { form, limit, without }: Dialect,
  more: readonly Message[] = [],
): ChatBody {
  const schema = schemaOf(question.schema);
  const isText = question.form === "text";
  const hasSchema = !isText && (form === "strict" || form === "loose");
  const system =
    isText || hasSchema
      ? question.system
      : `${question.system}\n\nAnswer with one JSON object and nothing else. Its JSON schema:\n${JSON.stringify(schema)}`;
  const body: ChatBody = {
    model,
    messages: [
      { role: "system", content: system },
      { role: "user", content: question.user },
      ...more,
    ],
    [limit]: question.maxTokens,
    temperature: question.temperature ?? 0,
    ...(question.seed === undefined ? {} : { seed: question.seed }),
    ...(question.logprobs ? { logprobs: true, top_logprobs: 20 } : {}),
  };
  if (hasSchema) {
    const json_schema = { name: question.schemaName, strict: form === "strict", schema };
    body.response_format = { type: "json_schema", json_schema };
  } else if (!isText && form === "object") {
    body.response_format = { type: "json_object" };
  }
  for (const name of without) delete body[name];
  return body;
}

/** The dialect to try after a refusal with `message`; undefined if the refusal has another cause. */
export function adaptDialect(dialect: Dialect, message: string): Dialect | undefined {
  if (/max_completion_tokens/.test(message) && dialect.limit === "max_tokens") {
    return { ...dialect, limit: "max_completion_tokens" };
  }
  for (const name of ["temperature", "seed", "top_logprobs", "logprobs"]) {
    if (new RegExp(`\\b${name}\\b`).test(message) && !dialect.without.has(name)) {
      const dropped = name.endsWith("logprobs") ? ["top_logprobs", "logprobs"] : [name];
      return { ...dialect, without: new Set([...dialect.without, ...dropped]) };
    }
  }
  const next = FORMS[FORMS.indexOf(dialect.form) + 1];
  if (next !== undefined && /response_format|json_?schema|json_?object|structured/i.test(message)) {
    return { ...dialect, form: next };
  }
  return undefined;
}

/** The key of a question: SHA-256 of the model, all parameters and the full prompt, in hexadecimal. */
export function keyOf<T>(model: string, question: Omit<Question<T>, "check">): string {
  const { prompt, system, user, schemaName, maxTokens } = question;
  const parts = [
    model,
    [prompt.name, prompt.version],
    [system, user],
    [schemaName, schemaOf(question.schema)],
    [maxTokens, question.temperature ?? 0, question.seed ?? null, question.logprobs ?? false],
    ...(question.form === "text" ? ["text"] : []),
  ];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}

/**
 * Parses and checks the JSON of an answer: its value or a complaint. Code fences and a leading <think> block are
 * removed. The question's own `read` may use a part of what is not the schema's JSON, or of what the server itself has a
 * `complaint` about.
 */
export function readAnswer<T>(
  content: string,
  question: Pick<Question<T>, "schema" | "check" | "form" | "read">,
  { complaint, logprobs }: { complaint?: string; logprobs?: readonly TokenLogprob[] } = {},
): { value: T } | { complaint: string } {
  const isJson = question.form !== "text" && complaint === undefined;
  const read = isJson
    ? readJson(content, question.schema)
    : { complaint: complaint ?? "it is not in the requested form" };
  const value = "value" in read ? read.value : question.read?.(content, logprobs);
  if (value === undefined) return read;
  const objection = question.check?.(value);
  return objection === undefined ? { value } : { complaint: objection };
}

function readJson<T>(content: string, schema: z.ZodType<T>): { value: T } | { complaint: string } {
  const text = content
    .trim()
    .replace(/^<think>[\s\S]*?<\/think>\s*/, "")
    .replace(/^```[a-z]*\s*([\s\S]*?)\s*```$/i, "$1");
  if (text === "") return { complaint: "it is empty" };
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return { complaint: `it is not JSON (${(error as Error).message.slice(0, 200)})` };
  }
  const { data, error } = schema.safeParse(json);
  return error === undefined
    ? { value: data }
    : { complaint: z.prettifyError(error).slice(0, 500) };
}

const schemas = new WeakMap<z.ZodType, unknown>();

function schemaOf(schema: z.ZodType): unknown {
  let json = schemas.get(schema);
  if (json === undefined) {
    json = { ...z.toJSONSchema(schema), $schema: undefined };
    schemas.set(schema, json);
  }
  return json;
}
