import { chmodSync, readdirSync, statSync, symlinkSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import test from "ava";
import { FormatError } from "../../src/core/index.js";
import {
  bytesSource,
  createAtomicFile,
  openSource,
  readMatrix,
  readNpy,
  readSafetensors,
  readText,
  readTorch,
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
    const refusals: [string, RegExp][] = [
      ["sub", /sub: is a folder, expected the name of a file$/],
      ["sub/a/b", /sub\/a: a file with this name exists already$/],
      ["out", /out: is a device or a pipe, expected the name of a file$/],
      ["x".repeat(300), /x: a name in its path is too long$/],
    ];
    symlinkSync("/dev/null", join(folder, "out"));
    for (const [name, message] of refusals) {
      await t.throwsAsync(writeFileAtomic(join(folder, name), "text"), { message });
    }
    t.deepEqual(readdirSync(folder), ["out", "sub"]);
  }));

test("a file that is written anew keeps its permissions", (t) =>
  inFolder(async (folder) => {
    const file = join(folder, "private");
    await writeFileAtomic(file, "a");
    chmodSync(file, 0o600);
    await writeFileAtomic(file, "b");
    t.is(statSync(file).mode & 0o777, 0o600);
  }));

test("what Git or a server gives in place of a file is named as such", (t) =>
  inFolder(async (folder) => {
    const cases: [string, RegExp][] = [
      [`version https://git-lfs.github.com/spec/v1\noid sha256:${"a".repeat(64)}\n`, /Git LFS/],
      ["\n<!DOCTYPE html><html>", /is a web page/],
    ];
    const readers = [readNpy, readTorch, readSafetensors, readText, readMatrix];
    for (const [content, message] of cases) {
      const file = join(folder, "a.pth");
      await writeFileAtomic(file, content);
      for (const read of readers) {
        await t.throwsAsync(read(file), { instanceOf: FormatError, message });
      }
    }
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
