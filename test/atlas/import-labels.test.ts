import test from "ava";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { FormatError } from "../../src/core/index.js";
import { readCatalog } from "../../src/catalog/index.js";
import { buildFolder, refreshLabels } from "../../src/atlas/steps/index.js";
import { openStore, type AtlasOptions } from "../../src/atlas/index.js";
import { correctLabel, importLabels } from "../../src/atlas/labels/index.js";
import { inFolder } from "../support/folder.js";
import { runCli } from "../support/cli/run-cli.js";
import { buildOnce, writeSmallCorpus } from "../support/atlases/small-corpus.js";

/** Options of a small atlas of 96 latents over the sample's first documents, in `folder`. */
async function smallCorpus(folder: string): Promise<AtlasOptions> {
  return {
    dir: path.join(folder, "atlas"),
    ...(await writeSmallCorpus(folder, 600)),
    training: { k: 4, n: 96, epochs: 12, lr: 3e-3, batch: 128 },
    device: "cpu",
  };
}

test("imported labels reach catalog and families, survive a rebuild, and yield to a person's", async (t) => {
  await inFolder(async (folder) => {
    const options = await buildOnce("import-labels", folder, smallCorpus);
    const { dir } = options;
    t.deepEqual((await refreshLabels(dir)).ran, [], "the stored options are those of the build");
    const catalog = (): ReturnType<typeof readCatalog> =>
      readCatalog(path.join(dir, "catalog.jsonl"));
    const before = await catalog();
    const [family] = await (await openStore(dir)).families();
    const latents = [family.parent, ...family.members.map(({ latent }) => latent)];

    const analysis = path.join(folder, "feature_analysis_results_4.json");
    const rows = before.map(({ index, density }) => ({
      index,
      label: `meaning ${index}`,
      f1: 0.9,
      pearson_correlation: 0.8,
      density,
    }));
    await writeFile(analysis, JSON.stringify(rows));
    const families = path.join(folder, "family_analysis_4_96.json");
    const named = {
      superfeature: "all of it",
      super_reasoning: "",
      family_f1: 0.7,
      family_pearson: 0.6,
      feature_names: [...latents.slice(1), latents[0]].map((latent) => `meaning ${latent}`),
    };
    await writeFile(families, JSON.stringify([named, { ...named, feature_names: ["stars"] }]));

    await t.throwsAsync(importLabels(dir, [families]), {
      instanceOf: FormatError,
      message: /none of its 2 families/,
    });
    const dry = await importLabels(dir, [analysis, families], { dryRun: true });
    t.is(dry.latents.length, 96);
    t.deepEqual(await catalog(), before, "a dry run changes nothing");
    t.false(existsSync(path.join(dir, "labels.import.jsonl")));

    const report = await importLabels(dir, [analysis, families]);
    t.deepEqual(report.latents, dry.latents);
    t.like(report.files[1], { names: 1, unmatched: 1 });
    t.deepEqual(report.build?.ran, ["labels", "families", "taxonomy", "catalog"]);
    const after = await catalog();
    t.like(after[5], { label: "meaning 5", label_source: "import", score: 0.9, score_name: "f1" });
    t.true(after[family.parent].families.some(({ name }) => name === "all of it"));
    t.like((await (await openStore(dir)).families())[0].label, {
      text: "all of it",
      source: "import",
      scores: [
        { name: "f1", value: 0.7, n: 0 },
        { name: "pearson", value: 0.6, n: 0 },
      ],
    });
    t.deepEqual((await buildFolder(options)).ran, [], "a build finds nothing to do");

    await correctLabel(dir, { latent: 5, label: " five ", note: "by eye", date: "2026-01-01" });
    await correctLabel(dir, { latent: family.parent, of: "family", label: "mine" });
    t.like((await catalog())[5], { label: "five", label_source: "human", label_note: "by eye" });
    t.is((await (await openStore(dir)).families())[0].label?.text, "mine");
    const again = await importLabels(dir, [analysis, families]);
    t.deepEqual([again.latents, again.families, again.overridden], [[], [], 2]);
    t.is((await catalog())[5].label, "five");

    await writeFile(analysis, JSON.stringify([{ ...rows[6], label: "six" }]));
    const later = await importLabels(dir, [analysis]);
    t.deepEqual(
      later.latents.map(({ index, before, after }) => [index, before, after]),
      [[6, "meaning 6", "six"]],
      "an import replaces latent by latent",
    );
    await t.throwsAsync(correctLabel(dir, { latent: 96, label: "x" }), { message: /no latent/ });
    const stranger = after.findIndex(({ families: found }) => found.length === 0);
    await t.throwsAsync(correctLabel(dir, { latent: stranger, of: "family", label: "x" }), {
      message: /the parent of no family/,
    });
    t.is((await readFile(path.join(dir, "labels.overrides.jsonl"), "utf8")).split("\n").length, 3);
  });
});

test("labels of another SAE are refused by their densities unless they are forced", async (t) => {
  await inFolder(async (folder) => {
    const options = await buildOnce("import-labels", folder, smallCorpus);
    const { dir } = options;
    const before = await readCatalog(path.join(dir, "catalog.jsonl"));
    const file = path.join(folder, "other.json");
    const densities = before.map(({ density }) => density).sort((a, b) => a - b);
    const rows = before.map(({ index }) => ({
      index,
      label: "x",
      density: densities[(index * 37) % 96],
    }));
    await writeFile(file, JSON.stringify(rows));
    await t.throwsAsync(importLabels(dir, [file]), { message: /another SAE/ });
    t.deepEqual(await readCatalog(path.join(dir, "catalog.jsonl")), before);
    const call = ["catalog", "import", file, "--atlas", dir, "--json"];
    const refused = await runCli(call);
    t.is(refused.code, 1);
    t.regex(refused.stderr, /other\.json: the densities .* another SAE; use force/);
    const { stdout, code } = await runCli([...call, "--force"]);
    t.is(code, 0);
    t.like(JSON.parse(stdout), { files: { 0: { labels: 96 } } });
    t.is((await readCatalog(path.join(dir, "catalog.jsonl")))[0].label, "x");
  });
});
