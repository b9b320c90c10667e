import path from "node:path";
import { withFileLock } from "../../files/writers/lock.js";
import { removeLeftovers } from "../../files/writers/temporaries.js";

const LOCK_FILE = "build.lock";

/**
 * Runs `work` while no other build may touch the atlas in `dir`, which is made where it is missing. A lock whose process
 * is gone, as after a kill, is taken over, and the temporary files that it left are removed. Throws Error, naming the
 * holder and the lock file, where another build is at work.
 */
export async function withLock<T>(dir: string, work: () => Promise<T>): Promise<T> {
  const busy = (holder: string): string =>
    `${dir}: ${holder} is building this atlas: wait for it, or delete ${LOCK_FILE} there if it no longer runs`;
  return withFileLock(path.join(dir, LOCK_FILE), busy, async () => {
    await removeLeftovers(dir, true);
    return work();
  });
}

const turns = new Map<string, Promise<unknown>>();

/** Runs `work` after what this process has begun on the atlas in `dir`, so that changes made together are all made. */
export async function inTurn<T>(dir: string, work: () => Promise<T>): Promise<T> {
  const key = path.resolve(dir);
  const before = turns.get(key) ?? Promise.resolve();
  const mine = before.catch(() => undefined).then(work);
  turns.set(key, mine);
  try {
    return await mine;
  } finally {
    if (turns.get(key) === mine) turns.delete(key);
  }
}
