import type OpenAI from "openai";
import { ApiError } from "../core/errors.js";
import { notePause, parseRetryAfter } from "./retry.js";

const OPENAI = "https://api.openai.com/v1";
/** Codes of connections that were cut or came to nothing in time; all others, such as of a refusal, lie in the address. */
const PASSING = /^(ECONNRESET|EPIPE|ETIMEDOUT|EAI_AGAIN|UND_ERR_|HPE_)/;
/** Origins of servers that have answered in this process. */
const reached = new Set<string>();

/** Where a model is served. */
export interface Connection {
  /** Address of an OpenAI-compatible API, such as "http://localhost:11434/v1". Default OpenAI's own. */
  baseUrl?: string;
  /** Names of environment variables that may hold the key, in order. */
  keyVariables: readonly string[];
  /** Where the variables are. Default process.env. */
  env?: Record<string, string | undefined>;
  /** Milliseconds after which a call is given up. Default 60,000. */
  timeoutMs?: number;
  /** Whether a missing key is an error. Default true; false for a client that is never to call. */
  needsKey?: boolean;
}

/**
 * A client of the `openai` package that retries nothing by itself. The key comes from the environment alone; a server
 * on this machine needs none. Throws RangeError for an address with a user, password or key in it, and Error, naming
 * the variables, where a key is needed and none is set.
 */
export async function connect({
  baseUrl,
  keyVariables,
  env = process.env,
  timeoutMs = 60_000,
  needsKey = true,
}: Connection): Promise<OpenAI> {
  // The package would read this variable by itself, unchecked.
  const address = baseUrl ?? (env.OPENAI_BASE_URL || undefined);
  const url = address === undefined ? undefined : checkBaseUrl(address);
  const key = keyVariables.map((name) => env[name]).find((value) => value);
  if (key === undefined && needsKey && !isLocal(url)) {
    throw new Error(
      `no key for ${url?.host ?? "api.openai.com"}: set ${keyVariables.join(" or ")} in the environment`,
    );
  }
  // Imported here: most programs ask no model.
  const { default: Client } = await import("openai");
  return new Client({
    apiKey: key ?? "none",
    baseURL: url === undefined ? OPENAI : (url.origin + url.pathname).replace(/\/$/, ""),
    // Azure's version stands in the address, its key in a header of its own.
    defaultQuery: url && Object.fromEntries(url.searchParams),
    defaultHeaders: url?.hostname.endsWith(".azure.com") && key ? { "api-key": key } : undefined,
    maxRetries: 0,
    timeout: timeoutMs,
    logLevel: "off",
  });
}

/** A base URL, checked. Throws RangeError, without showing it, where it holds a secret or is none. */
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
      `base URL of ${url.host}: holds a user, password or key; keys belong into the environment`,
    );
  }
  return url;
}

function isLocal(url: URL | undefined): boolean {
  return url !== undefined && /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
}

/** An error of the openai package as ours: no headers, no key, and whether trying again may help. */
export async function toApiError(
  error: unknown,
  baseUrl: string,
  key?: string | null,
): Promise<unknown> {
  const { APIError, APIConnectionError, APIUserAbortError } = await import("openai");
  const { origin, pathname } = new URL(baseUrl);
  const url = origin + pathname;
  // A body that was cut is no JSON, or ends its stream with a TypeError.
  if (error instanceof SyntaxError || error instanceof TypeError) {
    return new ApiError(`${url}: the answer was cut`, { status: 0, url, retryable: true });
  }
  if (error instanceof APIUserAbortError || !(error instanceof APIError)) return error;
  if (error instanceof APIConnectionError) {
    const { reason, code } = innermost(error);
    // Before its first answer, a server that is not there is more likely a wrong address than a busy one.
    const retryable = reached.has(origin) || PASSING.test(code);
    return new ApiError(`${url}: ${hideSecrets(reason, key)}`, { status: 0, url, retryable });
  }
  noteReached(baseUrl);
  const status = Number(error.status ?? 0);
  const retryable = status === 408 || status === 409 || status === 429 || status >= 500;
  const made = new ApiError(
    `${url}: HTTP ${status}, ${hideSecrets(error.message, key).slice(0, 300)}`,
    {
      status,
      url,
      retryable,
    },
  );
  const headers = error.headers as Headers | undefined;
  return notePause(
    made,
    parseRetryAfter((name) => headers?.get(name)),
  );
}

/** Notes that a server has answered, so that it is waited for where it goes away. */
export function noteReached(baseUrl: string): void {
  reached.add(new URL(baseUrl).origin);
}

/** What lies beneath "Connection error." and "fetch failed". */
function innermost(error: Error): { reason: string; code: string } {
  let inner = error;
  while (inner.cause instanceof Error) inner = inner.cause;
  // Where a name has several addresses, each has an error of its own.
  if (inner instanceof AggregateError) {
    const [first] = inner.errors as unknown[];
    if (first instanceof Error) inner = first;
  }
  const { code = "" } = inner as NodeJS.ErrnoException;
  return { reason: inner.message || code, code };
}

/** A server's text without `key` and, unless `exact`, without whatever else looks like a key. */
export function hideSecrets(text: string, key?: string | null, exact = false): string {
  const without = key && key.length >= 8 ? text.replaceAll(key, "[key]") : text;
  if (exact) return without;
  return without
    .replace(/\b(sk|pk|hf|key|tok|or)[-_][A-Za-z0-9_*-]{6,}/gi, "[key]")
    .replace(/(bearer|api[-_ ]?key)(["':= ]+)[^\s"',]{6,}/gi, "$1$2[key]");
}
