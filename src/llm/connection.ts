import { ownValue } from "../core/collections.js";
import type { FormData } from "undici";
import { ApiError } from "../core/errors.js";
import { innermost, isLoopback, readText, sendRequest } from "../net/http.js";
import { isExhausted, readRefusal } from "./refusal.js";
import { notePause, readPause } from "./retry.js";

const OPENAI = "https://api.openai.com/v1";
/**
 * Codes of dropped or timed-out connections; any other code, such as a refused connection, points to a wrong address.
 */
const PASSING = /^(ECONNRESET|EPIPE|ETIMEDOUT|EAI_AGAIN|UND_ERR_|HPE_)/;
/** Azure takes its key from a header of its own. */
const AZURE = /\.azure\.(com|us|cn)$|\.azure-api\.(net|us|cn)$/;
/** IPv4 and IPv6 addresses, and host names, that no public server has; a name without a dot is one of a local network. */
const PRIVATE = [
  /^(10\.\d+|192\.168|172\.(1[6-9]|2\d|3[01])|169\.254|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7]))\.\d+\.\d+$/,
  /^\[f[cd][0-9a-f]{2}:|^\[fe[89ab][0-9a-f]:/,
  /^[^.:]+$|\.(local|lan|internal|home\.arpa)$/,
];
const LONGEST_REFUSAL = 1 << 16;
/** Origins of servers that have answered in this process. */
const reached = new Set<string>();

/** Where a model is served. */
export interface Connection {
  /**
   * Address of an OpenAI-compatible API, such as "http://localhost:11434/v1", or of its chat completions. Default
   * OpenAI's own.
   */
  baseUrl?: string;
  /** Environment variables that may hold the key, in order of precedence. */
  keyVariables: readonly string[];
  /** The environment, which also names proxies. Default process.env. */
  env?: Record<string, string | undefined>;
  /** Whether a missing key is an error. Default true; false for a client that never makes a call. */
  needsKey?: boolean;
}

/** An OpenAI-compatible API. */
export interface Api {
  /** Its address, without query. */
  readonly baseUrl: string;
  readonly key: string | undefined;
  /** Whether it is on this machine or in a private network. */
  readonly isPrivate: boolean;
  /** Posts `body` to `path`, or gets `path` where there is none, and gives the answer's text. */
  send(path: string, body: string | FormData | undefined, limits: CallLimits): Promise<string>;
  /** The same with JSON. */
  call(path: string, body: object | undefined, limits: CallLimits): Promise<unknown>;
}

/** Limits of one call. */
export interface CallLimits {
  /** Milliseconds until the whole answer must be there. */
  timeoutMs: number;
  /** Longest answer in bytes. */
  mostBytes: number;
  signal?: AbortSignal;
}

/**
 * Opens an API. The key comes only from the environment; a server on this machine or in a private network needs none.
 * Throws RangeError if the address contains a user, password or key, and Error, naming the variables, if a key is needed
 * and none is set.
 */
export function connect({
  baseUrl,
  keyVariables,
  env = process.env,
  needsKey = true,
}: Connection): Api {
  const url = checkBaseUrl(baseUrl ?? (env.OPENAI_BASE_URL || OPENAI));
  const { hostname } = url;
  const isPrivate = isLoopback(hostname) || PRIVATE.some((form) => form.test(hostname));
  const key = keyVariables.map((name) => ownValue(env, name)).find((value) => value);
  if (key === undefined && needsKey && !isPrivate) {
    throw new Error(`no key for ${url.host}: set ${keyVariables.join(" or ")} in the environment`);
  }
  const path = url.pathname.replace(/\/(chat\/completions|completions|embeddings)?\/?$/, "");
  const base = url.origin + path;
  const secrets: Record<string, string> = { authorization: `Bearer ${key ?? "none"}` };
  if (key !== undefined && AZURE.test(hostname)) secrets["api-key"] = key;
  const api: Api = {
    baseUrl: base,
    key,
    isPrivate,
    call: async (where, body, limits) =>
      answerJson(api, 200, await api.send(where, body && JSON.stringify(body), limits)),
    async send(where, body, { timeoutMs, mostBytes, signal }) {
      signal?.throwIfAborted();
      // Azure takes its API version from the query.
      const target = `${base}${where}${url.search}`;
      const late = new ApiError(`${base}: no answer within ${timeoutMs / 1000} s`, {
        status: 408,
        url: base,
        retryable: true,
      });
      const controller = new AbortController();
      const timer = setTimeout(() => controller.abort(late), timeoutMs);
      const stop = (): void => controller.abort(signal?.reason);
      signal?.addEventListener("abort", stop, { once: true });
      try {
        const response = await sendRequest(target, {
          body,
          headers: typeof body === "string" ? { "content-type": "application/json" } : {},
          secrets,
          env,
          signal: controller.signal,
        });
        reached.add(url.origin);
        const { status } = response;
        if (status >= 300) {
          const text = await readText(response, target, LONGEST_REFUSAL).catch(() => "");
          throw refusalOf(status, text, base, key, (name) => response.header(name));
        }
        return await readText(response, target, mostBytes);
      } catch (error) {
        signal?.throwIfAborted();
        if (controller.signal.aborted) throw late;
        throw withoutSecrets(error, base, key);
      } finally {
        clearTimeout(timer);
        signal?.removeEventListener("abort", stop);
      }
    },
  };
  return api;
}

/** The JSON of an answer. Throws ApiError for a status that is no success, and for an error in spite of the status. */
export function answerJson({ baseUrl, key }: Api, status: number, text: string): unknown {
  if (status >= 300) throw refusalOf(status, text, baseUrl, key, () => undefined);
  return readJson(text, baseUrl, key);
}

/** A checked base URL. Throws RangeError, without showing it, if it contains a secret or is not an http(s) URL. */
export function checkBaseUrl(text: string): URL {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new RangeError("base URL: expected an http(s) address such as http://localhost:8000/v1");
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new RangeError(`base URL: expected an http(s) address, got ${url.protocol}`);
  }
  if (url.username !== "" || url.password !== "" || /key|token|secret|sig/i.test(url.search)) {
    throw new RangeError(
      `base URL of ${url.host}: contains a user, password or key; put keys in the environment`,
    );
  }
  return url;
}

