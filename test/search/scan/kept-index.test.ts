import test from "ava";
import {
  mkdir,
  readFile,
  readdir,
  rename,
  rm,
  stat,
  truncate,
  utimes,
  writeFile,
} from "node:fs/promises";
import path from "node:path";
import { type Matrix, matrixRows } from "../../../src/core/index.js";
import { readSafetensors, writeNpy, writeSafetensors } from "../../../src/files/index.js";
import { makeTemporaryFolder } from "../../../src/files/writers/index.js";
import { openSearchIndex, searchRows } from "../../../src/search/index.js";
import { createQuantisedRows, openKeptIndex } from "../../../src/search/scan/index.js";
import { hardRows } from "../../support/hard-rows.js";
import { inFolder } from "../../support/folder.js";

const D = 40;
const base = hardRows(900, D, 5);
const query = Float32Array.from({ length: D }, (_, j) => 0.3 + Math.sin(j));
const ALL = { a: [0, 500], b: [500, 501], c: [501, 900] } as const;

function writeShard(folder: string, name: keyof typeof ALL, rows: Matrix = base): Promise<void> {
  const [from, to] = ALL[name];
  const { data, ...part } = matrixRows(rows, from, to);
  return writeNpy(path.join(folder, `${name}.npy`), {
    shape: [part.rows, D],
    data,
    dtype: "f4",
  });
}

/** Each file of a folder with what changes where it is written anew. */
async function written(folder: string): Promise<Map<string, string>> {
  const names = await readdir(folder);
  const stamps = names.map(async (name) => {
    const { ino, mtimeMs } = await stat(path.join(folder, name));
    return [name, `${ino} ${mtimeMs}`] as const;
  });
  return new Map(await Promise.all(stamps));
}

/** Writes zeros over the second half of a tensor and leaves the file's header as it is. */
async function damage(file: string, name: string): Promise<void> {
  const { tensors, metadata } = await readSafetensors(file);
  const { data } = tensors.get(name) as { data: Float32Array | Int8Array };
  data.fill(0, data.length / 2);
  await writeSafetensors(file, tensors, metadata);
}

for (const [where, mostHeld] of [
  ["memory", undefined],
  ["its files", 0],
] as const) {
  test(`an index that is searched in ${where} makes the codes of new and changed shards alone`, async (t) => {
    await inFolder(async (folder) => {
      const [shards, keep] = [path.join(folder, "shards"), path.join(folder, "keep")];
      await mkdir(shards);
      let before = new Map<string, string>();
      /** Opens it, compares its hits with those of a pass over all rows, and gives how many files stayed and how many are new. */
      const open = async (): Promise<{ stayed: number; made: number }> => {
        const index = await openSearchIndex(shards, { keep, mostHeld });
        t.true(index.bytes > 0);
        const accept = (row: number): boolean => row % 5 !== 0;
        const queries = [10, 30].map((count) => ({ query, count }));
        const found = await Promise.all([
          index.searchTogether(queries, { accept }),
          index.search(query, 1000),
        ]);
        await index.close();
        const [ten, thirty] = await Promise.all(
          queries.map(({ count }) => searchRows(shards, query, count, { accept })),
        );
        t.deepEqual(found, [[ten, thirty], await searchRows(shards, query, 1000)]);
        const after = await written(keep);
        const stayed = [...after].filter(([name, stamp]) => before.get(name) === stamp).length;
        before = after;
        return { stayed, made: after.size - stayed };
      };
      await writeShard(shards, "a");
      await writeShard(shards, "b");
      t.deepEqual(await open(), { stayed: 0, made: 2 });
      await writeShard(shards, "c");
      t.deepEqual(await open(), { stayed: 2, made: 1 });
      t.deepEqual(await open(), { stayed: 3, made: 0 });
      for (const seed of [6, 7]) {
        await writeShard(shards, "a", hardRows(900, D, seed));
        // Of the same size and time, as from an archive.
        await utimes(path.join(shards, "a.npy"), 1e9, 1e9);
        t.deepEqual(await open(), { stayed: 2, made: 1 });
      }
      const [cut] = await readdir(keep);
      await truncate(path.join(keep, cut), 100);
      t.deepEqual(await open(), { stayed: 2, made: 1 });
      await rm(path.join(shards, "c.npy"));
      t.deepEqual(await open(), { stayed: 2, made: 0 });
    });
  });
}

test("an index that cannot be kept is held in memory, and where it may not be, each search reads all rows", async (t) => {
  await inFolder(async (folder) => {
    const [file, keep] = [path.join(folder, "rows.npy"), path.join(folder, "keep")];
    await writeNpy(file, { shape: [900, D], data: base.data, dtype: "f4" });
    await writeFile(keep, "a file where the folder would be");
    for (const [mostHeld, isHeld] of [
      [undefined, true],
      [0, false],
    ] as const) {
      const index = await openSearchIndex(file, { keep, mostHeld });
      t.is(index.bytes > 0, isHeld);
      t.deepEqual(await index.search(query, 20), await searchRows(file, query, 20));
      await index.close();
    }
    t.is(await readFile(keep, "utf8"), "a file where the folder would be");
  });
});

