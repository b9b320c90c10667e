import test from "ava";
import path from "node:path";
import { createRandom } from "../../src/core/index.js";
import { readCodes } from "../../src/files/index.js";
import { openCodes, sampleCodes } from "../../src/tasks/index.js";
import { runCli } from "../support/cli/run-cli.js";
import { unevenCodes, writeCodesPair } from "../support/embeddings.js";
import { inFolder } from "../support/folder.js";

test("a sample holds distinct documents in their order, all where there are no more", async (t) =>
  inFolder(async (folder) => {
    await writeCodesPair(folder, unevenCodes(40_000, 3, 500, 1));
    const all = await readCodes(folder);
    const store = await openCodes(folder);
    t.deepEqual(await sampleCodes(store, 50_000, createRandom(1)), all);
    const sampled = await sampleCodes(store, 1000, createRandom(1));
    t.is(sampled.rows, 1000);
    const rowOf = (codes: typeof all, row: number): string =>
      [
        ...codes.indices.subarray(3 * row, 3 * row + 3),
        ...codes.values.subarray(3 * row, 3 * row + 3),
      ].join();
    let at = 0;
    for (let row = 0; row < 1000; row++) {
      while (rowOf(all, at) !== rowOf(sampled, row)) t.true(++at < all.rows);
      at++;
    }
  }));

test("families --sample reports the overlap with families of fewer documents", async (t) =>
  inFolder(async (folder) => {
    await writeCodesPair(folder, unevenCodes(4000, 6, 200, 1));
    const out = path.join(folder, "families.json");
    const words = [
      "families",
      "--codes",
      folder,
      "--sample",
      "3200",
      "--threshold",
      "0.01",
      "--out",
      out,
    ];
    const { code, stdout, stderr } = await runCli([...words, "--json"]);
    t.is(code, 0, stderr);
    interface Found {
      count: number;
      sample: { documents: number; stability: { documents: number; overlap: number }[] };
    }
    const { count, sample } = JSON.parse(stdout) as Found;
    t.true(count > 0);
    t.is(sample.documents, 3200);
    t.deepEqual(
      sample.stability.map(({ documents }) => documents),
      [400, 800, 1600],
    );
    for (const { overlap } of sample.stability) t.true(overlap > 0 && overlap <= 1);
  }));
