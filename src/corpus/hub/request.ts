import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { ApiError } from "../../core/errors.js";

const MOST_REDIRECTS = 5;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
/** A listing or an error message is short; anything longer is no answer of a hub. */
const LONGEST_TEXT = 64 * 1024 * 1024;

/** How one request is made. */
export interface RequestOptions {
  /** Sent as a bearer token, but only to the origin of the first address. */
  token?: string;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  /** Milliseconds without a byte after which the connection is given up. */
  stallMs: number;
}

/**
 * GETs an address, following redirects. The token never leaves the origin that it is meant for. The answer's body
 * flows as it comes, so that what arrived before a cut is not lost. Rejects with a retryable ApiError where there is no
 * connection, and with one that is not where a redirect leads to something else than http(s).
 */
export async function get(url: string, options: RequestOptions): Promise<IncomingMessage> {
  const origin = new URL(url).origin;
  let target = new URL(url);
  for (let hop = 0; hop <= MOST_REDIRECTS; hop++) {
    const token = target.origin === origin ? options.token : undefined;
    const response = await getOnce(target, token, options);
    const status = response.statusCode ?? 0;
    const { location } = response.headers;
    if (!REDIRECTS.has(status) || location === undefined) return response;
    response.destroy();
    target = redirectTarget(location, target);
  }
  throw refusal(url, 0, `more than ${MOST_REDIRECTS} redirects`);
}

/** The body of a short answer as text. */
export async function readBody(response: IncomingMessage, url: string): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  try {
    for await (const part of response as AsyncIterable<Buffer>) {
      length += part.length;
      if (length > LONGEST_TEXT)
        throw refusal(url, 0, `an answer longer than ${LONGEST_TEXT} bytes`);
      parts.push(part);
    }
  } catch (cause) {
    if (cause instanceof ApiError) throw cause;
    throw broken(url, cause);
  }
  return Buffer.concat(parts).toString("utf8");
}

/** An address as messages may show it: without user, password and query, where secrets travel. */
export function publicUrl(url: string | URL): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}

/** The error of an answer that trying again will not mend. */
export function refusal(url: string | URL, status: number, problem: string): ApiError {
  const shown = publicUrl(url);
  return new ApiError(`${shown}: ${problem}`, { status, url: shown, retryable: false });
}

/** The error of a connection that could not be made or broke. */
export function broken(url: string | URL, cause: unknown): ApiError {
  const shown = publicUrl(url);
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ApiError(`${shown}: ${reason}`, { status: 0, url: shown, retryable: true, cause });
}

function getOnce(
  target: URL,
  token: string | undefined,
  { headers, signal, stallMs }: RequestOptions,
): Promise<IncomingMessage> {
  const send = target.protocol === "https:" ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const sent = send(target, {
      signal,
      timeout: stallMs,
      headers: {
        "user-agent": "feature-families",
        // A compressed answer would make ranges and sizes those of other bytes.
        "accept-encoding": "identity",
        ...headers,
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
    });
    sent.on("timeout", () => sent.destroy(new Error(`no byte came for ${stallMs / 1000} s`)));
    sent.on("response", resolve);
    sent.on("error", (cause) =>
      reject(signal?.aborted ? abortReason(signal) : broken(target, cause)),
    );
    sent.end();
  });
}

/** What an aborted signal asks to be thrown. */
export function abortReason(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason));
}

function redirectTarget(location: string, from: URL): URL {
  let target: URL;
  try {
    target = new URL(location, from);
  } catch {
    throw refusal(from, 0, "redirects to something that is no address");
  }
  if (target.protocol !== "https:" && target.protocol !== "http:") {
    throw refusal(from, 0, `redirects to ${target.protocol}, which is neither http nor https`);
  }
  if (from.protocol === "https:" && target.protocol === "http:") {
    throw refusal(from, 0, `redirects from https to http at ${target.host}`);
  }
  return target;
}