test("a damaged index is made again when it is opened, with the hits of a pass over all rows", async (t) => {
  await inFolder(async (folder) => {
    const [file, keep] = [path.join(folder, "rows.npy"), path.join(folder, "keep")];
    await writeNpy(file, { shape: [900, D], data: base.data, dtype: "f4" });
    const hits = await searchRows(file, query, 3);
    const search = async (mostHeld?: number): Promise<void> => {
      const index = await openSearchIndex(file, { keep, mostHeld });
      t.deepEqual(await index.search(query, 3), hits);
      await index.close();
    };
    await search();
    const [name] = await readdir(keep);
    const whole = await readFile(path.join(keep, name));
    for (const mostHeld of [undefined, 0]) {
      for (const tensor of ["mean", "scales", "errors", "codes"]) {
        await damage(path.join(keep, name), tensor);
        await search(mostHeld);
        t.deepEqual(await readFile(path.join(keep, name)), whole, tensor);
      }
    }
  });
});

test("what a killed search has left is removed, though nothing is to be written", async (t) => {
  await inFolder(async (folder) => {
    const [file, keep] = [path.join(folder, "rows.npy"), path.join(folder, "keep")];
    await writeNpy(file, { shape: [900, D], data: base.data, dtype: "f4" });
    const open = async (): Promise<void> => (await openSearchIndex(file, { keep })).close();
    await open();
    const [name] = await readdir(keep);
    const left = await makeTemporaryFolder(path.join(keep, name));
    // A number that no system gives.
    await rename(left, left.replace(`-${process.pid}-`, `-${2 ** 31 - 1}-`));
    await open();
    t.deepEqual(await readdir(keep), [name]);
  });
});

test("codes that are gone or damaged when a search comes to them are made again", async (t) => {
  await inFolder(async (folder) => {
    const [file, keep] = [path.join(folder, "rows.npy"), path.join(folder, "keep")];
    await writeNpy(file, { shape: [900, D], data: base.data, dtype: "f4" });
    const hits = await searchRows(file, query, 3);
    const index = await openSearchIndex(file, { keep, mostHeld: 0 });
    t.deepEqual(await index.search(query, 3), hits);
    const [name] = await readdir(keep);
    const whole = await readFile(path.join(keep, name));
    await damage(path.join(keep, name), "scales");
    t.deepEqual(await index.search(query, 3), hits);
    t.deepEqual(await readFile(path.join(keep, name)), whole);
    await rm(keep, { recursive: true });
    t.deepEqual(await index.search(query, 3), hits);
    t.deepEqual(await readFile(path.join(keep, name)), whole);
    // It stays, as do old files where a folder cannot be written.
    await rm(keep, { recursive: true });
    await mkdir(path.join(keep, "old.safetensors"), { recursive: true });
    const again = await openSearchIndex(file, { keep, mostHeld: 0 });
    t.deepEqual(await again.search(query, 3), hits);
    t.deepEqual(await readdir(keep), [name, "old.safetensors"].sort());
    await index.close();
    await again.close();
  });
});

test("a large shard is kept in parts, each for its own mean and rows", async (t) => {
  await inFolder(async (folder) => {
    const file = path.join(folder, "rows.npy");
    await writeNpy(file, { shape: [900, D], data: base.data, dtype: "f4" });
    const mean = new Float32Array(D).fill(0.1);
    const quantised = await createQuantisedRows(900, mean, 1);
    quantised.fill(0, base);
    const open = (): ReturnType<typeof openKeptIndex> =>
      openKeptIndex(path.join(folder, "keep"), file, 400 * D + 1);
    const { parts, mean: none } = await open();
    t.is(none, undefined);
    t.deepEqual(
      parts.map(({ start, rows }) => [start, rows]),
      [
        [0, 400],
        [400, 400],
        [800, 100],
      ],
    );
    for (const part of parts) {
      t.false(await part.load(mean));
      t.true(await part.save(mean, quantised.codes(part.start, part.rows)));
    }
    const kept = await open();
    t.deepEqual(kept.mean, mean);
    t.false(await kept.parts[1].load(new Float32Array(D)));
    const copy = await createQuantisedRows(900, mean, 1);
    for (const part of kept.parts) {
      t.true(await part.load(mean, copy.codes(part.start, part.rows)));
    }
    t.deepEqual(copy.codes(0, 900), quantised.codes(0, 900));
    await quantised.close();
    await copy.close();
  });
});
