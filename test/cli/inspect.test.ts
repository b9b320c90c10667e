import test from "ava";
import path from "node:path";
import { createMatrix, createRandom } from "../../src/core/index.js";
import { writeJsonl, writeNpy } from "../../src/files/index.js";
import { compareReadings, loadSae, saveSae, trainSae } from "../../src/sae/index.js";
import { inFolder } from "../support/folder.js";
import { type Outcome, runCli } from "../support/cli/run-cli.js";

const run = (...args: string[]): Promise<Outcome> => runCli(args);

const FIXTURES = "test/fixtures/saes";

test("inspect tells the format, the tensors and what was ignored", async (t) => {
  const { stdout } = await run("inspect", `${FIXTURES}/openai/topk.pt`);
  t.regex(stdout, /format +openai/);
  t.regex(stdout, /input +layer-norm/);
  t.regex(stdout, /encoder\.weight +\(10, 6\) +float32/);
  const { stdout: json } = await run("inspect", `${FIXTURES}/dl-batchtopk-unset`, "--json");
  const report = JSON.parse(json) as { format: string; k: number; notes: string[] };
  t.is(report.format, "dictionary-learning");
  t.is(report.k, 3);
  t.regex(report.notes[0], /never set/);
  const none = await run("inspect", "package.json");
  t.is(none.code, 1);
  t.is((await run("inspect", `${FIXTURES}/dl-topk`, "--format", "keras")).code, 2);
  t.is((await run("inspect")).code, 2);
});

test("a reading that fits far better than the declared one is warned of", async (t) => {
  // Embeddings whose dimensions differ in scale: an SAE of z-scored ones says nothing of the raw ones.
  const random = createRandom(5);
  const [rows, d] = [600, 8];
  const raw = createMatrix(rows, d);
  const scored = createMatrix(rows, d);
  for (let i = 0; i < rows; i++) {
    const sign = random() < 0.5 ? -1 : 1;
    for (let j = 0; j < d; j++) {
      scored.data[i * d + j] = sign * (j % 2 === 0 ? 1 : -1) + 0.3 * (random() - 0.5);
      raw.data[i * d + j] = 5 + scored.data[i * d + j] * 10 ** (j % 3);
    }
  }
  const { sae } = await trainSae(scored, { k: 2, n: 16, epochs: 40, batch: 100, lr: 0.01 });
  const { readings, warning } = await compareReadings(sae, raw);
  t.true(readings[0].declared);
  t.is(readings[1].name.split(" ")[0], "z-score");
  t.true(readings[1].explainedVariance > 0.8);
  t.regex(warning ?? "", /read as "z-score/);
  t.is((await compareReadings(sae, scored)).warning, undefined);
  const quick = await compareReadings(sae, raw, { quick: true });
  t.deepEqual(
    quick.readings.map(({ name }) => name),
    ["raw", "z-score"],
  );
  t.regex(quick.warning ?? "", /read as "z-score/);
  await inFolder(async (folder) => {
    const [file, embeddings] = ["sae.safetensors", "raw.npy"].map((name) =>
      path.join(folder, name),
    );
    await saveSae(file, sae);
    await writeNpy(embeddings, { shape: [rows, d], data: raw.data, dtype: "f4" });
    const inspected = await run("inspect", file, "--embeddings", embeddings);
    t.regex(inspected.stdout, /raw \(declared\)/);
    const encode = ["encode", "--sae", file, "--embeddings", embeddings, "--out", folder];
    for (const { stderr } of [
      inspected,
      await run("inspect", file, "--embeddings", embeddings, "--json"),
      await run(...encode),
      await run(...encode, "--json"),
      await run("metrics", "--sae", file, "--embeddings", embeddings, "--json"),
    ]) {
      t.regex(stderr, /^warning: read as "z-score/m);
    }
    const corpus = path.join(folder, "corpus.jsonl");
    await writeJsonl(
      corpus,
      Array.from({ length: rows }, (_, i) => ({
        id: `${i}`,
        text: `document ${i} on thing ${i % 7}`,
      })),
    );
    const own = [
      "--corpus",
      corpus,
      "--embeddings",
      embeddings,
      "--out",
      path.join(folder, "atlas"),
    ];
    const demo = await run("build", ...own, "--sae", file, "--no-figures", "--json");
    t.is(demo.code, 0, demo.stderr);
    t.regex(demo.stderr, /warning: read as "z-score/);
  });
});

test("convert writes each layout, and what it wrote loads as the same SAE", async (t) => {
  await inFolder(async (folder) => {
    const source = `${FIXTURES}/saerch/csLG_3_10_6.pth`;
    const sae = await loadSae(source);
    for (const name of ["lens", "x_3_10_6.pth", "own.safetensors"]) {
      const out = path.join(folder, name);
      const { code, stderr } = await run("convert", source, out);
      t.is(code, 0, stderr);
      t.deepEqual(await loadSae(out), sae, name);
    }
    const unnamed = await run("convert", source, path.join(folder, "model.pth"));
    t.regex(unnamed.stdout, /pass --k 3 to load the file/);
    t.is((await run("convert", source, path.join(folder, "a.bin"))).code, 2);
    const relu = await run("convert", `${FIXTURES}/dl-autoencoder`, path.join(folder, "r.pth"));
    t.is(relu.code, 1);
    t.regex(relu.stderr, /a top-k SAE of raw embeddings/);
  });
});
