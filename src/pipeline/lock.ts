import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";

const LOCK_FILE = "build.lock";
const TEMPORARY = /\.tmp-\d+-[0-9a-f]{8}$/;

/** Folders that this process holds: a lock with its number but not in here is that of a process long gone. */
const held = new Set<string>();

/**
 * Runs `work` while no other build may touch the atlas in `dir`, which is made where it is missing. A lock whose process
 * is gone, as after a kill, is taken over, and the temporary files that it left are removed. Throws Error, naming the
 * process and the lock file, where another build is at work.
 */
export async function withLock<T>(dir: string, work: () => Promise<T>): Promise<T> {
  await mkdir(dir, { recursive: true });
  const file = path.resolve(dir, LOCK_FILE);
  await takeLock(dir, file);
  held.add(file);
  try {
    await removeTemporaries(dir);
    return await work();
  } finally {
    held.delete(file);
    await rm(file, { force: true });
  }
}

async function takeLock(dir: string, file: string): Promise<void> {
  if (await createLock(file)) return;
  const holder = await readHolder(file);
  if (holder !== undefined && isAtWork(holder, file)) {
    throw new Error(
      `${dir}: process ${holder} is building this atlas: wait for it, or delete ${LOCK_FILE} there if it is not`,
    );
  }
  await rm(file, { force: true });
  if (!(await createLock(file))) throw new Error(`${dir}: another build has just begun here`);
}

async function createLock(file: string): Promise<boolean> {
  try {
    await writeFile(file, `${process.pid}\n`, { flag: "wx" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

async function readHolder(file: string): Promise<number | undefined> {
  const holder = Number(await readFile(file, "utf8").catch(() => ""));
  return Number.isSafeInteger(holder) && holder > 0 ? holder : undefined;
}

function isAtWork(holder: number, file: string): boolean {
  if (holder === process.pid) return held.has(file);
  try {
    process.kill(holder, 0);
    return true;
  } catch (error) {
    // EPERM: it is there, but another user's.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

async function removeTemporaries(dir: string): Promise<void> {
  const names = (await readdir(dir)).filter((name) => TEMPORARY.test(name));
  await Promise.all(names.map((name) => rm(path.join(dir, name), { force: true })));
}
