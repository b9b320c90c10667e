import test from "ava";
import { readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { FormatError } from "../../../src/core/index.js";
import {
  computeMetrics,
  loadSae,
  readGridTable,
  trainGrid,
  trainSae,
} from "../../../src/sae/index.js";
import { inFolder } from "../../support/folder.js";
import { sparseEmbeddings } from "../../support/training.js";

const embeddings = sparseEmbeddings(200, 16);
const SHARED = { batch: 64, lr: 3e-3, epochs: 5, seed: 2 };

test("a grid trains every k with every n as trainSae does, and writes one table", async (t) => {
  await inFolder(async (folder) => {
    const { rows, ended } = await trainGrid(embeddings, {
      ...SHARED,
      k: [2, 3],
      n: [16, 32],
      folder,
    });
    t.is(ended, "finished");
    t.deepEqual(
      rows.map(({ k, n, auxk }) => [k, n, auxk]),
      [
        [2, 16, 4],
        [3, 16, 6],
        [2, 32, 4],
        [3, 32, 6],
      ],
    );
    const alone = await trainSae(embeddings, { ...SHARED, k: 3, n: 32 });
    t.deepEqual(await loadSae(join(folder, "sae_3_32_6.safetensors")), alone.sae);
    const metrics = await computeMetrics(alone.sae, embeddings);
    t.is(rows[3].normalized_mse, metrics.normalized_mse);
    t.is(rows[3].dead_share, metrics.dead / 32);
    t.is(rows[3].steps, 20);
    t.is(rows[3].epochs, 5);
    t.is(rows[3].flops, 20 * (2 * 16 * 34 + 32 * Math.log2(3)));
    t.is(rows[3].curve?.length, 20);
    t.deepEqual(await readGridTable(join(folder, "table.json")), rows);
    const text = await readFile(join(folder, "table.csv"), "utf8");
    t.true(text.startsWith("k,n,auxk,d,epochs,steps,normalized_mse,"));
    const plain = await readGridTable(join(folder, "table.csv"));
    t.deepEqual(
      plain.map((row, i) => ({ ...row, curve: rows[i].curve })),
      rows,
    );
  });
});

test("a stopped grid goes on where it was, without training anything twice", async (t) => {
  await inFolder(async (folder) => {
    const grid = { ...SHARED, k: [2, 3], n: [16], folder };
    const whole = await trainGrid(embeddings, { ...grid, folder: join(folder, "whole") });
    const controller = new AbortController();
    let steps = 0;
    const options = { ...grid, resume: true, folder: join(folder, "broken") };
    const part = await trainGrid(embeddings, {
      ...options,
      signal: controller.signal,
      onLog: () => {
        if (++steps === 27) controller.abort();
      },
    });
    t.is(part.ended, "aborted");
    t.is(part.rows.length, 1);
    let more = 0;
    const rest = await trainGrid(embeddings, { ...options, onLog: () => more++ });
    t.is(more, 40 - 27);
    const untimed = (rows: typeof rest.rows) => rows.map((row) => ({ ...row, seconds: 0 }));
    t.deepEqual(untimed(rest.rows), untimed(whole.rows));
    t.is(rest.rows[0].seconds, part.rows[0].seconds);
    t.deepEqual((await readdir(options.folder)).sort(), [
      "runs",
      "sae_2_16_4.safetensors",
      "sae_3_16_6.safetensors",
      "table.csv",
      "table.json",
    ]);
  });
});

test("runs of one seed start from the same directions unless each has its own", async (t) => {
  await inFolder(async (folder) => {
    const start = { ...SHARED, epochs: undefined, steps: 1, lr: 1e-9, k: [2], n: [16, 32] };
    const alike = async (ownSeeds: boolean): Promise<boolean> => {
      const own = join(folder, String(ownSeeds));
      await trainGrid(embeddings, { ...start, folder: own, ownSeeds });
      const [small, large] = await Promise.all(
        [16, 32].map((n) => loadSae(join(own, `sae_2_${n}_4.safetensors`))),
      );
      return small.decoder.data.every((value, i) => Math.abs(value - large.decoder.data[i]) < 1e-3);
    };
    t.true(await alike(false));
    t.false(await alike(true));
  });
});

test("grids that cannot be and files that are no table are refused", async (t) => {
  for (const [k, n, message] of [
    [[], [16], /k must be different whole numbers/],
    [[2, 2], [16], /k must be different/],
    [[2], [1.5], /n must be different whole numbers above 0, got 1\.5/],
    [[20], [16], /at most n 16/],
  ] as const) {
    await t.throwsAsync(trainGrid(embeddings, { k, n, folder: "build/none" }), {
      instanceOf: RangeError,
      message,
    });
  }
  await t.throwsAsync(readGridTable("package.json"), { instanceOf: FormatError });
  await inFolder(async (folder) => {
    const file = join(folder, "table.json");
    const row = { k: 1, n: 2, normalized_mse: 0.5, flops: 3 };
    for (const [more, field] of [
      [{ sae: 3 }, "sae"],
      [{ epochs: "four" }, "epochs"],
      [{ curve: [[1]] }, "curve"],
    ] as const) {
      await writeFile(file, JSON.stringify([row, { ...row, ...more }]));
      await t.throwsAsync(readGridTable(file), {
        instanceOf: FormatError,
        message: new RegExp(`table\\.json: row 1: ${field}`),
      });
    }
  });
});
