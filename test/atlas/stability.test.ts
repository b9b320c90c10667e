import test from "ava";
import { readFile, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import type { StabilityReport } from "../../src/compare/index.js";
import { latentDensities } from "../../src/core/index.js";
import { fromFamiliesJson, parseGraphml } from "../../src/families/index.js";
import { readJson } from "../../src/files/index.js";
import { loadSae, saveSae } from "../../src/sae/index.js";
import { readCatalog } from "../../src/catalog/index.js";
import { readAtlasOptions } from "../../src/atlas/files/index.js";
import { buildFolder } from "../../src/atlas/steps/index.js";
import { openStore, type AtlasOptions } from "../../src/atlas/index.js";
import { runCli } from "../support/cli/run-cli.js";
import { hashesOf, inFolder } from "../support/folder.js";
import { buildOnce, writeSmallCorpus } from "../support/atlases/small-corpus.js";

const DOCUMENTS = 500;
const MEASURED = { resamples: 4, seeds: 1 };

async function smallAtlas(folder: string): Promise<AtlasOptions> {
  return buildOnce("stability", folder, smallCorpus);
}

async function smallCorpus(folder: string): Promise<AtlasOptions> {
  const { corpus, embeddings } = await writeSmallCorpus(folder, DOCUMENTS);
  return {
    dir: path.join(folder, "atlas"),
    corpus,
    embeddings,
    documentMap: false,
    training: { k: 4, n: 48, epochs: 4, lr: 4e-3, batch: 128 },
    device: "cpu",
  };
}

test("stability is measured once, told in every file, kept while the families stay and dropped when they change", async (t) => {
  await inFolder(async (folder) => {
    const options = await smallAtlas(folder);
    const { dir } = options;
    const file = (name: string): string => path.join(dir, name);
    const known: AtlasOptions = { ...options };
    delete known.device;
    t.deepEqual(await readAtlasOptions(dir), {
      ...known,
      compat: false,
      threshold: undefined,
      mapFrom: "coactivation",
      documentMap: false,
      seed: 0,
      sae: undefined,
      k: 4,
      classTree: undefined,
      analysis: undefined,
    });
    const measured = {
      ...(await readAtlasOptions(dir)),
      device: "cpu" as const,
      stability: MEASURED,
    };
    const first = await buildFolder(measured);
    t.deepEqual(first.ran, ["train-seed-1", "stability", "families", "taxonomy", "catalog"]);
    const report = (await readJson(file("stability.json"))) as StabilityReport;
    t.true(report.families.length > 0);
    t.is(report.latents?.length, 48);
    t.deepEqual(
      report.seeds?.saes.map(({ name }) => name),
      ["seed 1"],
    );

    const data = await openStore(dir);
    const families = await data.families();
    t.deepEqual(
      families.map(({ parent, stability }) => [parent, stability]),
      report.families.map(({ latent, stability }) => [latent, stability]),
    );
    t.deepEqual(
      families[0].members.map(({ latent, stability }) => ({ latent, stability })),
      report.families[0].members,
    );
    const { edges } = parseGraphml(await readFile(file("spanning-forest.graphml"), "utf8"));
    t.deepEqual(
      edges.map(({ attributes }) => Number(attributes.get("stability"))),
      report.edges.map(({ stability }) => stability),
    );
    const rows = await readCatalog(file("catalog.jsonl"));
    t.is(rows[5].stability, report.latents?.[5].stability ?? NaN);
    const parent = rows[report.families[0].latent];
    const own = parent.families.find(({ id }) => id === parent.index);
    t.is(own?.stability, report.families[0].stability);

    // A build that measures nothing keeps it; so does the same measurement again.
    const kept = await buildFolder(options);
    t.deepEqual([kept.ran, kept.dropped], [[], []]);
    t.deepEqual((await buildFolder(measured)).ran, []);
    // More resamples need no new SAE.
    const more = await buildFolder({ ...measured, stability: { ...MEASURED, resamples: 5 } });
    t.deepEqual(more.ran, ["stability", "families", "taxonomy", "catalog"]);

    const other = await buildFolder({ ...options, threshold: 0.2 });
    t.deepEqual([other.ran, other.dropped], [["families", "taxonomy", "catalog"], ["stability"]]);
    const names = await readdir(dir);
    t.false(names.includes("stability.json"));
    t.true(names.includes("sae-seed-1.safetensors"));
    t.true((await readCatalog(file("catalog.jsonl"))).every(({ stability }) => stability === null));
    t.is(await (await openStore(dir)).stability(), undefined);
  });
});

test("a sample has the families of families --sample, and another one redoes what depends on it alone", async (t) => {
  await inFolder(async (folder) => {
    const options = await smallAtlas(folder);
    const { dir } = options;
    const dependent = ["families", "taxonomy", "map", "catalog"];
    const build = async (sample?: number): Promise<string[]> =>
      (await buildFolder({ ...options, sample })).ran;
    const membersOf = async (file: string): Promise<unknown> =>
      fromFamiliesJson(await readJson(file), { source: file }).map(({ children }) =>
        children.map(({ latent }) => latent),
      );
    const hashes = (): Record<string, string> => ({ ...hashesOf(dir), "manifest.json": "" });
    const before = hashes();
    for (const sample of [200, 300]) {
      t.deepEqual(await build(sample), dependent);
      t.is((await readAtlasOptions(dir)).sample, sample);
      const out = path.join(folder, "families.json");
      const words = ["families", "--codes", dir, "--sample", String(sample), "--out", out];
      const { code, stdout, stderr } = await runCli([...words, "--json"]);
      t.is(code, 0, stderr);
      t.deepEqual(await membersOf(path.join(dir, "families.json")), await membersOf(out));
      const statistics = await (await openStore(dir)).familyStatistics();
      t.deepEqual(statistics.sample, (JSON.parse(stdout) as typeof statistics).sample);
      t.is(statistics.sample?.documents, sample);
    }
    t.deepEqual(await build(300), []);
    // What is measured of a sample's families is measured in the sample, and is not kept for another.
    const measured = { ...(await readAtlasOptions(dir)), device: "cpu" as const };
    await buildFolder({ ...measured, stability: { resamples: 2, seeds: 0 } });
    t.deepEqual((await buildFolder({ ...options, sample: 299 })).dropped, ["stability"]);
    await build();
    t.deepEqual(hashes(), before);
    await t.throwsAsync(buildFolder({ ...options, sample: 3, schedule: { scheduler: "local" } }), {
      message: "build: sample and schedule exclude each other",
    });
  });
});

test("a measurement that is stopped in its training goes on, and ends in the same bytes", async (t) => {
  await inFolder(async (folder) => {
    const options = await smallAtlas(folder);
    const stop = new AbortController();
    const onProgress = ({ step, done }: { step: string; done: number }): void => {
      if (step === "train" && done >= 3) stop.abort(new Error("stopped"));
    };
    const measured = { ...options, stability: MEASURED };
    const before = await readFile(path.join(options.dir, "families.json"), "utf8");
    await t.throwsAsync(buildFolder({ ...measured, onProgress, signal: stop.signal }), {
      message: "stopped",
    });
    t.is(await readFile(path.join(options.dir, "families.json"), "utf8"), before);
    await buildFolder(measured);
    const text = await readFile(path.join(options.dir, "stability.json"), "utf8");
    // From nothing: the SAE of the other seed trained in one go.
    for (const name of ["stability.json", "sae-seed-1.safetensors"]) {
      await rm(path.join(options.dir, name));
    }
    await buildFolder(measured);
    t.is(await readFile(path.join(options.dir, "stability.json"), "utf8"), text);
  });
});

test("families of the reference's rules are measured by the same rules, over documents and seeds", async (t) => {
  await inFolder(async (folder) => {
    const options = await smallAtlas(folder);
    const codes = await (await openStore(options.dir)).codes();
    const analysis = path.join(folder, "analysis.json");
    const rows = Array.from(latentDensities(codes), (density, index) => ({
      index,
      label: `subject ${index}`,
      reasoning: "",
      f1: 0.9,
      pearson_correlation: 0.9,
      density,
    }));
    await writeFile(analysis, JSON.stringify(rows));
    const compat = { ...options, analysis, compat: true, stability: MEASURED };
    await buildFolder(compat);
    const report = (await readJson(path.join(options.dir, "stability.json"))) as StabilityReport;
    const families = await (await openStore(options.dir)).families();
    t.true(families.length > 0);
    t.deepEqual(
      report.families.map(({ latent }) => latent),
      families.map(({ parent }) => parent),
    );
    t.true((report.documents.families ?? 0) > (report.documents.random ?? 1));
    t.true((report.seeds?.matched ?? 0) > 0);
    // The same analysis without compat finds other families: what was measured is not about them.
    const plain = await buildFolder({ ...options, analysis });
    t.deepEqual(plain.dropped, ["stability"]);
  });
});

test("SAEs are compared by file too, and an SAE that was given needs to be told how to train others", async (t) => {
  await inFolder(async (folder) => {
    const options = await smallAtlas(folder);
    const given = { ...options, dir: path.join(folder, "given"), training: undefined };
    const sae = path.join(options.dir, "sae.safetensors");
    await t.throwsAsync(buildFolder({ ...given, sae, stability: { seeds: 1 } }), {
      instanceOf: TypeError,
      message: /did not train its SAE: pass epochs and lr/,
    });
    await buildFolder({ ...given, sae, stability: { resamples: 2, saes: [sae] } });
    const report = (await readJson(path.join(given.dir, "stability.json"))) as StabilityReport;
    // The very same SAE: all that is alive comes again whole.
    t.is(report.seeds?.families, 1);
    t.is(report.seeds?.saes[0].name, "sae.safetensors");
    // The same directions with another k, which the file tells: the latents match, the families are others.
    const narrow = path.join(folder, "narrow.safetensors");
    await saveSae(narrow, { ...(await loadSae(sae)), k: 1 });
    await buildFolder({ ...given, sae, stability: { resamples: 2, saes: [narrow] } });
    const other = (await readJson(path.join(given.dir, "stability.json"))) as StabilityReport;
    t.is(other.seeds?.matched, report.seeds?.matched);
    t.true((other.seeds?.families ?? 1) < 1);
  });
});
