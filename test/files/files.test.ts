import { readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import test from "ava";
import { FormatError } from "../../src/core/index.js";
import {
  bytesSource,
  createAtomicFile,
  openSource,
  sha256File,
  writeFileAtomic,
} from "../../src/files/index.js";
import { inFolder } from "../support/folder.js";

test("writeFileAtomic makes the folder, replaces the file and leaves nothing else", (t) =>
  inFolder(async (folder) => {
    const path = join(folder, "a", "b.txt");
    await writeFileAtomic(path, "first");
    await writeFileAtomic(path, "zweites é");
    t.is(await readFile(path, "utf8"), "zweites é");
    t.deepEqual(readdirSync(join(folder, "a")), ["b.txt"]);
  }));

test("a file cannot be seen before commit and is gone after abort", (t) =>
  inFolder(async (folder) => {
    const file = await createAtomicFile(join(folder, "x"));
    await file.write(Uint8Array.of(0, 0));
    await file.write(Uint8Array.of(3));
    await file.writeAt(Uint8Array.of(1, 2), 0);
    t.true(readdirSync(folder).every((name) => name.startsWith("x.tmp-")));
    await file.commit();
    t.deepEqual([...(await readFile(join(folder, "x")))], [1, 2, 3]);
    await file.abort();
    t.deepEqual(readdirSync(folder), ["x"]);
    const other = await createAtomicFile(join(folder, "y"));
    await other.abort();
    t.deepEqual(readdirSync(folder), ["x"]);
  }));

test("writeFileAtomic onto a folder fails and leaves no temporary file", (t) =>
  inFolder(async (folder) => {
    await writeFileAtomic(join(folder, "sub", "a"), "");
    await t.throwsAsync(writeFileAtomic(join(folder, "sub"), "text"));
    t.deepEqual(readdirSync(folder), ["sub"]);
  }));

test("sha256File gives the known hash of abc", (t) =>
  inFolder(async (folder) => {
    await writeFileAtomic(join(folder, "abc"), "abc");
    const known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    t.is(await sha256File(join(folder, "abc")), known);
  }));

test("a file and its bytes are the same source", (t) =>
  inFolder(async (folder) => {
    const bytes = Uint8Array.from({ length: 100 }, (_, i) => i);
    await writeFileAtomic(join(folder, "f"), bytes);
    const file = await openSource(join(folder, "f"));
    for (const source of [file, bytesSource("f", bytes)]) {
      t.is(source.byteLength, 100);
      t.deepEqual([...(await source.read(10, 13))], [10, 11, 12]);
      const target = new Uint8Array(2);
      await source.readInto(target, 98);
      t.deepEqual([...target], [98, 99]);
      await t.throwsAsync(source.read(98, 101), { instanceOf: FormatError });
      await t.throwsAsync(source.readInto(target, 99), { instanceOf: FormatError });
      await t.throwsAsync(source.read(3, 2), { instanceOf: FormatError });
    }
    await file.close();
  }));

test("openSource tells a missing file and a folder apart", async (t) => {
  await t.throwsAsync(openSource("test/absent.npy"), {
    instanceOf: FormatError,
    message: "test/absent.npy: no such file",
  });
  await t.throwsAsync(openSource("test"), { message: /expected a file, found a folder/ });
});
