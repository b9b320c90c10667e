import type OpenAI from "openai";
import { ApiError } from "../core/errors.js";
import { hideSecrets, noteReached, toApiError } from "./connection.js";
import { type ChatBody, type Dialect, FIRST_DIALECT, adaptDialect } from "./request.js";
import type { TokenLogprob, Usage } from "./types.js";

/** A server's reply: the raw content, and a complaint if it is unusable before parsing. */
export interface Reply {
  content: string;
  complaint?: string;
  usage: Usage | undefined;
  latencyMs: number;
  logprobs?: TokenLogprob[];
}

/** Dialects by server and model, learned once per process. */
const dialects = new Map<string, Dialect>();

/**
 * Sends one request in the server's dialect. If the server rejects a parameter, the request is sent again without it.
 * Times out after `timeoutMs`. Rejects with ApiError or the signal's reason.
 */
export async function send(
  client: OpenAI,
  build: (dialect: Dialect) => ChatBody,
  { timeoutMs, signal }: { timeoutMs: number; signal?: AbortSignal },
): Promise<Reply> {
  for (;;) {
    const dialect = dialectOf(client.baseURL, build(FIRST_DIALECT).model);
    const body = build(dialect);
    const place = `${client.baseURL}\n${body.model}`;
    try {
      return await post(client, body, timeoutMs, signal);
    } catch (error) {
      const isRefusal = error instanceof ApiError && [400, 422, 501].includes(error.status);
      if (!isRefusal) throw error;
      if (isFiltered(error)) return filtered();
      // Another call may have learned the dialect in the meantime.
      if (dialectOf(client.baseURL, body.model) !== dialect) continue;
      const next = adaptDialect(dialect, error.message.slice(client.baseURL.length));
      if (next === undefined) throw error;
      dialects.set(place, next);
    }
  }
}

/** The dialect of a model on a server, as far as known. */
export function dialectOf(baseUrl: string, model: string): Dialect {
  return dialects.get(`${baseUrl}\n${model}`) ?? FIRST_DIALECT;
}

function isFiltered(error: ApiError): boolean {
  return /content[_ ]filter|content management policy/i.test(error.message);
}

function filtered(): Reply {
  const usage = { inputTokens: 0, outputTokens: 0 };
  return { content: "", complaint: "the server's content filter refused it", usage, latencyMs: 0 };
}

async function post(
  client: OpenAI,
  body: ChatBody,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<Reply> {
  signal?.throwIfAborted();
  const url = client.baseURL;
  const late = new ApiError(`${url}: no answer within ${timeoutMs} ms`, {
    status: 0,
    url,
    retryable: true,
  });
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(late), timeoutMs);
  const stop = (): void => controller.abort(signal?.reason);
  signal?.addEventListener("abort", stop, { once: true });
  const start = performance.now();
  try {
    const completion: unknown = await client.chat.completions.create(
      body as unknown as OpenAI.ChatCompletionCreateParamsNonStreaming,
      { signal: controller.signal },
    );
    noteReached(url);
    const reply = readReply(completion, client.apiKey);
    if (reply === undefined) {
      throw new ApiError(`${url}: the answer contains no message`, {
        status: 200,
        url,
        retryable: true,
      });
    }
    return { ...reply, latencyMs: Math.round(performance.now() - start) };
  } catch (error) {
    signal?.throwIfAborted();
    if (controller.signal.aborted) throw late;
    throw await toApiError(error, url, client.apiKey);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
  }
}

interface Completion {
  choices?: {
    finish_reason?: string | null;
    message?: { content?: unknown; refusal?: unknown };
    logprobs?: { content?: Logprob[] | null } | null;
  }[];
  usage?: {
    prompt_tokens?: number;
    completion_tokens?: number;
    prompt_tokens_details?: { cached_tokens?: number } | null;
  } | null;
}

interface Logprob {
  token: string;
  logprob: number;
  top_logprobs?: { token: string; logprob: number }[];
}

function readReply(completion: unknown, key: string | null): Omit<Reply, "latencyMs"> | undefined {
  const { choices, usage } = (completion ?? {}) as Completion;
  const choice = Array.isArray(choices) ? choices[0] : undefined;
  if (choice?.message === undefined || choice.message === null) return undefined;
  const { content, refusal } = choice.message;
  const tokens = choice.logprobs?.content;
  return {
    content: typeof content === "string" ? hideSecrets(content, key, true) : "",
    complaint: complaintOf(choice.finish_reason, refusal),
    usage: usage?.prompt_tokens === undefined ? undefined : readUsage(usage),
    ...(Array.isArray(tokens) ? { logprobs: tokens.map(readLogprob) } : {}),
  };
}

function complaintOf(finish: string | null | undefined, refusal: unknown): string | undefined {
  if (typeof refusal === "string" && refusal !== "") return "it is a refusal";
  if (finish === "length") return "it exceeded the token limit; answer more briefly";
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
