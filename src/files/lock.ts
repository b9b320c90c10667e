import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";

/** Locks that this process holds: one with its number that is not in here belongs to an earlier process. */
const held = new Set<string>();

/**
 * Runs `work` while no other process, and no other call in this one, holds the lock `lockFile`; its folder is made
 * where it is missing. A lock whose process has ended, as after a kill, is taken over. Throws Error with the message of
 * `busy` where a process is at work.
 */
export async function withFileLock<T>(
  lockFile: string,
  busy: (pid: number) => string,
  work: () => Promise<T>,
): Promise<T> {
  const file = path.resolve(lockFile);
  await mkdir(path.dirname(file), { recursive: true });
  await takeLock(file, busy);
  held.add(file);
  try {
    return await work();
  } finally {
    held.delete(file);
    await rm(file, { force: true });
  }
}

async function takeLock(file: string, busy: (pid: number) => string): Promise<void> {
  if (await createLock(file)) return;
  const holder = await readHolder(file);
  if (holder !== undefined && (await isAtWork(holder, file))) {
    throw new Error(busy(holder.pid));
  }
  await rm(file, { force: true });
  if (!(await createLock(file)))
    throw new Error(`${file}: another process has just taken this lock`);
}

async function createLock(file: string): Promise<boolean> {
  try {
    const { start = "" } = (await readProcess(process.pid)) ?? {};
    await writeFile(file, `${process.pid} ${start}`.trimEnd() + "\n", { flag: "wx" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** A process by its number and, where the system reports it, its start: numbers are reused. */
interface Holder {
  pid: number;
  start?: string;
}

async function readHolder(file: string): Promise<Holder | undefined> {
  const [number, start] = (await readFile(file, "utf8").catch(() => "")).trim().split(" ");
  const pid = Number(number);
  return Number.isSafeInteger(pid) && pid > 0 ? { pid, start } : undefined;
}

async function isAtWork({ pid, start }: Holder, file: string): Promise<boolean> {
  if (pid === process.pid) return held.has(file);
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it exists, but is another user's.
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  const found = await readProcess(pid);
  // A killed process answers to its number until its parent asks for its end; in a container that may be never.
  if (found?.state === "Z" || found?.state === "X") return false;
  return found === undefined || start === undefined || found.start === start;
}

/** State and start of a process as Linux reports them; undefined on other systems. */
async function readProcess(pid: number): Promise<{ state: string; start: string } | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  // The name, in parentheses, may hold spaces: the state is the first field after it, the start the twentieth.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return { state: fields[0], start: fields[19] };
}
