import { existsSync } from "node:fs";
import { mkdtemp, rename, rm } from "node:fs/promises";
import path from "node:path";

/** A folder with what `make` writes there, which it does once per run of the tests; it is for copying. */
export async function madeOnce(
  name: string,
  make: (folder: string) => Promise<void>,
): Promise<string> {
  const kept = process.env.FEATURE_FAMILIES_TEST_ATLASES;
  if (kept === undefined) throw new Error("ava.config.js names the folder of the tests' atlases");
  const place = path.join(kept, name);
  if (!existsSync(place)) {
    const own = await mkdtemp(path.join(kept, "making-"));
    await make(own);
    // The tests of another file may have been first.
    await rename(own, place).catch(() => rm(own, { recursive: true }));
  }
  return place;
}
