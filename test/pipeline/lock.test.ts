import test from "ava";
import { spawnSync } from "node:child_process";
import { readFile, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { withLock } from "../../src/pipeline/lock.js";
import { inFolder } from "../support/folder.js";

test("a second build in a folder is refused, naming the process, until the first has ended", async (t) => {
  await inFolder(async (folder) => {
    await withLock(folder, async () => {
      t.is(await readFile(path.join(folder, "build.lock"), "utf8"), `${process.pid}\n`);
      await t.throwsAsync(
        withLock(folder, () => Promise.resolve()),
        { message: new RegExp(`process ${process.pid} is building this atlas.*build\\.lock`) },
      );
    });
    t.is(await withLock(folder, () => Promise.resolve("free")), "free");
  });
});

test("the lock is freed when the work fails", async (t) => {
  await inFolder(async (folder) => {
    const failing = withLock(folder, () => Promise.reject(new Error("disk full")));
    await t.throwsAsync(failing, { message: "disk full" });
    t.deepEqual(await readdir(folder), []);
  });
});

test("the lock and the temporary files of a process that is gone are cleared away", async (t) => {
  await inFolder(async (folder) => {
    const gone = spawnSync(process.execPath, ["-e", "0"]).pid;
    await writeFile(path.join(folder, "build.lock"), `${gone}\n`);
    await writeFile(path.join(folder, `map.npy.tmp-${gone}-0123abcd`), "half");
    await writeFile(path.join(folder, "notes.txt"), "mine");
    await withLock(folder, async () => {
      t.deepEqual((await readdir(folder)).sort(), ["build.lock", "notes.txt"]);
    });
    t.deepEqual(await readdir(folder), ["notes.txt"]);
  });
});

for (const [title, text] of [
  ["empty", ""],
  ["garbled", "soon"],
  ["of this process, which does not hold it", `${process.pid}\n`],
]) {
  test(`a lock that is ${title} is taken over`, async (t) => {
    await inFolder(async (folder) => {
      await writeFile(path.join(folder, "build.lock"), text);
      t.is(await withLock(folder, () => Promise.resolve(1)), 1);
    });
  });
}
