import { type Hash, createHash } from "node:crypto";
import { closeSync, createReadStream, ftruncateSync, openSync, writeSync } from "node:fs";
import { rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ApiError, FormatError } from "../../core/errors.js";
import { broken, dropBody, type HttpResponse, refusal } from "../../net/http.js";
import { checkStatus, get, type HubFile, readBody, type RequestOptions } from "./listing.js";
import { namingFile } from "../../core/file-problem.js";
import { freeSpace } from "../../files/make-folder.js";
import { makeFolder } from "../../files/make-folder.js";

/** How a file is fetched. */
export interface DownloadOptions extends RequestOptions {
  /** Attempts in a row that bring no byte before it is given up. */
  attempts: number;
  /** Milliseconds before the second attempt; doubled for each further one up to 30 s. */
  waitMs: number;
  /** Called with the bytes that are there, those of an earlier run included. */
  onBytes?: (done: number) => void;
}

/**
 * Fetches a file to `target`. What arrives is kept in `${target}.incomplete` at once and is not requested again: after
 * a cut connection or a killed run the download resumes from there. The file gets its name when size and hash are those of the
 * listing; other bytes are deleted and refused with a FormatError. Rejects with ApiError where the hub refuses or
 * where no attempt brings a byte any more.
 */
export async function downloadFile(
  url: string,
  target: string,
  file: HubFile,
  options: DownloadOptions,
): Promise<void> {
  await makeFolder(path.dirname(target));
  const partial = `${target}.incomplete`;
  const store = await openPartial(partial, file);
  try {
    await checkSpace(path.dirname(target), file, store.done);
    options.onBytes?.(store.done);
    await namingFile(target, fetchRest(url, store, file, options));
  } finally {
    closeSync(store.handle);
  }
  const hex = store.hash.digest("hex");
  if (hex !== file.hash.hex) {
    await rm(partial, { force: true });
    throw new FormatError(
      file.path,
      `the downloaded bytes hash to ${hex}, but the hub lists ${file.hash.hex}; they were deleted`,
    );
  }
  await rename(partial, target);
}

/** The bytes that are there so far, and their running hash. */
interface Partial {
  handle: number;
  done: number;
  hash: Hash;
}

async function openPartial(partial: string, file: HubFile): Promise<Partial> {
  const size = await stat(partial).then(
    (found) => found.size,
    () => 0,
  );
  const keep = size <= file.size ? size : 0;
  const hash = startHash(file);
  if (keep > 0) {
    const stream = createReadStream(partial, { highWaterMark: 1 << 20, end: keep - 1 });
    for await (const chunk of stream) hash.update(chunk as Uint8Array);
  }
  const handle = openSync(partial, keep > 0 ? "r+" : "w");
  return { handle, done: keep, hash };
}

function startHash(file: HubFile): Hash {
  if (file.hash.kind === "sha256") return createHash("sha256");
  return createHash("sha1").update(`blob ${file.size}\0`);
}

async function checkSpace(folder: string, file: HubFile, done: number): Promise<void> {
  const free = await freeSpace(folder);
  const need = file.size - done;
  if (free < need) {
    throw new Error(
      `${folder}: ${file.path} needs ${need} more bytes, but the disk has only ${free} free; choose another cache with HF_HUB_CACHE`,
    );
  }
}

async function fetchRest(
  url: string,
  store: Partial,
  file: HubFile,
  options: DownloadOptions,
): Promise<void> {
  let failures = 0;
  while (store.done < file.size) {
    const before = store.done;
    try {
      await fetchOnce(url, store, file, options);
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!(error instanceof ApiError && error.retryable)) throw error;
      failures = store.done > before ? 0 : failures + 1;
      if (failures >= options.attempts) throw error;
      if (failures > 0) await pause(failures, options);
    }
  }
}

/** Waits before the attempt that follows `failures` failed ones. */
export async function pause(
  failures: number,
  { waitMs, signal }: Pick<DownloadOptions, "waitMs" | "signal">,
): Promise<void> {
  await sleep(Math.min(30_000, waitMs * 2 ** (failures - 1)), undefined, { signal }).catch(() => {
    signal?.throwIfAborted();
  });
}

async function fetchOnce(
  url: string,
  store: Partial,
  file: HubFile,
  options: DownloadOptions,
): Promise<void> {
  const headers = store.done > 0 ? { range: `bytes=${store.done}-` } : undefined;
  const response = await get(url, { ...options, headers });
  const { status } = response;
  if (status !== 200 && status !== 206) {
    checkStatus(status, url, await readBody(response, url));
    throw refusal(url, status, `expected HTTP 200 or 206, got ${status}`);
  }
  if (status === 206) checkRange(response, url, store, file);
  else if (store.done > 0) restart(store, file);
  checkLength(response, url, file.size - store.done);
  await receive(response, url, store, file, options);
}

function checkRange(response: HttpResponse, url: string, store: Partial, file: HubFile): void {
  const range = response.header("content-range") ?? "none";
  const [, start, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(range) ?? [];
  if (Number(start) === store.done && (total === "*" || Number(total) === file.size)) return;
  dropBody(response);
  throw refusal(
    url,
    206,
    `expected bytes from ${store.done} of ${file.size}, got the content-range ${JSON.stringify(range)}`,
  );
}

function checkLength(response: HttpResponse, url: string, expected: number): void {
  const length = response.header("content-length");
  if (length === undefined || Number(length) === expected) return;
  dropBody(response);
  throw refusal(
    url,
    response.status,
    `expected ${expected} bytes as listed, but the server announces ${length}`,
  );
}

// A server without ranges begins again.
function restart(store: Partial, file: HubFile): void {
  ftruncateSync(store.handle, 0);
  store.done = 0;
  store.hash = startHash(file);
}

async function receive(
  response: HttpResponse,
  url: string,
  store: Partial,
  file: HubFile,
  { signal, onBytes }: DownloadOptions,
): Promise<void> {
  const chunks = response.body[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  for (;;) {
    const next = await chunks.next().catch((cause: unknown) => {
      signal?.throwIfAborted();
      throw broken(url, cause);
    });
    if (next.done === true) break;
    const chunk = next.value;
    if (store.done + chunk.length > file.size) {
      dropBody(response);
      throw refusal(url, 200, `the server sent more than the ${file.size} bytes that it lists`);
    }
    writeAll(store.handle, chunk, store.done);
    store.hash.update(chunk);
    store.done += chunk.length;
    onBytes?.(store.done);
  }
  if (store.done < file.size) {
    throw broken(url, new Error(`the connection ended after ${store.done} of ${file.size} bytes`));
  }
}

function writeAll(handle: number, chunk: Buffer, position: number): void {
  for (let done = 0; done < chunk.length;) {
    done += writeSync(handle, chunk, done, chunk.length - done, position + done);
  }
}
