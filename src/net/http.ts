import { ownValue } from "../core/collections.js";
import type { Dispatcher, FormData } from "undici";
import { ApiError } from "../core/errors.js";

const MOST_REDIRECTS = 5;
const STALLED = /^UND_ERR_(HEADERS|BODY)_TIMEOUT$/;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** One HTTP request. */
export interface HttpRequest {
  /** Sent by POST; without one the request is a GET. */
  body?: string | FormData;
  headers?: Record<string, string>;
  /** Headers for the origin of the address alone, such as those that contain a key. */
  secrets?: Record<string, string>;
  signal?: AbortSignal;
  /** Milliseconds without a byte after which the connection is given up; 0 for no limit. Default 0. */
  stallMs?: number;
  /** The environment with the proxy's variables. Default process.env. */
  env?: Record<string, string | undefined>;
}

/** An answer whose body flows as it arrives. */
export interface HttpResponse {
  status: number;
  /** A header by its name in lower case; several of one name are joined. */
  header(name: string): string | undefined;
  body: Dispatcher.ResponseData["body"];
}

/**
 * Sends a request, through the proxy that HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY name; this machine is never called
 * through a proxy. Follows redirects, but never from https to http, never with `secrets` to another origin, and never
 * with a body to another origin. Rejects with a retryable ApiError if there is no connection, one that is not retryable
 * if a redirect is refused, and the signal's reason.
 */
export async function sendRequest(url: string, request: HttpRequest): Promise<HttpResponse> {
  const { origin } = new URL(url);
  let target = new URL(url);
  for (let hop = 0; hop <= MOST_REDIRECTS; hop++) {
    const response = await sendOnce(target, request, target.origin === origin);
    const location = response.header("location");
    if (!REDIRECTS.has(response.status) || location === undefined) return response;
    dropBody(response);
    target = redirectTarget(location, target);
    if (request.body !== undefined && (target.origin !== origin || response.status < 307)) {
      throw refusal(url, response.status, `redirects to ${publicUrl(target)}: use that address`);
    }
  }
  throw refusal(url, 0, `more than ${MOST_REDIRECTS} redirects`);
}

/** The body of an answer as text. Throws ApiError if it is longer than `most` bytes or breaks off. */
export async function readText(
  { body, status }: HttpResponse,
  url: string,
  most: number,
): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  try {
    for await (const part of body as AsyncIterable<Buffer>) {
      length += part.length;
      if (length > most) throw refusal(url, status, `the answer is longer than ${most} bytes`);
      parts.push(part);
    }
  } catch (cause) {
    throw cause instanceof ApiError ? cause : broken(url, cause);
  }
  return Buffer.concat(parts).toString("utf8");
}

/** Ends an answer whose body is not wanted, and its connection. */
export function dropBody({ body }: HttpResponse): void {
  // Its stream reports what is left of it as an error.
  body.on("error", () => undefined).destroy();
}

/** An address as messages may show it: without user, password and query, which may contain secrets. */
export function publicUrl(url: string | URL): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}

/** The error of an answer that would be the same on the next attempt. */
export function refusal(url: string | URL, status: number, problem: string): ApiError {
  const shown = publicUrl(url);
  return new ApiError(`${shown}: ${problem}`, { status, url: shown, retryable: false });
}

/** The error of a connection that could not be made or broke. */
export function broken(url: string | URL, cause: unknown): ApiError {
  const shown = publicUrl(url);
  const { message, code } = innermost(cause);
  const text = STALLED.test(code) ? "no data arrived in time" : message || code;
  return new ApiError(`${shown}: ${text}`, { status: 0, url: shown, retryable: true, cause });
}

/** Message and code of the first cause of an error. */
export function innermost(error: unknown): { message: string; code: string } {
  let inner = error;
  while (inner instanceof Error && inner.cause !== undefined) inner = inner.cause;
  // A host name with several addresses gives one error per address.
  if (inner instanceof AggregateError) inner = (inner.errors as unknown[])[0] ?? inner;
  if (!(inner instanceof Error)) return { message: String(inner), code: "" };
  return { message: inner.message, code: (inner as NodeJS.ErrnoException).code ?? "" };
}

/** Whether a host is this machine. */
export function isLoopback(hostname: string): boolean {
  return /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\]|0\.0\.0\.0|\[::\])$/i.test(hostname);
}

async function sendOnce(
  target: URL,
  { body, headers, secrets, signal, stallMs = 0, env }: HttpRequest,
  isFirstOrigin: boolean,
): Promise<HttpResponse> {
  signal?.throwIfAborted();
  // Imported here because most programs send nothing.
  const { request } = await import("undici");
  try {
    const response = await request(target, {
      method: body === undefined ? "GET" : "POST",
      body,
      headers: {
        "user-agent": "feature-families",
        // A compressed answer would make ranges and sizes those of other bytes.
        "accept-encoding": "identity",
        ...headers,
        ...(isFirstOrigin && secrets),
      },
      signal,
      dispatcher: await dispatcherFor(target, env),
      headersTimeout: stallMs,
      bodyTimeout: stallMs,
    });
    return {
      status: response.statusCode,
      header: (name) => [ownValue(response.headers, name) ?? []].flat().join(", ") || undefined,
      body: response.body,
    };
  } catch (cause) {
    signal?.throwIfAborted();
    throw broken(target, cause);
  }
}

const dispatchers = new Map<string, Dispatcher>();

/** Connections are kept per proxy setting, so that calls reuse them. */
async function dispatcherFor(
  { hostname }: URL,
  env: Record<string, string | undefined> = process.env,
): Promise<Dispatcher> {
  const proxy = (name: string): string =>
    (isLoopback(hostname)
      ? undefined
      : (ownValue(env, name.toLowerCase()) ?? ownValue(env, name))) ?? "";
  const all = proxy("ALL_PROXY");
  const httpProxy = proxy("HTTP_PROXY") || all;
  const httpsProxy = proxy("HTTPS_PROXY") || all;
  const noProxy = proxy("NO_PROXY");
  const key = JSON.stringify([httpProxy, httpsProxy, noProxy]);
  let dispatcher = dispatchers.get(key);
  if (dispatcher === undefined) {
    const { Agent, EnvHttpProxyAgent } = await import("undici");
    dispatcher =
      httpProxy || httpsProxy
        ? new EnvHttpProxyAgent({ httpProxy, httpsProxy, noProxy })
        : new Agent();
    dispatchers.set(key, dispatcher);
  }
  return dispatcher;
}

function redirectTarget(location: string, from: URL): URL {
  let target: URL;
  try {
    target = new URL(location, from);
  } catch {
    throw refusal(from, 0, "redirects to something that is not an address");
  }
  if (target.protocol !== "https:" && target.protocol !== "http:") {
    throw refusal(from, 0, `redirects to ${target.protocol}, which is neither http nor https`);
  }
  if (from.protocol === "https:" && target.protocol === "http:") {
    throw refusal(from, 0, `redirects from https to http at ${target.host}`);
  }
  return target;
}
