import { createHash } from "node:crypto";
import { z } from "zod";
import type { Question } from "./types.js";

export interface Message {
  role: "system" | "user" | "assistant";
  content: string;
}

/** The request format that a server accepts, learned from its refusals and answers. */
export interface Dialect {
  form: "strict" | "loose" | "object" | "plain";
  limit: "max_tokens" | "max_completion_tokens";
  /** Most alternatives per token that it accepts. */
  alternatives: number;
  /** Whether the instructions go into the user's message, for templates without a system role. */
  isMerged: boolean;
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
export const FIRST_DIALECT: Dialect = {
  form: "strict",
  limit: "max_tokens",
  alternatives: 20,
  isMerged: false,
  without: new Set(),
};

const FORMS: readonly Dialect["form"][] = ["strict", "loose", "object", "plain"];
/** Alternatives that servers with a lower limit accept. */
const FEWER_ALTERNATIVES = 5;
/** Longest answer in bytes, and the bytes that an alternative takes in it. */
const MOST_BYTES = 1_000_000;
const ALTERNATIVE_BYTES = 110;

/** The request for a question, followed by further messages such as the repair question. */
export function buildBody<T>(
  model: string,
  question: Omit<Question<T>, "check">,
  { form, limit, alternatives, isMerged, without }: Dialect,
  more: readonly Message[] = [],
): ChatBody {
  const schema = schemaOf(question.schema);
  const isText = question.form === "text";
  const hasSchema = !isText && (form === "strict" || form === "loose");
  const system =
    isText || hasSchema ? question.system : `${question.system}\n\n${describeForm(question)}`;
  const body: ChatBody = {
    model,
    messages: isMerged
      ? [{ role: "user", content: `${system}\n\n${question.user}` }, ...more]
      : [{ role: "system", content: system }, { role: "user", content: question.user }, ...more],
    [limit]: question.maxTokens,
    temperature: question.temperature ?? 0,
    ...(question.seed === undefined ? {} : { seed: question.seed }),
  };
  if (question.logprobs) {
    // The alternatives of a long answer must fit into the longest one that is read.
    const fitting = Math.floor((0.75 * MOST_BYTES) / ALTERNATIVE_BYTES / question.maxTokens);
    if (fitting > 0) {
      body.logprobs = true;
      body.top_logprobs = Math.min(alternatives, fitting);
    }
  }
  if (hasSchema) {
    const json_schema = { name: question.schemaName, strict: form === "strict", schema };
    body.response_format = { type: "json_schema", json_schema };
  } else if (!isText && form === "object") {
    body.response_format = { type: "json_object" };
  }
  for (const name of without) delete body[name];
  return body;
}

/** Longest body of an answer that is read, in bytes. */
export const MOST_ANSWER_BYTES: number = MOST_BYTES;

/** Instructions for the form of the answer, for the prompt; "" if its text is free. */
export function describeForm<T>({ schema, form }: Pick<Question<T>, "schema" | "form">): string {
  if (form === "text") return "";
  return `Answer with one JSON object and nothing else. Its JSON schema:\n${JSON.stringify(schemaOf(schema))}`;
}

/** The dialect to try after `refusal` of a body; undefined if the refusal has another cause. */
export function adaptDialect(
  dialect: Dialect,
  refusal: string,
  body: ChatBody,
): Dialect | undefined {
  if (/max_completion_tokens/.test(refusal) && dialect.limit === "max_tokens") {
    return { ...dialect, limit: "max_completion_tokens" };
  }
  const isSystem =
    /system\W+(role|message|prompt|instruction)|role\b.*\bsystem|roles must alternate|only user and assistant roles|developer (role|message|instruction)/is;
  if (isSystem.test(refusal) && !dialect.isMerged) return { ...dialect, isMerged: true };
  for (const name of ["temperature", "seed", "top_logprobs", "logprobs"] as const) {
    if (!new RegExp(`\\b${name}\\b`).test(refusal) || body[name] === undefined) continue;
    if (name === "top_logprobs" && dialect.alternatives > FEWER_ALTERNATIVES) {
      return { ...dialect, alternatives: FEWER_ALTERNATIVES };
    }
    const dropped = name.endsWith("logprobs") ? ["top_logprobs", "logprobs"] : [name];
    return { ...dialect, without: new Set([...dialect.without, ...dropped]) };
  }
  const next = FORMS[FORMS.indexOf(dialect.form) + 1];
  if (
    next !== undefined &&
    /response_?format|json_?schema|json_?object|structured|grammar|guided/i.test(refusal)
  ) {
    return { ...dialect, form: next };
  }
  return undefined;
}

/** The dialect after an answer of another form; undefined if nothing more can be done. */
export function stateForm(dialect: Dialect): Dialect | undefined {
  if (dialect.form === "plain") return undefined;
  return { ...dialect, form: dialect.form === "object" ? "plain" : "object" };
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

const schemas = new WeakMap<z.ZodType, unknown>();

function schemaOf(schema: z.ZodType): unknown {
  let json = schemas.get(schema);
  if (json === undefined) {
    json = { ...z.toJSONSchema(schema), $schema: undefined };
    schemas.set(schema, json);
  }
  return json;
}
