import { join } from "node:path";
import test from "ava";
import { FormatError } from "../../src/core/index.js";
import { type NpyWriteDtype, findCodes, readCodes, writeNpy } from "../../src/files/index.js";
import { inFolder } from "../support/folder.js";
import { sharedPath } from "../support/shared.js";

function write(folder: string, name: string, data: number[], dtype: NpyWriteDtype): Promise<void> {
  return writeNpy(join(folder, name), { shape: [data.length / 2, 2], data, dtype });
}

test("readCodes finds the one pair of a folder, whatever prefix and types", (t) =>
  inFolder(async (folder) => {
    await write(folder, "astroPH_topk_indices_2_9_int32.npy", [3, 8, 0, 1], "i4");
    await write(folder, "astroPH_topk_values_2_9_float16.npy", [1, 0.5, 2, 0], "f2");
    t.deepEqual(await readCodes(folder), {
      rows: 2,
      k: 2,
      n: 9,
      indices: Uint32Array.of(3, 8, 0, 1),
      values: Float32Array.of(1, 0.5, 2, 0),
    });
  }));

test("readCodes tells none from several and takes k and n to choose", (t) =>
  inFolder(async (folder) => {
    await t.throwsAsync(readCodes(folder), { instanceOf: FormatError, message: /found none/ });
    await write(folder, "topk_indices_2_9.npy", [3, 8], "i4");
    await t.throwsAsync(readCodes(folder), { message: /found topk_indices_2_9\.npy/ });
    await write(folder, "topk_values_2_9.npy", [1, 1], "f4");
    await write(folder, "topk_indices_2_20.npy", [3, 19], "i4");
    await write(folder, "topk_values_2_20.npy", [1, 1], "f4");
    await t.throwsAsync(readCodes(folder), { message: /contains codes of several SAEs/ });
    t.is((await findCodes(folder, { n: 20 })).indices, join(folder, "topk_indices_2_20.npy"));
    t.is((await readCodes(folder, { n: 9 })).n, 9);
    await t.throwsAsync(readCodes(join(folder, "absent")), { message: /no such folder/ });
  }));

test("readCodes refuses codes that contradict themselves, naming the row", (t) =>
  inFolder(async (folder) => {
    const indices = join(folder, "topk_indices_2_9.npy");
    const values = join(folder, "topk_values_2_9.npy");
    await write(folder, "topk_values_2_9.npy", [1, 1, 1, 1], "f4");
    const cases: [number[], RegExp][] = [
      [[0, 1], /values of shape \(2, 2\), but indices of \(1, 2\)/],
      [[0, 1, 2, 9], /row 1 names latent 9, but n is 9/],
      [[0, 1, 2, 2], /row 1 names latent 2 twice/],
    ];
    for (const [data, message] of cases) {
      await write(folder, "topk_indices_2_9.npy", data, "i4");
      await t.throwsAsync(readCodes({ indices, values }), { instanceOf: FormatError, message });
    }
    await write(folder, "topk_indices_2_9.npy", [0, 1, 2, 3], "i4");
    await write(folder, "topk_values_2_9.npy", [1, 1, 1, NaN], "f4");
    await t.throwsAsync(readCodes({ indices, values }), { message: /row 1 contains NaN/ });
    await write(folder, "codes.npy", [0, 1, 2, 3], "i4");
    await write(folder, "topk_values_2_9.npy", [1, 1, 1, 1], "f4");
    const unnamed = { indices: join(folder, "codes.npy"), values };
    await t.throwsAsync(readCodes(unnamed), { message: /not in the name/ });
    t.is((await readCodes(unnamed, { n: 4 })).n, 4);
  }));

test("readCodes reads the reference's codes", async (t) => {
  const folder = sharedPath("reference/expected");
  if (folder === undefined) {
    t.log("skipped: the reference kit is absent");
    t.pass();
    return;
  }
  const codes = await readCodes(folder, { k: 16 });
  t.deepEqual([codes.rows, codes.k, codes.n], [6000, 16, 1024]);
});
