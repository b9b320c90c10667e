import { randomBytes } from "node:crypto";
import { lstat, mkdir, readdir, rm } from "node:fs/promises";
import path from "node:path";
import { onceDone } from "../../core/once.js";
import { findPlace, isRunning, placeKey, readProcess } from "./place.js";

/** Process, place and chance; of earlier versions without the place. */
const TEMPORARY = /\.tmp-(\d+)-(?:([0-9a-f]{8})-)?[0-9a-f]{8}$/;

const here = onceDone(async () => placeKey(await findPlace()));
/** Folders that this thread has cleared. */
const cleared = new Set<string>();

/**
 * A name beside `file` to write to before it is renamed: `${file}.tmp-<pid>-<place>-<random>`. What killed processes have left in
 * that folder under such names is removed when this thread first writes there.
 */
export async function temporaryFor(file: string): Promise<string> {
  const folder = path.dirname(path.resolve(file));
  if (!cleared.has(folder)) {
    cleared.add(folder);
    await removeLeftovers(folder);
  }
  return `${file}.tmp-${process.pid}-${await here()}-${randomBytes(4).toString("hex")}`;
}

/** Makes a folder beside `file`, for this user alone, under a name of `temporaryFor`, and gives its path. */
export async function makeTemporaryFolder(file: string): Promise<string> {
  const folder = await temporaryFor(file);
  await mkdir(folder, { mode: 0o700 });
  return folder;
}

/**
 * Removes temporary files and folders in `folder` whose process has ended, as far as they can be removed. Whether those of
 * another machine or container have is not known here: they stay, unless `all` says that no other process writes there.
 */
export async function removeLeftovers(folder: string, all = false): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const [, pid, place] = TEMPORARY.exec(name) ?? [];
    if (pid === undefined || !(all || (place === (await here()) && (await isOver(Number(pid))))))
      continue;
    await remove(path.join(folder, name)).catch(() => undefined);
  }
}

/**
 * Removes a file, or a folder of this user with all that is in it. In a shared folder such as /tmp the owner of another one could put a
 * link in the place of what is in it meanwhile, and so have files removed that lie elsewhere.
 */
async function remove(file: string): Promise<void> {
  const found = await lstat(file);
  const isOwn = found.uid === (process.getuid?.() ?? found.uid);
  if (found.isDirectory() && !isOwn) return;
  await rm(file, { recursive: found.isDirectory(), force: true });
}

async function isOver(pid: number): Promise<boolean> {
  return !isRunning(pid, await readProcess(pid));
}
