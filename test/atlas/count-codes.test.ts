import test from "ava";
import { computeCoactivation } from "../../src/families/index.js";
import { countCodes } from "../../src/atlas/steps/index.js";
import { coactivationFromBlocks } from "../../src/tasks/index.js";
import { unevenCodes, writeCodesPair } from "../support/embeddings.js";
import { inFolder } from "../support/folder.js";

const WAYS = [{}, { leading: true }, { skipZeros: true }];

test("codes are read once for all ways to count, to what each counts alone", async (t) => {
  await inFolder(async (folder) => {
    const codes = unevenCodes(600, 8, 300, 1);
    await writeCodesPair(folder, codes);
    const done: number[] = [];
    const found = await countCodes("families", { codes: folder, groupDocuments: 200 }, WAYS, {
      onProgress: (progress) => done.push(progress.done),
    });
    t.deepEqual(done, [600], "a block of a pair of files is never cut");
    const alone = WAYS.map((way) => coactivationFromBlocks([codes], way));
    t.deepEqual(found, await Promise.all(alone));
    t.deepEqual(
      await countCodes("families", { codes: folder }, WAYS, {}),
      WAYS.map((way) => computeCoactivation(codes, way)),
    );
  });
});
