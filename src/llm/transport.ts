import { ApiError } from "../core/errors.js";
import { type Api, type CallLimits, hideSecrets } from "./connection.js";
import { type ChatBody, type Dialect, FIRST_DIALECT, adaptDialect, stateForm } from "./request.js";
import type { TokenLogprob, Usage } from "./types.js";

/** A server's reply: the raw content, and a complaint if it is unusable before parsing. */
export interface Reply {
  content: string;
  complaint?: string;
  usage: Usage | undefined;
  latencyMs: number;
  logprobs?: TokenLogprob[];
  /** The dialect of the request. */
  dialect: Dialect;
}

/** Dialects by server and model, learned once per process. */
const dialects = new Map<string, Dialect>();
/** By server, model and form, how many more answers had the form that was asked for than had another. */
const obeyed = new Map<string, number>();

/** Statuses whose refusals are not about a parameter: key, account, time and load. */
const ELSEWHERE = new Set([401, 402, 408, 429]);

/**
 * Sends one request in the server's dialect. If the server rejects a parameter, the request is sent again without it.
 * Rejects with ApiError or the signal's reason.
 */
export async function send(
  api: Api,
  build: (dialect: Dialect) => ChatBody,
  limits: CallLimits,
): Promise<Reply> {
  for (;;) {
    const dialect = dialectOf(api.baseUrl, build(FIRST_DIALECT).model);
    const body = build(dialect);
    try {
      return { ...(await post(api, body, limits)), dialect };
    } catch (error) {
      const mayBeParameter =
        error instanceof ApiError &&
        error.status >= 400 &&
        error.status <= 501 &&
        !ELSEWHERE.has(error.status);
      if (!mayBeParameter) throw error;
      if (isFiltered(error)) return { ...filtered(), dialect };
      // Another call may have learned the dialect in the meantime.
      if (dialectOf(api.baseUrl, body.model) !== dialect) continue;
      const next = adaptDialect(dialect, error.message.slice(api.baseUrl.length), body);
      if (next === undefined) throw error;
      dialects.set(placeOf(api.baseUrl, body.model), next);
    }
  }
}

/** The dialect of a model on a server, as far as known. */
export function dialectOf(baseUrl: string, model: string): Dialect {
  return dialects.get(placeOf(baseUrl, model)) ?? FIRST_DIALECT;
}

/**
 * Records whether an answer had the form that its request asked for. A server that accepts a parameter for the form and
 * ignores it is asked in the prompt from then on.
 */
export function noteForm(
  baseUrl: string,
  model: string,
  dialect: Dialect,
  isObeyed: boolean,
): void {
  const place = `${placeOf(baseUrl, model)}\n${dialect.form}`;
  const count = (obeyed.get(place) ?? 0) + (isObeyed ? 1 : -1);
  obeyed.set(place, count);
  if (count >= 0 || dialectOf(baseUrl, model) !== dialect) return;
  const next = stateForm(dialect);
  if (next !== undefined) dialects.set(placeOf(baseUrl, model), next);
}

function placeOf(baseUrl: string, model: string): string {
  return `${baseUrl}\n${model}`;
}

function isFiltered(error: ApiError): boolean {
  return /content[_ ]filter|content management policy/i.test(error.message);
}

function filtered(): Omit<Reply, "dialect"> {
  const usage = { inputTokens: 0, outputTokens: 0 };
  return { content: "", complaint: "the server's content filter rejected it", usage, latencyMs: 0 };
}

async function post(api: Api, body: ChatBody, limits: CallLimits): Promise<Omit<Reply, "dialect">> {
  const start = performance.now();
  const completion = await api.call("/chat/completions", body, limits);
  const reply = readReply(completion, api.key);
  if (reply === undefined) {
    const url = api.baseUrl;
    throw new ApiError(`${url}: the answer contains no message`, {
      status: 200,
      url,
      retryable: true,
    });
  }
  return { ...reply, latencyMs: Math.round(performance.now() - start) };
}

interface Completion {
  choices?: {
    finish_reason?: string | null;
    message?: {
      content?: unknown;
      refusal?: unknown;
      reasoning_content?: unknown;
      reasoning?: unknown;
    };
    logprobs?: { content?: Logprob[] | null } | null;
  }[];
  usage?: {
    prompt_tokens?: number;
    completion_tokens?: number;
    prompt_tokens_details?: { cached_tokens?: number } | null;
    completion_tokens_details?: { reasoning_tokens?: number } | null;
  } | null;
}

interface Logprob {
  token: string;
  logprob: number;
  top_logprobs?: { token: string; logprob: number }[];
}

function readReply(
  completion: unknown,
  key: string | undefined,
): Omit<Reply, "latencyMs" | "dialect"> | undefined {
  const { choices, usage } = (completion ?? {}) as Completion;
  const choice = Array.isArray(choices) ? choices[0] : undefined;
  if (choice?.message === undefined || choice.message === null) return undefined;
  const { refusal } = choice.message;
  const said = textOf(choice.message.content);
  const thoughts = textOf(choice.message.reasoning_content) || textOf(choice.message.reasoning);
  // Some servers take everything up to a tag that never came for a thought.
  const content = said.trim() === "" ? thoughts : said;
  const isThinking =
    said.trim() === ""
      ? thoughts !== "" || (usage?.completion_tokens_details?.reasoning_tokens ?? 0) > 0
      : said.lastIndexOf("<think>") > said.lastIndexOf("</think>");
  const tokens = choice.logprobs?.content;
  return {
    content: hideSecrets(content, key, true),
    complaint: complaintOf(choice.finish_reason, refusal, isThinking),
    usage: usage?.prompt_tokens === undefined ? undefined : readUsage(usage),
    ...(Array.isArray(tokens) ? { logprobs: tokens.map(readLogprob) } : {}),
  };
}

function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content.map((part) => textOf((part as { text?: unknown } | null)?.text)).join("");
}

function complaintOf(
  finish: string | null | undefined,
  refusal: unknown,
  isThinking: boolean,
): string | undefined {
  if (typeof refusal === "string" && refusal !== "") return "it is a refusal";
  if (finish === "length") {
    return isThinking
      ? "it reached the token limit while still thinking; allow more with --think-tokens"
      : "it exceeded the token limit; answer more briefly";
  }
  if (finish === "content_filter") return "the server's content filter cut it off";
  return undefined;
}

function readUsage({
  prompt_tokens = 0,
  completion_tokens = 0,
  prompt_tokens_details: details,
}: NonNullable<Completion["usage"]>): Usage {
  const cached = details?.cached_tokens;
  const usage: Usage = { inputTokens: prompt_tokens, outputTokens: completion_tokens };
  return cached ? { ...usage, cachedTokens: cached } : usage;
}

function readLogprob({ token, logprob, top_logprobs: top }: Logprob): TokenLogprob {
  if (!Array.isArray(top)) return { token, logprob };
  const others = top.map((other) => ({ token: other.token, logprob: other.logprob }));
  return { token, logprob, top: others };
}
