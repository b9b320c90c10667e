import { isRecord } from "../../core/collections.js";
import { FormatError } from "../../core/errors.js";
import { parseJson } from "../../files/json-text.js";
import { type HttpResponse, publicUrl, readText, refusal, sendRequest } from "../../net/http.js";

/** A listing or an error message is short; anything longer is no answer of a hub. */
const LONGEST_TEXT = 64 * 1024 * 1024;
const MOST_PAGES = 1000;
const REPO = /^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*$/;
const REVISION = /^[\w][\w./-]*$/;

/** What kind of repository it is. */
export type HubRepoKind = "model" | "dataset";

/** A repository of a hub. */
export interface HubRepo {
  kind: HubRepoKind;
  /** "owner/name". */
  id: string;
}

/** A file of a repository as the hub lists it. */
export interface HubFile {
  /** Path in the repository, with slashes. */
  path: string;
  size: number;
  /** The content's hash: SHA-256 of a large file, git's SHA-1 of "blob", the size and the content of a small one. */
  hash: { kind: "sha256" | "git"; hex: string };
}

/** How one request is made. */
export interface RequestOptions {
  /** Sent as a bearer token, but only to the origin of the first address. */
  token?: string;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  /** Milliseconds without a byte after which the connection is given up. */
  stallMs: number;
}

/** GETs an address of the hub; see sendRequest. */
export function get(url: string, { token, ...options }: RequestOptions): Promise<HttpResponse> {
  const secrets = token === undefined ? undefined : { authorization: `Bearer ${token}` };
  return sendRequest(url, { ...options, secrets });
}

/** The body of a listing or an error message. */
export function readBody(response: HttpResponse, url: string): Promise<string> {
  return readText(response, url, LONGEST_TEXT);
}

/** Throws RangeError where a repository's name is none. */
export function checkRepo({ id }: HubRepo): void {
  if (!REPO.test(id) || id.includes("..") || id.includes("--")) {
    throw new RangeError(`hub: expected a repository as owner/name, got ${JSON.stringify(id)}`);
  }
}

/** Throws RangeError where a revision is neither a branch's name nor a commit. */
export function checkRevision(revision: string): void {
  if (!REVISION.test(revision) || revision.includes("..")) {
    throw new RangeError(`hub: expected a branch or a commit, got ${JSON.stringify(revision)}`);
  }
}

/**
 * The path's parts, all of them names. Throws FormatError for a path that could lead out of a folder: parts that are
 * empty, "." or "..".
 */
export function safeParts(path: string, source: string): string[] {
  const parts = path.split("/");
  const bad = parts.some(
    (part) => part === "" || part === "." || part === ".." || part.includes("\0"),
  );
  if (bad || path.length > 1000) {
    throw new FormatError(
      source,
      `lists a path that leads out of its folder: ${JSON.stringify(path.slice(0, 80))}`,
    );
  }
  return parts;
}

/** The commit that a revision points to. */
export async function resolveRevision(
  endpoint: string,
  repo: HubRepo,
  revision: string,
  options: RequestOptions,
): Promise<string> {
  const url = `${endpoint}/api/${repo.kind}s/${repo.id}/revision/${encodeURIComponent(revision)}`;
  const { value } = await getJson(url, options);
  const sha = isRecord(value) ? value.sha : undefined;
  if (typeof sha !== "string" || !/^[0-9a-f]{40}$/.test(sha)) {
    throw new FormatError(publicUrl(url), "expected the commit's hash as sha");
  }
  return sha;
}

/** All files of a commit, in the hub's order. Throws FormatError for a listing that is none or that climbs out. */
export async function listTree(
  endpoint: string,
  repo: HubRepo,
  commit: string,
  options: RequestOptions,
): Promise<HubFile[]> {
  const files: HubFile[] = [];
  let url: string | undefined =
    `${endpoint}/api/${repo.kind}s/${repo.id}/tree/${commit}?recursive=true&expand=false`;
  for (let page = 0; url !== undefined; page++) {
    if (page === MOST_PAGES) throw refusal(url, 0, `a listing of more than ${MOST_PAGES} pages`);
    const { value, link } = await getJson(url, options);
    if (!Array.isArray(value)) throw new FormatError(publicUrl(url), "expected a list of files");
    for (const item of value) {
      const file = toFile(item, publicUrl(url));
      if (file) files.push(file);
    }
    url = nextPage(link, url);
  }
  return files;
}

function toFile(item: unknown, source: string): HubFile | undefined {
  if (!isRecord(item)) throw new FormatError(source, "expected an object for each file");
  if (item.type === "directory") return undefined;
  const { path, lfs } = item;
  if (typeof path !== "string") throw new FormatError(source, "expected a path for each file");
  safeParts(path, source);
  const large = isRecord(lfs) ? lfs : undefined;
  const size = large?.size ?? item.size;
  const hex = large?.oid ?? item.oid;
  const length = large ? 64 : 40;
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0) {
    throw new FormatError(source, `${path}: expected its size, got ${JSON.stringify(size)}`);
  }
  if (typeof hex !== "string" || hex.length !== length || !/^[0-9a-f]+$/.test(hex)) {
    throw new FormatError(source, `${path}: expected a hash of ${length} hexadecimal digits`);
  }
  return { path, size, hash: { kind: large ? "sha256" : "git", hex } };
}

async function getJson(
  url: string,
  options: RequestOptions,
): Promise<{ value: unknown; link: string | undefined }> {
  const response = await get(url, options);
  const text = await readBody(response, url);
  checkStatus(response.status, url, text);
  return { value: parseJson(text, publicUrl(url)), link: response.header("link") };
}

/** Throws the ApiError of a status that is no success, with what to do where that is known. */
export function checkStatus(status: number, url: string, body: string): void {
  if (status >= 200 && status < 300) return;
  const error = refusal(url, status, statusProblem(status, body));
  if (status === 429 || status >= 500) Object.assign(error, { retryable: true });
  throw error;
}

function statusProblem(status: number, body: string): string {
  if (status === 401 || status === 403) {
    return `refused (HTTP ${status}); if it is private or gated, log in with "hf auth login", or set HF_TOKEN to a token that may read it`;
  }
  if (status === 404) return "no such repository, revision or file (HTTP 404)";
  const said = body.replace(/\s+/g, " ").trim().slice(0, 120);
  return `HTTP ${status}${said === "" ? "" : `, it said ${JSON.stringify(said)}`}`;
}

function nextPage(link: string | undefined, from: string): string | undefined {
  const next = /<([^>]+)>\s*;\s*rel="next"/.exec(link ?? "")?.[1];
  if (next === undefined) return undefined;
  const target = new URL(next, from);
  if (target.origin !== new URL(from).origin) {
    throw refusal(from, 0, `its listing continues on another host, ${target.host}`);
  }
  return target.href;
}
