import test from "ava";
import { fork, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readFile, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { withLock } from "../../src/atlas/files/index.js";
import { inFolder } from "../support/folder.js";

test("a second build in a folder is refused, naming the process, until the first has ended", async (t) => {
  await inFolder(async (folder) => {
    await withLock(folder, async () => {
      const text = await readFile(path.join(folder, "build.lock"), "utf8");
      t.regex(text, new RegExp(`^${process.pid}( \\S+)+\\n$`));
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

test("another process that is alive keeps its lock", async (t) => {
  await inFolder(async (folder) => {
    await writeFile(path.join(folder, "build.lock"), `${process.ppid}\n`);
    await t.throwsAsync(
      withLock(folder, () => Promise.resolve()),
      { message: new RegExp(`process ${process.ppid} is building`) },
    );
  });
});

test("a killed process that nobody has asked after holds no lock", async (t) => {
  if (!existsSync("/proc/self/stat")) {
    t.log("only Linux tells a process's state");
    t.pass();
    return;
  }
  await inFolder(async (folder) => {
    // A shell that has become sleep never asks after its child, which so stays a zombie; the shell itself might have.
    const shell = spawn("sh", ["-c", "sleep 3600 & echo $!; exec sleep 3600"]);
    const [output] = (await once(shell.stdout, "data")) as [Buffer];
    const zombie = Number(String(output));
    try {
      const state = async (): Promise<string> => {
        const text = await readFile(`/proc/${zombie}/stat`, "utf8").catch(() => ") gone");
        return text.slice(text.lastIndexOf(")") + 2).split(" ")[0];
      };
      await until(async () => (await readFile(`/proc/${shell.pid}/comm`, "utf8")) === "sleep\n");
      process.kill(zombie, "SIGKILL");
      await until(async () => (await state()) === "Z");
      t.is(await state(), "Z");
      await writeFile(path.join(folder, "build.lock"), `${zombie}\n`);
      t.is(await withLock(folder, () => Promise.resolve(1)), 1);
    } finally {
      shell.kill();
    }
  });
});

test("a process that was given the number of one long gone holds no lock", async (t) => {
  if (!existsSync("/proc/self/stat")) {
    t.log("only Linux tells when a process started");
    t.pass();
    return;
  }
  await inFolder(async (folder) => {
    await writeFile(path.join(folder, "build.lock"), `${process.ppid} 1\n`);
    t.is(await withLock(folder, () => Promise.resolve(1)), 1);
  });
});

test("a process on another machine or in another container keeps its lock", async (t) => {
  await inFolder(async (folder) => {
    const lock = path.join(folder, "build.lock");
    const fields = await withLock(folder, async () => (await readFile(lock, "utf8")).split(" "));
    const gone = String(spawnSync(process.execPath, ["-e", "0"]).pid);
    for (const [at, other] of [
      [3, "box/0123"],
      [4, "another-boot"],
      [5, "pid:[12345]"],
    ] as const) {
      const foreign = [gone, "1", ...fields.slice(2)];
      await writeFile(lock, foreign.join(" "));
      t.is(await withLock(folder, () => Promise.resolve(1)), 1, "of a process that is gone here");
      foreign[at] = other;
      foreign[5] = other === "another-boot" ? "pid:[12345]" : foreign[5];
      await writeFile(lock, foreign.join(" "));
      await t.throwsAsync(
        withLock(folder, () => Promise.resolve()),
        {
          message:
            /process \d+ on \S+, another machine or container, is building this atlas.*build\.lock/,
        },
      );
      t.is(await readFile(lock, "utf8"), foreign.join(" "));
    }
  });
});

test("a lock taken over by a process that died before it had it is taken over in turn", async (t) => {
  await inFolder(async (folder) => {
    const gone = spawnSync(process.execPath, ["-e", "0"]).pid;
    let name = "build.lock";
    for (const text of [`${gone}\n`, `${gone} 1\n`, `${gone} 2\n`]) {
      await writeFile(path.join(folder, name), text);
      name = `build.lock.${createHash("sha256").update(text).digest("hex").slice(0, 16)}`;
    }
    await withLock(folder, async () => t.deepEqual(await readdir(folder), ["build.lock"]));
    t.deepEqual(await readdir(folder), []);
  });
});

const ROUNDS = 12;
const PROCESSES = 6;

test(`of ${PROCESSES} processes at the lock of a dead one, exactly one gets it, ${ROUNDS} times`, async (t) => {
  await inFolder(async (folder) => {
    const lock = path.join(folder, "build.lock");
    const gone = spawnSync(process.execPath, ["-e", "0"]).pid;
    const own = await withLock(folder, () => readFile(lock, "utf8"));
    const fields = own.split(" ").slice(2);
    const children = Array.from({ length: PROCESSES }, () =>
      fork("build/test/support/children/lock-child.js", [folder]),
    );
    const answers = (): Promise<string[]> =>
      Promise.all(children.map(async (child) => String((await once(child, "message"))[0])));
    try {
      await answers();
      for (let round = 0; round < ROUNDS; round++) {
        // Lines of this version, of earlier ones, and what a crash of the system leaves.
        const text = [[gone, 1, ...fields].join(" "), `${gone}\n`, ""][round % 3];
        await writeFile(lock, text);
        const told = answers();
        for (const child of children) child.send("take");
        const got = (await told).sort();
        t.deepEqual(
          got,
          ["has it", ...Array<string>(PROCESSES - 1).fill("refused")],
          `round ${round}`,
        );
        const free = answers();
        for (const child of children) child.send("leave");
        await free;
        t.deepEqual(await readdir(folder), []);
      }
    } finally {
      for (const child of children) child.kill("SIGKILL");
    }
  });
});

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
