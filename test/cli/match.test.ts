import test from "ava";
import path from "node:path";
import { matchCommand, parseCall } from "../../src/cli/index.js";
import { createMatrix, createRandom } from "../../src/core/index.js";
import { readJson } from "../../src/files/index.js";
import { initialiseSae, saveSae } from "../../src/sae/index.js";
import { inFolder } from "../support/folder.js";

const context = {
  onProgress: () => {},
  signal: new AbortController().signal,
  json: false,
  packageRoot: "",
  note: () => {},
  onWarning: () => {},
  print: () => {},
  prompt: () => {},
  input: () => process.stdin,
};

test("match follows latents through three SAEs and writes splits and trees", async (t) => {
  await inFolder(async (folder) => {
    const random = createRandom(1);
    const rows = createMatrix(
      40,
      16,
      Float32Array.from({ length: 640 }, () => random() - 0.5),
    );
    const files = [];
    for (const n of [4, 8, 16]) {
      const file = path.join(folder, `sae_${n}.safetensors`);
      await saveSae(file, initialiseSae(rows, { k: 2, n, seed: n }));
      files.push(file);
    }
    const [small, middle, large] = files;
    const out = path.join(folder, "nns.json");
    const trees = path.join(folder, "trees.json");
    const values = { small, middle, large, out, trees, draws: 50, engine: "cpu" };
    const { json, lines } = await matchCommand.run(values, [], context);
    const report = json as { trees: { trees: number }; universal: number; families: unknown };
    t.is(report.families, undefined);
    t.true(report.universal <= 4);
    t.is(Object.values((await readJson(out)) as object).flat().length, 16);
    t.is(Object.keys((await readJson(trees)) as object).length, 4);
    t.true(lines.some((line) => /^\d+ trees through three sizes/.test(line)));
    t.true(lines.includes(`wrote ${trees}`));
    const withoutMiddle = ["match", "--small", small, "--large", large, "--trees", trees];
    t.throws(() => parseCall(withoutMiddle, [matchCommand], "1.0.0"), {
      message: /--trees needs --middle/,
    });
  });
});
