import test from "ava";
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { mkdir, readdir, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { createAtomicFile, writeFileAtomic } from "../../../src/files/index.js";
import { makeTemporaryFolder, removeLeftovers } from "../../../src/files/writers/index.js";
import { inFolder } from "../../support/folder.js";

/** Has a process killed while it writes `file`, and gives the name of what it leaves. */
function leaveHalf(file: string): string {
  const script = `
    const { createAtomicFile } = await import(${JSON.stringify(new URL("../../../src/files/index.js", import.meta.url))});
    const file = await createAtomicFile(${JSON.stringify(file)});
    await file.write(Buffer.from("half"));
    process.kill(process.pid, "SIGKILL");`;
  const { signal } = spawnSync(process.execPath, ["--input-type=module", "-e", script]);
  const [left] = readdirSync(path.dirname(file)).filter((name) => name.includes(".tmp-"));
  return signal === "SIGKILL" ? left : "";
}

test("what a killed process has left is removed by the next that writes into the folder", async (t) => {
  await inFolder(async (folder) => {
    const left = leaveHalf(path.join(folder, "codes.npy"));
    t.regex(left, /^codes\.npy\.tmp-\d+-[0-9a-f]{8}-[0-9a-f]{8}$/);
    await writeFileAtomic(path.join(folder, "families.json"), "{}");
    t.deepEqual(await readdir(folder), ["families.json"]);
  });
});

test("temporary files of processes at work or elsewhere stay, and names of others", async (t) => {
  await inFolder(async (folder) => {
    const left = leaveHalf(path.join(folder, "a"));
    const [, pid, place, random] = /-(\d+)-(\w+)-(\w+)$/.exec(left) ?? [];
    const own = await createAtomicFile(path.join(folder, "b"));
    const kept = [
      `a.tmp-${process.ppid}-${place}-${random}`,
      `a.tmp-${pid}-0123abcd-${random}`,
      `a.tmp-${pid}-${random}`,
      `a.tmp-${pid}`,
      `${left}.txt`,
      ...readdirSync(folder).filter((name) => name.startsWith("b.tmp-")),
    ];
    for (const name of kept) await writeFile(path.join(folder, name), "");
    await writeFile(path.join(folder, `c.tmp-${pid}-${place}-00c0ffee`), "");
    await removeLeftovers(folder);
    t.deepEqual(await readdir(folder), kept.sort());
    await own.abort();
    // As one whose lock says that nobody else writes there.
    await removeLeftovers(folder, true);
    t.deepEqual(await readdir(folder), [`a.tmp-${pid}`, `${left}.txt`].sort());
  });
});

test("temporary folders of killed processes are removed with all that is in them", async (t) => {
  await inFolder(async (folder) => {
    const first = await makeTemporaryFolder(path.join(folder, "pairs"));
    const [, pid] = /-(\d+)-\w+-\w+$/.exec(leaveHalf(path.join(folder, "other", "a"))) ?? [];
    const dead = first.replace(`-${process.pid}-`, `-${pid}-`);
    await rename(first, dead);
    await mkdir(path.join(dead, "deep"));
    await writeFile(path.join(dead, "deep", "0.arrow"), "half");
    const second = await makeTemporaryFolder(path.join(folder, "pairs"));
    await removeLeftovers(folder);
    t.deepEqual(await readdir(folder), ["other", path.basename(second)]);
  });
});

test.serial("temporary folders of other users stay, their files do not", async (t) => {
  await inFolder(async (folder) => {
    const file = leaveHalf(path.join(folder, "a"));
    const left = file.replace(/\w{8}$/, "00c0ffee");
    await mkdir(path.join(folder, left));
    const { getuid } = process;
    if (getuid !== undefined) {
      process.getuid = () => getuid() + 1;
      try {
        await removeLeftovers(folder, true);
      } finally {
        process.getuid = getuid;
      }
      t.deepEqual(await readdir(folder), [left]);
    }
    await removeLeftovers(folder);
    t.deepEqual(await readdir(folder), []);
  });
});
