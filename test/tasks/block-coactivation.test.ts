import test from "ava";
import { readdirSync, truncateSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type Codes, createCodes } from "../../src/core/index.js";
import { sumPairs } from "../../src/families/coactivation/index.js";
import { computeCoactivation } from "../../src/families/index.js";
import { coactivationFromBlocks, readPairs, writePairs } from "../../src/tasks/index.js";
import { inFolder } from "../support/folder.js";
import { unevenCodes } from "../support/embeddings.js";

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const out: T[] = [];
  for await (const item of items) out.push(item);
  return out;
}

function* blocksOf({ rows, k, n, indices, values }: Codes, size: number): Generator<Codes> {
  for (let from = 0; from < rows; from += size) {
    const to = Math.min(rows, from + size);
    const [start, end] = [from * k, to * k];
    yield createCodes(to - from, k, n, indices.slice(start, end), values.slice(start, end));
  }
}

test("blocks of any size, in memory or through files, give the same co-activation", async (t) =>
  inFolder(async (folder) => {
    const codes = unevenCodes(3000, 6, 700, 1);
    const whole = await coactivationFromBlocks([codes]);
    const direct = computeCoactivation(codes);
    t.deepEqual({ ...whole, cosine: 0 }, { ...direct, cosine: 0 });
    for (const size of [1000, 333]) {
      for (const largestTriangle of [700, 1]) {
        const options = { groupDocuments: 1000, largestTriangle, folder };
        const found = await coactivationFromBlocks(blocksOf(codes, size), options);
        t.deepEqual(found, whole);
      }
    }
    const leading = await coactivationFromBlocks(blocksOf(codes, 333), { leading: true });
    t.deepEqual(
      { ...leading, cosine: 0 },
      { ...computeCoactivation(codes, { leading: true }), cosine: 0 },
    );
    t.deepEqual(readdirSync(folder), []);
  }));

test("temporary files are removed where counting fails", async (t) =>
  inFolder(async (folder) => {
    const blocks = [unevenCodes(10, 2, 300, 1), unevenCodes(10, 2, 400, 2)];
    const options = { groupDocuments: 10, largestTriangle: 1, folder };
    await t.throwsAsync(coactivationFromBlocks(blocks, options), { message: /got .* of 400/ });
    t.deepEqual(readdirSync(folder), []);
    await t.throwsAsync(coactivationFromBlocks([]), { message: /there are no codes/ });
  }));

test("pairs come back from a file as they were written", async (t) =>
  inFolder(async (folder) => {
    const file = path.join(folder, "pairs.arrow");
    const batches = [...sumPairs(unevenCodes(300, 4, 600, 2))];
    await writePairs(file, batches);
    const read = await collect(readPairs(file, { from: 0, to: 600 }));
    t.deepEqual(read, batches);
  }));

test("a damaged or another file of pairs is an error that names it", async (t) =>
  inFolder(async (folder) => {
    const file = path.join(folder, "pairs.arrow");
    await writePairs(file, sumPairs(unevenCodes(300, 4, 600, 2)));
    const read = (to: number): Promise<unknown> => collect(readPairs(file, { from: 0, to }));
    await t.throwsAsync(read(800), { name: "FormatError", message: /pairs\.arrow: ends before/ });
    await t.throwsAsync(read(300), { name: "FormatError", message: /sorted pairs of the latents/ });
    truncateSync(file, 3000);
    await t.throwsAsync(read(600), { name: "FormatError" });
    writeFileSync(file, "no Arrow");
    await t.throwsAsync(read(600), { name: "FormatError" });
  }));
