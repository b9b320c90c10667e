import { createHash, randomBytes } from "node:crypto";
import { link, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { threadId } from "node:worker_threads";
import { namingFile } from "../../core/file-problem.js";
import { makeFolder } from "../make-folder.js";
import { NO_CONTAINER, type Place, findPlace, isRunning, readProcess } from "./place.js";
import { temporaryFor } from "./temporaries.js";

/** Texts of the locks that this thread holds: one of this thread that is not in here was left by an earlier call. */
const held = new Set<string>();

/** What a file system without hard links answers. */
const NO_LINKS = ["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"];

/**
 * Runs `work` while no other process, and no other call in this one, holds the lock `lockFile`; its folder is made
 * where it is missing. A lock whose process has ended, as after a kill, is taken over; that of a process on another machine
 * or in another container never is. Throws Error with the message of `busy`, which gets the holder in words, where a process
 * is at work.
 */
export async function withFileLock<T>(
  lockFile: string,
  busy: (holder: string) => string,
  work: () => Promise<T>,
): Promise<T> {
  const file = path.resolve(lockFile);
  await makeFolder(path.dirname(file));
  const mine = await takeLock(file, busy);
  held.add(mine);
  try {
    return await work();
  } finally {
    held.delete(mine);
    if ((await readLock(file)) === mine) await rm(file, { force: true });
  }
}

/**
 * Takes the lock and gives its text, which no other lock has. A dead lock is replaced by the one process that makes the link
 * named by its text. If that process dies before it has, the link named by its own text counts, and so on. A link counts only
 * while the dead lock stands, as whoever replaces that removes the links after it.
 */
async function takeLock(file: string, busy: (holder: string) => string): Promise<string> {
  const here = await findPlace();
  const mine = await describeOwn(here);
  const written = await temporaryFor(file);
  try {
    for (;;) {
      await namingFile(file, writeFile(written, mine));
      if (await linkTo(written, file)) return mine;
      const first = await readLock(file);
      if (first === undefined) continue;
      const link = await linkBehind(written, file, first, async (text) => {
        const holder = parseHolder(text);
        if (holder === undefined || !(await isAtWork(holder, here, text))) return;
        throw new Error(busy(describeHolder(holder, here)));
      });
      if (link === undefined) continue;
      if ((await readLock(file)) === first) {
        await rename(written, file);
        await removeLinks(file);
        return mine;
      }
      await rm(link, { force: true });
    }
  } finally {
    await rm(written, { force: true });
  }
}

/** Makes the link behind the last of the dead locks; undefined where one of them has gone meanwhile. */
async function linkBehind(
  written: string,
  file: string,
  first: string,
  checkDead: (text: string) => Promise<void>,
): Promise<string | undefined> {
  for (let text: string | undefined = first; text !== undefined;) {
    await checkDead(text);
    const next = `${file}.${createHash("sha256").update(text).digest("hex").slice(0, 16)}`;
    if (await linkTo(written, next)) return next;
    text = await readLock(next);
  }
  return undefined;
}

async function removeLinks(file: string): Promise<void> {
  const folder = path.dirname(file);
  const start = `${path.basename(file)}.`;
  const links = (await readdir(folder)).filter(
    (name) => name.startsWith(start) && /^[0-9a-f]{16}$/.test(name.slice(start.length)),
  );
  await Promise.all(links.map((name) => rm(path.join(folder, name), { force: true })));
}

/** Gives a whole file a second name; false where that name is taken. */
async function linkTo(written: string, name: string): Promise<boolean> {
  try {
    await link(written, name).catch(async (error: NodeJS.ErrnoException) => {
      if (!NO_LINKS.includes(error.code ?? "")) throw error;
      await writeFile(name, await readFile(written), { flag: "wx" });
    });
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // A holder that clears away what is left of dead processes may have removed the file itself.
    if (code === "EEXIST" || code === "ENOENT") return false;
    throw error;
  }
}

async function readLock(file: string): Promise<string | undefined> {
  return readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
}

/** A process by its number and, where the system reports it, its start: numbers are reused. */
interface Holder {
  pid: number;
  start: string;
  thread?: number;
  /** Absent in locks of earlier versions. */
  place?: Place;
}

async function describeOwn({ machine, boot, space }: Place): Promise<string> {
  const { start = "-" } = (await readProcess(process.pid)) ?? {};
  const once = randomBytes(8).toString("hex");
  return `${[process.pid, start, threadId, machine, boot, space, once].join(" ")}\n`;
}

function parseHolder(text: string): Holder | undefined {
  const [number, start = "-", thread, machine, boot, space] = text.trim().split(" ");
  const pid = Number(number);
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined;
  if (space === undefined) return { pid, start };
  return { pid, start, thread: Number(thread), place: { machine, boot, space } };
}

function isHere({ place }: Holder, here: Place): boolean {
  if (place === undefined) return true;
  return place.machine === here.machine && place.boot === here.boot && place.space === here.space;
}

function describeHolder(holder: Holder, here: Place): string {
  const name = `process ${holder.pid}`;
  if (isHere(holder, here) || holder.place === undefined) return name;
  const host = decodeURIComponent(holder.place.machine.split("/")[0]);
  return `${name} on ${host}, another machine or container,`;
}

async function isAtWork(holder: Holder, here: Place, text: string): Promise<boolean> {
  const { pid, start, thread, place } = holder;
  if (place !== undefined && !isHere(holder, here)) {
    // Of this very machine before it was started again.
    const isOver =
      place.machine === here.machine &&
      !place.machine.endsWith("/-") &&
      place.boot !== here.boot &&
      [place.space, here.space].every((space) => space === NO_CONTAINER);
    return !isOver;
  }
  const found = await readProcess(pid);
  if (found !== undefined && start !== "-" && found.start !== start) return false;
  if (pid === process.pid) return held.has(text) || (thread ?? threadId) !== threadId;
  return isRunning(pid, found);
}