/** A server's text without `key` and, unless `exact`, without anything else that looks like a key. */
export function hideSecrets(text: string, key?: string | null, exact = false): string {
  const without = key && key.length >= 8 ? text.replaceAll(key, "[key]") : text;
  if (exact) return without;
  return without
    .replace(/\b(sk|pk|hf|key|tok|or)[-_][A-Za-z0-9_*-]{6,}/gi, "[key]")
    .replace(/(bearer|api[-_ ]?key)(["':= ]+)[^\s"',]{6,}/gi, "$1$2[key]");
}

/** The error of an answer with an HTTP status that is no success, with what its body says. */
function refusalOf(
  status: number,
  text: string,
  url: string,
  key: string | undefined,
  header: (name: string) => string | undefined,
): ApiError {
  const isLoad = status === 408 || status === 409 || status === 425 || status === 429;
  const retryable = (isLoad || status >= 500) && status !== 501 && !isExhausted(status, text);
  const hint =
    status === 404 && !/\/v\d|\/openai\//.test(url)
      ? `; the address has no /v1: try ${url}/v1`
      : "";
  const reason = hideSecrets(readRefusal(text), key).slice(0, 500);
  const error = new ApiError(`${url}: HTTP ${status}, ${reason || "no reason given"}${hint}`, {
    status,
    url,
    retryable,
  });
  return notePause(error, readPause(header, text));
}

/** The JSON of an answer. Some servers report an error in an answer with status 200. */
function readJson(text: string, url: string, key: string | undefined): unknown {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    const isPage = /^\s*</.test(text);
    const problem = isPage ? "the answer is a web page, not JSON" : "the answer was cut off";
    throw new ApiError(`${url}: ${problem}`, { status: 0, url, retryable: !isPage });
  }
  const { error: whole, choices, data } = (json ?? {}) as Record<string, unknown>;
  const error = whole || (choices as { error?: unknown }[] | undefined)?.[0]?.error;
  if (!error || data) return json;
  const code = Number((error as { code?: unknown }).code);
  const status = code >= 400 && code < 600 ? code : 500;
  throw refusalOf(status, text, url, key, () => undefined);
}

/** An error of a connection, marked retryable where a retry may help. */
function withoutSecrets(error: unknown, url: string, key: string | undefined): unknown {
  if (!(error instanceof ApiError)) return error;
  const { status, retryable, message } = error;
  if (status !== 0 || !retryable || error.cause === undefined) return error;
  // Before its first answer, an unreachable server more likely means a wrong address than a busy server.
  const { message: reason, code } = innermost(error.cause);
  const mayPass = reached.has(new URL(url).origin) || PASSING.test(code);
  const text = reason ? `${url}: ${hideSecrets(reason || code, key)}` : message;
  return new ApiError(text, { status, url, retryable: mayPass });
}
