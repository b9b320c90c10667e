import { createHash } from "node:crypto";
import { type IncomingMessage, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { encode } from "gpt-tokenizer/encoding/o200k_base";
import { createRandom } from "../../../src/core/index.js";

/** One call as the server saw it. */
export interface LlmCall {
  number: number;
  /** Path within the API, such as "/chat/completions". */
  path: string;
  body: {
    model: string;
    messages: { role: string; content: string }[];
    input?: string[];
    response_format?: { type: string; json_schema?: { schema: unknown } };
    [name: string]: unknown;
  };
  /** SHA-256 of the messages or texts: the same for a question asked again. */
  hash: string;
  authorization: string | undefined;
  promptTokens: number;
  /** Calls under way when it came, itself among them. */
  parallel: number;
  /** HTTP status, 0 where the connection was cut. Set when it is answered. */
  status?: number;
  /** What the server did instead of answering, if anything. */
  trouble?: TroubleKind;
}

export type TroubleKind =
  | "429"
  | "429-retry-after"
  | "500"
  | "stall"
  | "cut"
  | "truncated"
  | "wrong-ids"
  | "refusal"
  | "empty"
  | "fences";

/** An answer of the handler: a text, or more of the protocol. */
export type LlmReply =
  | string
  | {
      content?: string | null;
      refusal?: string;
      finish?: string;
      logprobs?: unknown[];
      /** Thoughts, as servers with a parser for them send them. */
      reasoning?: string;
      status?: number;
      message?: string;
      /** A body in place of `{error: {message}}` or of a completion: text as it is, anything else as JSON. */
      body?: unknown;
      headers?: Record<string, string>;
      /** Milliseconds between the bytes of the body, which never ends before all came. */
      dripMs?: number;
    };

export interface LlmServerOptions {
  answer?: (call: LlmCall) => LlmReply | Promise<LlmReply>;
  /** The embedding of a text; null stands for a broken one. Default three numbers that tell the text. */
  embed?: (text: string) => (number | null)[];
  /** Share of the calls with each trouble, on a seed. */
  trouble?: Partial<Record<TroubleKind, number>>;
  seed?: number;
  /** Most parallel calls; others get a 429. Default no cap. */
  cap?: number;
  /** Milliseconds that an answer takes, and a stalled one. Default 0 and 20,000. */
  latencyMs?: number;
  stallMs?: number;
}

export interface LlmServer {
  baseUrl: string;
  calls: LlmCall[];
  /** Share of the cap in use over time, from when it was first reached until the last `cap` calls. */
  utilisation(): number;
  close(): Promise<void>;
}

/** A server on loopback that speaks chat completions and embeddings, and misbehaves as told. */
export async function startLlmServer(options: LlmServerOptions): Promise<LlmServer> {
  const { cap = Infinity, trouble = {}, seed = 1 } = options;
  const random = createRandom(seed);
  const calls: LlmCall[] = [];
  let active = 0;
  // Times at which the number of calls under way changed, and the number from then on.
  const changes: { time: number; active: number }[] = [];
  const change = (by: number): void => {
    active += by;
    changes.push({ time: performance.now(), active });
  };
  const pickTrouble = (): TroubleKind | undefined => {
    let left = random();
    for (const [kind, share] of Object.entries(trouble) as [TroubleKind, number][]) {
      if ((left -= share) < 0) return kind;
    }
    return undefined;
  };
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const call = readCall(request, await readBody(request), calls.length);
    calls.push(call);
    call.parallel = active + 1;
    if (active >= cap) {
      call.status = 429;
      return sendError(response, 429, { error: { message: "too many calls at a time" } });
    }
    change(1);
    try {
      await respond(call, pickTrouble(), options, response);
    } finally {
      change(-1);
    }
  };
  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      if (!response.headersSent) sendError(response, 500, String(error));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    calls,
    utilisation() {
      const from = changes.findIndex((one) => one.active >= cap);
      const used = changes.slice(Math.max(0, from), -2 * cap);
      let area = 0;
      for (let i = 1; i < used.length; i++) {
        area += (used[i].time - used[i - 1].time) * used[i - 1].active;
      }
      return area / cap / (used[used.length - 1].time - used[0].time);
    },
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function readCall(request: IncomingMessage, text: string, number: number): LlmCall {
  const body = JSON.parse(text) as LlmCall["body"];
  const hash = createHash("sha256").update(JSON.stringify(body.messages ?? body.input));
  return {
    number,
    path: (request.url ?? "").replace(/^\/v1/, "").replace(/\?.*/, ""),
    body,
    hash: hash.digest("hex"),
    authorization: request.headers.authorization,
    promptTokens: countPrompt(body),
    parallel: 0,
  };
}

async function respond(
  call: LlmCall,
  kind: TroubleKind | undefined,
  { answer, embed = embeddingOf, latencyMs = 0, stallMs = 20_000 }: LlmServerOptions,
  response: ServerResponse,
): Promise<void> {
  call.trouble = kind;
  if (kind === "429" || kind === "429-retry-after") {
    call.status = 429;
    const headers = kind === "429" ? undefined : { "retry-after": "0.02" };
    return sendError(response, 429, { error: { message: "slow down" } }, headers);
  }
  if (kind === "500") {
    call.status = 500;
    return sendError(response, 500, { error: { message: "broken" } });
  }
  if (latencyMs > 0) await sleep(latencyMs);
  if (kind === "stall" && (await stall(response, stallMs)) === "gone") {
    call.status = 0;
    return;
  }
  if (kind === "cut") {
    call.status = 0;
    response.socket?.destroy();
    return;
  }
  let result: unknown;
  if (call.path === "/embeddings") result = embeddings(call, embed);
  else {
    const made = (await answer?.(call)) ?? "{}";
    const reply = typeof made === "string" ? { content: made } : made;
    if ("status" in reply && reply.status !== undefined) {
      call.status = reply.status;
      const { message = "no", body = { error: { message } } } = reply;
      return sendError(response, reply.status, body, reply.headers);
    }
    result = reply.body ?? completion(call, spoil(reply, kind));
    if (reply.dripMs !== undefined) return drip(response, JSON.stringify(result), reply.dripMs);
  }
  const json = typeof result === "string" ? result : JSON.stringify(result);
  call.status = 200;
  response.writeHead(200, { "content-type": "application/json" });
  response.end(kind === "truncated" ? json.slice(0, json.length / 2) : json);
}

/** A server that stalls still sees its client go. */
async function stall(response: ServerResponse, ms: number): Promise<"gone" | "over"> {
  const gone = new AbortController();
  const leave = (): void => gone.abort();
  response.once("close", leave);
  try {
    await sleep(ms, undefined, { ref: false, signal: gone.signal });
    return "over";
  } catch {
    return "gone";
  } finally {
    response.off("close", leave);
  }
}

function spoil(
  reply: Exclude<LlmReply, string>,
  kind: TroubleKind | undefined,
): Exclude<LlmReply, string> {
  const { content } = reply;
  if (kind === "refusal") return { content: null, refusal: "I cannot help with that." };
  if (kind === "empty") return { content: "" };
  if (kind === "fences") return { ...reply, content: "```json\n" + content + "\n```" };
  // Every id is another's.
  if (kind === "wrong-ids") {
    return { ...reply, content: content?.replace(/"id":\s*"([^"]*)"/g, '"id":"x$1"') };
  }
  return reply;
}

function completion(
  { body, promptTokens }: LlmCall,
  { content = null, refusal, reasoning, finish = "stop", logprobs }: Exclude<LlmReply, string>,
): object {
  const tokens = count(content ?? refusal ?? "");
  return {
    id: "chatcmpl-1",
    object: "chat.completion",
    model: body.model,
    choices: [
      {
        index: 0,
        finish_reason: finish,
        message: {
          role: "assistant",
          content,
          refusal: refusal ?? null,
          ...(reasoning === undefined ? {} : { reasoning_content: reasoning }),
        },
        logprobs: logprobs === undefined ? null : { content: logprobs },
      },
    ],
    usage: {
      prompt_tokens: promptTokens,
      completion_tokens: tokens,
      total_tokens: promptTokens + tokens,
    },
  };
}

function embeddings(
  { body, promptTokens }: LlmCall,
  embed: (text: string) => (number | null)[],
): object {
  const data = (body.input ?? []).map((text, index) => ({
    object: "embedding",
    index,
    embedding: embed(text),
  }));
  // The order of an answer is not promised: the index is.
  data.reverse();
  const usage = { prompt_tokens: promptTokens, total_tokens: promptTokens };
  return { object: "list", data, model: body.model, usage };
}

function embeddingOf(text: string): number[] {
  return [text.length, text.charCodeAt(0), 1];
}

/** Counted from what came over the wire: texts, 3 a message and 3 for the answer's start, and the schema. */
function countPrompt({ messages, input, response_format: format }: LlmCall["body"]): number {
  if (messages === undefined) return (input ?? []).reduce((sum, text) => sum + count(text), 0);
  const schema = format?.json_schema?.schema;
  const texts = messages.reduce(
    (sum, { role, content }) => sum + 3 + count(role) + count(content),
    3,
  );
  return texts + (schema === undefined ? 0 : count(JSON.stringify(schema)));
}

function count(text: string): number {
  // The tokenizer's time grows with the square of the longest word.
  if (text.length > 100_000) return text.length >> 2;
  return encode(text, { disallowedSpecial: new Set() }).length;
}

function sendError(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(text);
}

function drip(response: ServerResponse, text: string, ms: number): void {
  let sent = 0;
  response.writeHead(200, { "content-type": "application/json" });
  const timer = setInterval(() => {
    response.write(text[sent++] ?? " ");
  }, ms);
  response.once("close", () => clearInterval(timer));
}

async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts).toString("utf8");
}
