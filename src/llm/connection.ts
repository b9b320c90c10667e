import type OpenAI from "openai";
import { ApiError } from "../core/errors.js";
import { notePause, parseRetryAfter } from "./retry.js";

const OPENAI = "https://api.openai.com/v1";
/**
 * Codes of dropped or timed-out connections; any other code, such as a refused connection, points to a wrong address.
 */
const PASSING = /^(ECONNRESET|EPIPE|ETIMEDOUT|EAI_AGAIN|UND_ERR_|HPE_)/;
/** Origins of servers that have answered in this process. */
const reached = new Set<string>();

/** Where a model is served. */
export interface Connection {
  /** Address of an OpenAI-compatible API, such as "http://localhost:11434/v1". Default OpenAI's own. */
  baseUrl?: string;
  /** Environment variables that may hold the key, in order of precedence. */
  keyVariables: readonly string[];
  /** The environment. Default process.env. */
  env?: Record<string, string | undefined>;
  /** Time limit of a call in milliseconds. Default 60,000. */
  timeoutMs?: number;
  /** Whether a missing key is an error. Default true; false for a client that never makes a call. */
  needsKey?: boolean;
}

/**
 * A client of the `openai` package with its own retries turned off. The key comes only from the environment; a server
 * on this machine needs none. Throws RangeError if the address contains a user, password or key, and Error, naming the
 * variables, if a key is needed and none is set.
 */
export async function connect({
  baseUrl,
  keyVariables,
  env = process.env,
  timeoutMs = 60_000,
  needsKey = true,
}: Connection): Promise<OpenAI> {
  // The package would otherwise read this variable itself, unchecked.
  const address = baseUrl ?? (env.OPENAI_BASE_URL || undefined);
  const url = address === undefined ? undefined : checkBaseUrl(address);
  const key = keyVariables.map((name) => env[name]).find((value) => value);
  if (key === undefined && needsKey && !isLocal(url)) {
    throw new Error(
      `no key for ${url?.host ?? "api.openai.com"}: set ${keyVariables.join(" or ")} in the environment`,
    );
  }
  // Imported here because most programs never ask a model.
  const { default: Client } = await import("openai");
  return new Client({
    apiKey: key ?? "none",
    baseURL: url === undefined ? OPENAI : (url.origin + url.pathname).replace(/\/$/, ""),
    // Azure takes its API version from the query and its key from a header of its own.
    defaultQuery: url && Object.fromEntries(url.searchParams),
    defaultHeaders: url?.hostname.endsWith(".azure.com") && key ? { "api-key": key } : undefined,
    maxRetries: 0,
    timeout: timeoutMs,
    logLevel: "off",
  });
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

function isLocal(url: URL | undefined): boolean {
  return url !== undefined && /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
}

/**
 * Converts an error of the openai package to ApiError: without headers or key, and marked retryable where a retry may
 * help.
 */
export async function toApiError(
  error: unknown,
  baseUrl: string,
  key?: string | null,
): Promise<unknown> {
  const { APIError, APIConnectionError, APIUserAbortError } = await import("openai");
  const { origin, pathname } = new URL(baseUrl);
  const url = origin + pathname;
  // A truncated body is invalid JSON, or ends its stream with a TypeError.
  if (error instanceof SyntaxError || error instanceof TypeError) {
    return new ApiError(`${url}: the answer was cut off`, { status: 0, url, retryable: true });
  }
  if (error instanceof APIUserAbortError || !(error instanceof APIError)) return error;
  if (error instanceof APIConnectionError) {
    const { reason, code } = innermost(error);
    // Before its first answer, an unreachable server more likely means a wrong address than a busy server.
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

/** Records that a server has answered, so that later connection errors to it are retried. */
export function noteReached(baseUrl: string): void {
  reached.add(new URL(baseUrl).origin);
}

/** The cause behind "Connection error." and "fetch failed". */
function innermost(error: Error): { reason: string; code: string } {
  let inner = error;
  while (inner.cause instanceof Error) inner = inner.cause;
  // A host name with several addresses gives one error per address.
  if (inner instanceof AggregateError) {
    const [first] = inner.errors as unknown[];
    if (first instanceof Error) inner = first;
  }
  const { code = "" } = inner as NodeJS.ErrnoException;
  return { reason: inner.message || code, code };
}

/** A server's text without `key` and, unless `exact`, without anything else that looks like a key. */
export function hideSecrets(text: string, key?: string | null, exact = false): string {
  const without = key && key.length >= 8 ? text.replaceAll(key, "[key]") : text;
  if (exact) return without;
  return without
    .replace(/\b(sk|pk|hf|key|tok|or)[-_][A-Za-z0-9_*-]{6,}/gi, "[key]")
    .replace(/(bearer|api[-_ ]?key)(["':= ]+)[^\s"',]{6,}/gi, "$1$2[key]");
}
