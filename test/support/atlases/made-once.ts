import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, rename, rmdir } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** Copies what `make` writes into `folder`, which it does once per run of the tests, or at every call outside of one. */
export async function madeOnce(
  name: string,
  folder: string,
  make: (into: string) => Promise<unknown>,
): Promise<void> {
  const kept = process.env.FEATURE_FAMILIES_TEST_ATLASES;
  if (kept === undefined) return void (await make(folder));
  const place = path.join(kept, name);
  // The tests of another file may be making it.
  const mark = `${place}.making`;
  while (!existsSync(place)) {
    if (!(await isFirst(mark))) await sleep(20);
    else {
      try {
        if (existsSync(place)) continue;
        const own = await mkdtemp(path.join(kept, "making-"));
        await make(own);
        await rename(own, place);
      } finally {
        await rmdir(mark);
      }
    }
  }
  await cp(place, folder, { recursive: true, preserveTimestamps: true });
}

async function isFirst(mark: string): Promise<boolean> {
  return mkdir(mark).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
      return false;
    },
  );
}
