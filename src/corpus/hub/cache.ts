import { copyFile, lstat, mkdir, readFile, readlink, rm, stat, symlink } from "node:fs/promises";
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { FormatError } from "../../core/errors.js";
import { quote } from "../../core/shown.js";
import { writeFileAtomic } from "../../files/atomic-file.js";
import { readJson, writeJson } from "../../files/json.js";
import { type HubFile, type HubRepo, safeParts } from "./listing.js";

/** The folder of the hub's own tools: HF_HUB_CACHE, HUGGINGFACE_HUB_CACHE, HF_HOME/hub or ~/.cache/huggingface/hub. */
export function defaultHubCache(env: NodeJS.ProcessEnv = process.env): string {
  const set = env.HF_HUB_CACHE ?? env.HUGGINGFACE_HUB_CACHE;
  return set ? path.resolve(set) : path.join(hubHome(env), "hub");
}

/**
 * The token of the hub's own tools: HF_TOKEN, HUGGING_FACE_HUB_TOKEN, or the file that their login writes, HF_TOKEN_PATH,
 * HF_HOME/token or ~/.cache/huggingface/token. Undefined without one, and where HF_HUB_DISABLE_IMPLICIT_TOKEN is set.
 */
export function defaultHubToken(env: NodeJS.ProcessEnv = process.env): string | undefined {
  if (/^(1|true|yes|on)$/i.test(env.HF_HUB_DISABLE_IMPLICIT_TOKEN ?? "")) return undefined;
  const set = clean(env.HF_TOKEN) ?? clean(env.HUGGING_FACE_HUB_TOKEN);
  if (set !== undefined) return set;
  try {
    return clean(readFileSync(env.HF_TOKEN_PATH || path.join(hubHome(env), "token"), "utf8"));
  } catch {
    return undefined;
  }
}

function clean(token: string | undefined): string | undefined {
  return token?.replace(/\s/g, "") || undefined;
}

function hubHome(env: NodeJS.ProcessEnv): string {
  if (env.HF_HOME) return path.resolve(env.HF_HOME.replace(/^~(?=$|[\\/])/, homedir()));
  return path.join(env.XDG_CACHE_HOME ?? path.join(homedir(), ".cache"), "huggingface");
}

const NOT_ON_WINDOWS = /[\\:*?"<>|\u0000-\u001f]|[. ]$/;

/** Where one repository's files lie, in the layout that the hub's own tools share. */
export interface RepoCache {
  /** The folder of the repository. */
  folder: string;
  /** The bytes of a file, by hash. */
  blob(file: HubFile): string;
  /** The place of a file in a commit. */
  snapshot(commit: string, filePath: string): string;
  /** The commit that a branch pointed to when it was last requested, if it ever was. */
  readRef(revision: string): Promise<string | undefined>;
  writeRef(revision: string, commit: string): Promise<void>;
  /** What a commit listed when it was last requested, if it ever was. Only ours: the hub's tools keep no listings. */
  readListing(commit: string): Promise<HubFile[] | undefined>;
  writeListing(commit: string, files: readonly HubFile[]): Promise<void>;
  /** Lets the commit's path lead to the blob. */
  link(commit: string, file: HubFile): Promise<string>;
}

/** Opens the cache of a repository; nothing is made on disk before it is needed. */
export function repoCache(cache: string, { kind, id }: HubRepo): RepoCache {
  const folder = path.join(cache, `${kind}s--${id.replace("/", "--")}`);
  const inside = (...parts: string[]): string => {
    const full = path.join(folder, ...parts);
    if (!full.startsWith(folder + path.sep)) throw new FormatError(full, "leads out of the cache");
    return full;
  };
  const refPath = (revision: string): string =>
    inside("refs", ...safeParts(revision, `revision ${revision}`));
  const snapshot = (commit: string, filePath: string): string =>
    inside("snapshots", commit, ...possibleParts(filePath, id));
  const blob = (file: HubFile): string => inside("blobs", file.hash.hex);
  const listingPath = (commit: string): string => inside("listings", `${commit}.json`);
  return {
    folder,
    blob,
    snapshot,
    readRef: (revision) =>
      readFile(refPath(revision), "utf8").then(
        (text) => (/^[0-9a-f]{40}$/.test(text.trim()) ? text.trim() : undefined),
        () => undefined,
      ),
    writeRef: (revision, commit) => writeFileAtomic(refPath(revision), commit),
    async readListing(commit) {
      const list = await readJson(listingPath(commit)).catch(() => undefined);
      return Array.isArray(list) ? (list as HubFile[]) : undefined;
    },
    writeListing: (commit, files) => writeJson(listingPath(commit), files),
    async link(commit, file) {
      const place = snapshot(commit, file.path);
      await mkdir(path.dirname(place), { recursive: true });
      await refuseOutside(folder, path.dirname(place));
      const target = path.relative(path.dirname(place), blob(file));
      if ((await readlink(place).catch(() => undefined)) === target) return place;
      await rm(place, { force: true });
      // Systems that do not allow links, such as some versions of Windows, get a copy.
      await symlink(target, place).catch(() => copyFile(blob(file), place));
      return place;
    },
  };
}

/** The path's parts. Throws FormatError where one is no name of a file on this system. */
function possibleParts(filePath: string, source: string): string[] {
  const parts = safeParts(filePath, source);
  const bad = process.platform === "win32" && parts.find((part) => NOT_ON_WINDOWS.test(part));
  if (bad)
    throw new FormatError(source, `lists ${quote(bad)}, which is not a valid file name on Windows`);
  return parts;
}

/** Whether a file of the listed size is there; its hash was compared when it was fetched. */
export async function hasFile(place: string, file: HubFile): Promise<boolean> {
  const found = await stat(place).catch(() => undefined);
  return found !== undefined && found.isFile() && found.size === file.size;
}

// A link that somebody laid among the snapshots' folders would lead writes elsewhere.
async function refuseOutside(folder: string, dir: string): Promise<void> {
  for (let at = dir; at.length > folder.length; at = path.dirname(at)) {
    if ((await lstat(at)).isSymbolicLink()) {
      throw new FormatError(at, "is a link; a snapshot's folders must be plain folders");
    }
  }
}
