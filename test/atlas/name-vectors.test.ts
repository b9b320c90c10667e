import test from "ava";
import { readdir, utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Embedder } from "../../src/corpus/index.js";
import { createNameVectors } from "../../src/atlas/search/index.js";
import { randomMatrix } from "../support/embeddings.js";
import { inFolder } from "../support/folder.js";

function countingEmbedder(id: string): { embedder: Embedder; calls: string[][] } {
  const calls: string[][] = [];
  const embed: Embedder["embed"] = (texts) => {
    calls.push([...texts]);
    return Promise.resolve(randomMatrix(texts.length, 3, calls.length));
  };
  return { embedder: { id, d: 3, embed }, calls };
}

test("names are embedded once, in this process and the next, anew for others and another embedder", async (t) => {
  await inFolder(async (folder) => {
    const [one, two] = [countingEmbedder("one"), countingEmbedder("two")];
    const vectors = createNameVectors(folder);
    const first = await vectors(["a", "b"], one.embedder);
    t.is(await vectors(["a", "b"], one.embedder), first);
    const next = createNameVectors(folder);
    t.deepEqual(await next(["a", "b"], one.embedder), first);
    t.is(one.calls.length, 1);
    await next(["a", "c"], one.embedder);
    await next(["a", "b"], two.embedder);
    t.deepEqual([one.calls.length, two.calls.length], [2, 1]);
  });
});

test("the four newest lists stay on disk, and a folder that cannot be is done without", async (t) => {
  await inFolder(async (folder) => {
    const { embedder, calls } = countingEmbedder("one");
    for (let i = 0; i < 6; i++) {
      await createNameVectors(path.join(folder, "kept"))([`name ${i}`], embedder);
      if (i > 0) continue;
      const [oldest] = await readdir(path.join(folder, "kept"));
      await utimes(path.join(folder, "kept", oldest), 1, 1);
    }
    const files = await readdir(path.join(folder, "kept"));
    t.is(files.length, 4);
    await createNameVectors(path.join(folder, "kept"))(["name 0"], embedder);
    t.is(calls.length, 7);
    const blocked = path.join(folder, "file");
    await writeFile(blocked, "");
    const vectors = await createNameVectors(path.join(blocked, "below"))(["x"], embedder);
    t.is(vectors.rows, 1);
  });
});

test("what failed is asked again", async (t) => {
  await inFolder(async (folder) => {
    const { embedder, calls } = countingEmbedder("one");
    let fails = true;
    const shaky: Embedder = {
      ...embedder,
      embed: (texts) => (fails ? Promise.reject(new Error("no server")) : embedder.embed(texts)),
    };
    const vectors = createNameVectors(folder);
    await t.throwsAsync(vectors(["a"], shaky), { message: "no server" });
    fails = false;
    t.is((await vectors(["a"], shaky)).rows, 1);
    t.is(calls.length, 1);
  });
});
