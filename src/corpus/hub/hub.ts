import path from "node:path";
import { ApiError } from "../../core/errors.js";
import type { OnProgress } from "../../core/progress.js";
import { withFileLock } from "../../files/writers/lock.js";
import { defaultHubCache, defaultHubToken, hasFile, repoCache, type RepoCache } from "./cache.js";
import { downloadFile, type DownloadOptions, pause } from "./download.js";
import type { HubFile, HubRepo, RequestOptions } from "./listing.js";
import { checkRepo, checkRevision, listTree, resolveRevision } from "./listing.js";
import { interruptible } from "../../core/interrupt.js";

const DEFAULT_ENDPOINT = "https://huggingface.co";
const COMMIT = /^[0-9a-f]{40}$/;

/** Where a hub is and how it is accessed. */
export interface HubOptions {
  /** Address of the hub. Default HF_ENDPOINT, else the public hub. */
  endpoint?: string;
  /** Default that of the hub's own tools; see defaultHubToken. Sent to the endpoint's own origin alone. */
  token?: string;
  /** Folder of the downloads, shared with the hub's own tools. Default HF_HUB_CACHE and its like. */
  cache?: string;
  /** Ask nothing, take what the cache has. Default HF_HUB_OFFLINE. */
  offline?: boolean;
  /** Attempts in a row without a byte before a call is given up. Default 6. */
  attempts?: number;
  /** Milliseconds before the second attempt; doubled for each further one. Default 500. */
  waitMs?: number;
  /** Milliseconds without a byte after which a connection is given up. Default 30,000. */
  stallMs?: number;
}

/** How a download reports and stops. */
export interface FetchOptions {
  /** Called with step "download" and bytes. */
  onProgress?: OnProgress;
  /** Stops at once; what has arrived is kept. */
  signal?: AbortSignal;
}

/** One commit of a repository, and the files that it lists. */
export interface HubSnapshot {
  repo: HubRepo;
  /** "" when offline and only the cache was read. */
  commit: string;
  files: HubFile[];
}

/** A hub and its cache on this machine. */
export interface Hub {
  readonly cache: string;
  /** What a branch or commit (default "main") of a repository holds. */
  list(repo: HubRepo, revision?: string, options?: FetchOptions): Promise<HubSnapshot>;
  /** The path on disk of one listed file, fetched where the cache does not have it. */
  fetch(snapshot: HubSnapshot, file: HubFile, options?: FetchOptions): Promise<string>;
}

/**
 * A client of the Hugging Face hub's protocol: listings, ranged downloads that resume where they were cut, sizes and
 * hashes compared, and the cache layout that Python's huggingface_hub shares. Nothing is requested before the first call.
 * `list` and `fetch` reject with ApiError where the hub refuses, FormatError where what it sends is not what it lists
 * or would lead out of the cache, and RangeError for a name that is no repository's. Offline they give what the cache
 * has, and reject with Error, naming the file, where it is not there.
 */
export function openHub(options: HubOptions = {}): Hub {
  const endpoint = checkEndpoint(options.endpoint ?? process.env.HF_ENDPOINT ?? DEFAULT_ENDPOINT);
  const cache = path.resolve(options.cache ?? defaultHubCache());
  const offline = options.offline ?? /^(1|true|yes|on)$/i.test(process.env.HF_HUB_OFFLINE ?? "");
  const request = (signal?: AbortSignal): DownloadOptions => ({
    token: (options.token ?? defaultHubToken()) || undefined,
    signal: interruptible(signal),
    stallMs: options.stallMs ?? 30_000,
    attempts: options.attempts ?? 6,
    waitMs: options.waitMs ?? 500,
  });
  return {
    cache,
    async list(repo, revision = "main", { signal } = {}) {
      checkRepo(repo);
      checkRevision(revision);
      const store = repoCache(cache, repo);
      if (offline) return cachedListing(store, repo, revision);
      return persist(request(signal), async (asked) => {
        const known = COMMIT.test(revision);
        const commit = known ? revision : await resolveRevision(endpoint, repo, revision, asked);
        const files = await listTree(endpoint, repo, commit, asked);
        await store.writeListing(commit, files);
        if (!known) await store.writeRef(revision, commit);
        return { repo, commit, files };
      });
    },
    async fetch(snapshot, file, { onProgress, signal } = {}) {
      const store = repoCache(cache, snapshot.repo);
      const blob = store.blob(file);
      // Refused before it is fetched, where this system has no place for its name.
      store.snapshot(snapshot.commit, file.path);
      const report = (done: number): void =>
        onProgress?.({ step: "download", done, total: file.size, note: file.path });
      if (!(await hasFile(blob, file))) {
        if (offline) throw notCached(snapshot.repo, file.path);
        const url = fileUrl(endpoint, snapshot, file);
        const busy = (holder: string): string =>
          `${file.path}: ${holder} is downloading it; wait until it is done and try again`;
        await withFileLock(`${blob}.lock`, busy, () =>
          downloadFile(url, blob, file, { ...request(signal), onBytes: report }),
        );
      } else report(file.size);
      return store.link(snapshot.commit, file);
    },
  };
}

function checkEndpoint(value: string): string {
  let url: URL;
  try {
    url = new URL(value);
  } catch {
    throw new RangeError(`hub: expected an http(s) address as endpoint (HF_ENDPOINT), got none`);
  }
  if (!/^https?:$/.test(url.protocol) || url.username !== "" || url.password !== "") {
    throw new RangeError(
      "hub: the endpoint (HF_ENDPOINT) must be an http(s) address without user and password",
    );
  }
  return url.origin + url.pathname.replace(/\/+$/, "");
}

async function cachedListing(
  store: RepoCache,
  repo: HubRepo,
  revision: string,
): Promise<HubSnapshot> {
  const commit = COMMIT.test(revision) ? revision : await store.readRef(revision);
  const files = commit === undefined ? undefined : await store.readListing(commit);
  if (commit === undefined || files === undefined) {
    throw new Error(
      `${repo.id}: offline, and the cache has no listing of ${revision}; try again without --offline and HF_HUB_OFFLINE`,
    );
  }
  return { repo, commit, files };
}

function notCached(repo: HubRepo, file: string): Error {
  return new Error(
    `${repo.id}: offline, and ${file} is not in the cache; try again without --offline and HF_HUB_OFFLINE`,
  );
}

function fileUrl(endpoint: string, { repo, commit }: HubSnapshot, file: HubFile): string {
  const kind = repo.kind === "dataset" ? "datasets/" : "";
  const parts = file.path.split("/").map(encodeURIComponent).join("/");
  return `${endpoint}/${kind}${repo.id}/resolve/${commit}/${parts}`;
}

async function persist<T>(
  options: DownloadOptions,
  work: (options: RequestOptions) => Promise<T>,
): Promise<T> {
  for (let failures = 1; ; failures++) {
    try {
      return await work(options);
    } catch (error) {
      const again = error instanceof ApiError && error.retryable && failures < options.attempts;
      if (!again) throw error;
      await pause(failures, options);
    }
  }
}
