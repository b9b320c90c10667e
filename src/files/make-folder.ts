import { constants } from "node:fs";
import { access, mkdir, stat, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { namingFile } from "../core/file-problem.js";

/** Makes a folder and those above it. Throws Error, naming it and the reason, where that cannot be. */
export async function makeFolder(path: string): Promise<void> {
  const made = mkdir(path, { recursive: true }).catch(async (error: NodeJS.ErrnoException) => {
    // Node says that there is no such file where the folder above cannot be written.
    if (error.code === "ENOENT") await access(await nearestFolder(path), constants.W_OK);
    throw error;
  });
  await namingFile(path, made);
}

/** Bytes that are free on the disk of a file or folder, which need not be there yet; Infinity where that is unknown. */
export async function freeSpace(path: string): Promise<number> {
  const space = await statfs(await nearestFolder(path)).catch(() => undefined);
  return space === undefined ? Infinity : space.bavail * space.bsize;
}

async function nearestFolder(path: string): Promise<string> {
  for (let folder = path; ; folder = dirname(folder)) {
    const found = await stat(folder).catch(() => undefined);
    if (found !== undefined || folder === dirname(folder)) return folder;
  }
}
