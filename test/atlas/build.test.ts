import test from "ava";
import { cp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { FormatError } from "../../src/core/index.js";
import { readCatalog } from "../../src/catalog/index.js";
import { buildFolder } from "../../src/atlas/steps/index.js";
import { type AtlasOptions, buildAtlas, openStore } from "../../src/atlas/index.js";
import { readAtlasOptions } from "../../src/atlas/files/index.js";
import { extractFamilies, familyLatents } from "../../src/families/index.js";
import { coactivationFromBlocks, readTotals } from "../../src/tasks/index.js";
import { drawFigures } from "../../src/atlas/figures/index.js";
import { atLength } from "../support/campaign.js";
import { inFolder } from "../support/folder.js";
import { buildOnce, writeSmallCorpus } from "../support/atlases/small-corpus.js";

const DOCUMENTS = 600;
const STEPS = ["train", "encode", "labels", "families", "taxonomy", "map", "catalog"];
const WHOLE = [...STEPS.slice(0, -1), "document-map", "catalog"];

/** The first documents of the sample, in a folder of their own; they get no map. */
async function smallCorpus(folder: string): Promise<AtlasOptions> {
  const { corpus, embeddings } = await writeSmallCorpus(folder, DOCUMENTS);
  const classTree = path.join(folder, "classes.jsonl");
  await cp("data/wordnet/classes.jsonl", classTree);
  return {
    dir: path.join(folder, "atlas"),
    corpus,
    embeddings,
    classTree,
    documentMap: false,
    training: { k: 4, n: 96, epochs: 12, lr: 3e-3, batch: 128 },
    device: "cpu",
  };
}

test("an atlas of nested prefixes leads from earlier to later ones, and says which children help", async (t) => {
  await inFolder(async (folder) => {
    const small = await smallCorpus(folder);
    const training = { k: 4, n: 96, epochs: 60, lr: 3e-3, batch: 128, start: "kmeans" } as const;
    const options = { ...small, training: { ...training, prefixes: [8, 32] }, threshold: 0.05 };
    await buildFolder(options);
    t.deepEqual((await buildFolder(options)).ran, []);
    const store = await openStore(options.dir);
    t.deepEqual((await store.sae()).prefixes, [8, 32, 96]);
    const level = (latent: number) => [8, 32, 96].findIndex((end) => latent < end);
    const { from, to } = await store.forest();
    t.true(from.length > 10);
    t.true(from.every((parent, e) => level(parent) < level(to[e])));
    const members = (await store.families()).flatMap((family) => family.members);
    t.true(members.length > 5);
    t.true(members.every(({ help = NaN }) => Number.isFinite(help)));
    const graph = await readFile(path.join(options.dir, "spanning-forest.graphml"), "utf8");
    t.is(graph.match(/<data key="help">-?\d/g)?.length, from.length);
    await store.close();

    t.is((await readAtlasOptions(options.dir)).leading, undefined);
    const atlas = await buildAtlas(options);
    t.false(atlas.built?.ran.includes("train"));
    t.true(atlas.built?.ran.includes("families"));
    const { to: children } = await atlas.forest();
    t.is(new Set(children).size, children.length);
    await atlas.close();
    const { leading } = await readAtlasOptions(options.dir);
    t.true(leading);
    t.deepEqual((await buildFolder({ ...options, leading })).ran, []);
    const measured = await buildFolder({ ...options, leading, stability: { resamples: 2 } });
    t.true(measured.ran.includes("stability"));
    await buildFolder({ ...options, leading: false });
    t.is(await readFile(path.join(options.dir, "spanning-forest.graphml"), "utf8"), graph);
  });
});

test("an atlas of nested prefixes has the families of one process where tasks count by the latents that lead", async (t) => {
  await inFolder(async (folder) => {
    const small = await smallCorpus(folder);
    const training = { k: 4, n: 96, epochs: 20, lr: 3e-3, batch: 128, start: "kmeans" } as const;
    const options = { ...small, training: { ...training, prefixes: [8, 32] }, threshold: 0.05 };
    const dir = path.join(folder, "tasks");
    const sae = path.join(options.dir, "sae.safetensors");
    await buildFolder({ ...options, leading: true });
    await buildFolder({ ...options, dir, sae, leading: true, schedule: { scheduler: "local" } });
    const [one, other] = [await openStore(options.dir), await openStore(dir)];
    const [forest, counted] = [await one.forest(), await other.forest()];
    t.deepEqual({ ...counted, weight: 0 }, { ...forest, weight: 0 });
    t.true(counted.weight.every((weight, e) => Math.abs(weight - forest.weight[e]) < 1e-6));
    const named = async (store: typeof one): Promise<unknown> =>
      (await store.families()).map((family) => [familyLatents(family), family.label]);
    t.deepEqual(await named(other), await named(one));
    const totals = path.join(dir, "tasks", "plan.json");
    const led = await coactivationFromBlocks([await one.codes()], { leading: true });
    t.deepEqual(await readTotals(totals, { leading: true }), led);
    const rules = { prefixes: [8, 32], threshold: 0.05 };
    t.deepEqual(counted.weight, Float32Array.from(extractFamilies(led, rules).forest.weight));
    await one.close();
    await other.close();
  });
});

test("an atlas is built whole, reopened, drawn, and not built again", async (t) => {
  await inFolder(async (folder) => {
    const options = { ...(await smallCorpus(folder)), documentMap: undefined };
    const first = await buildFolder(options);
    t.deepEqual(first.ran, WHOLE);
    t.deepEqual((await readdir(options.dir)).sort(), [
      "catalog.csv",
      "catalog.jsonl",
      "catalog.parquet",
      "document-map-quality.json",
      "document-map.npy",
      "families.json",
      "family-statistics.json",
      "labels.jsonl",
      "manifest.json",
      "map-quality.json",
      "map.npy",
      "metrics.json",
      "sae.safetensors",
      "spanning-forest.graphml",
      "taxonomy.json",
      "topk_indices_4_96.npy",
      "topk_values_4_96.npy",
      "train-log.jsonl",
    ]);
    const rows = await readCatalog(path.join(options.dir, "catalog.jsonl"));
    t.is(rows.length, 96);
    t.true(rows.filter(({ label }) => label !== "").length > 60);
    t.true(rows.some(({ families }) => families.length > 0));

    const again = await buildFolder(options);
    t.deepEqual(again.ran, []);
    t.deepEqual(again.kept, WHOLE);

    const atlas = await openStore(options.dir);
    t.is((await atlas.documents()).length, DOCUMENTS);
    t.is((await atlas.codes()).rows, DOCUMENTS);
    const figures = await drawFigures(atlas);
    const names = figures.map(({ name }) => name);
    for (const name of ["latent-map", "density-histogram", "taxonomy-agreement", "loss-curve"]) {
      t.true(names.includes(name), name);
    }
  });
});

test("a lost file and a changed option run only the steps that need it", async (t) => {
  await inFolder(async (folder) => {
    const options = await buildOnce("build", folder, smallCorpus);
    const before = await readFile(path.join(options.dir, "catalog.parquet"));
    await rm(path.join(options.dir, "map.npy"));
    t.deepEqual((await buildFolder(options)).ran, ["map"]);
    t.deepEqual(await readFile(path.join(options.dir, "catalog.parquet")), before);
    t.deepEqual((await buildFolder({ ...options, mapFrom: "decoder" })).ran, ["map", "catalog"]);
  });
});

test("a build that is stopped goes on where it was and ends in the same bytes", async (t) => {
  await inFolder(async (folder) => {
    const options = await buildOnce("build", folder, smallCorpus);
    const whole = await readFile(path.join(options.dir, "catalog.jsonl"), "utf8");
    const other = { ...options, dir: path.join(folder, "stopped") };
    for (const stopAt of ["train", "encode", "map"]) {
      const stop = new AbortController();
      const onProgress = ({ step, done }: { step: string; done: number }): void => {
        if (step === stopAt && done >= 1) stop.abort(new Error("stopped"));
      };
      await t.throwsAsync(buildFolder({ ...other, onProgress, signal: stop.signal }));
    }
    await buildFolder(other);
    t.is(await readFile(path.join(other.dir, "catalog.jsonl"), "utf8"), whole);
    t.deepEqual(
      (await readdir(other.dir)).filter((name) => /tmp|state/.test(name)),
      [],
    );
  });
});

test("a build with other options than the stopped one starts anew and leaves nothing of before", async (t) => {
  await inFolder(async (folder) => {
    const options = await smallCorpus(folder);
    const stop = new AbortController();
    const onProgress = (): void => stop.abort(new Error("stopped"));
    await t.throwsAsync(buildFolder({ ...options, onProgress, signal: stop.signal }), {
      message: "stopped",
    });
    const training = { k: 3, n: 64, epochs: 2, lr: 3e-3, batch: 128 };
    t.deepEqual((await buildFolder({ ...options, training })).ran, STEPS);
    await buildFolder({ ...options, training: { ...training, k: 2 } });
    const names = await readdir(options.dir);
    t.deepEqual(names.filter((name) => /topk|state|lock|tmp/.test(name)).sort(), [
      "topk_indices_2_64.npy",
      "topk_values_2_64.npy",
    ]);
  });
});

test("the report of classes holds the latents against other units, and keeps those while the codes stay", async (t) => {
  await inFolder(async (folder) => {
    const options = await buildOnce("build", folder, smallCorpus);
    const reportOf = async () => {
      const store = await openStore(options.dir);
      return { rows: await store.catalog(), baselines: (await store.taxonomy())?.baselines ?? [] };
    };
    const { rows, baselines } = await reportOf();
    t.deepEqual(
      baselines.map(({ units, live, f1, latentF1 }) => [
        units,
        live === f1.length,
        latentF1.length,
      ]),
      [
        ["k-means", true, 96],
        ["random documents", true, 96],
      ],
    );
    const known = rows.filter((row) => row.class !== null);
    t.true(known.length > 0);
    for (const { index, class_kmeans, class_random_decoder } of known) {
      t.is(class_kmeans, Number(baselines[0].latentF1[index].toPrecision(6)));
      t.is(class_random_decoder, null);
    }
    // The twin is trained; the others are those of before.
    t.deepEqual((await buildFolder({ ...options, baselines: true })).ran, ["taxonomy", "catalog"]);
    const full = await reportOf();
    t.deepEqual(full.baselines.slice(0, 2), baselines);
    t.is(full.baselines[2].units, "random decoder");
    t.true((full.baselines[2].normalizedMse ?? 0) > 0);
    t.true(full.rows.some((row) => row.class_random_decoder !== null));
    // A build that says nothing of it keeps what was measured, and other latents do not.
    await buildFolder({ ...options, threshold: 0.2 });
    t.deepEqual((await reportOf()).baselines, full.baselines);
    const training = { k: 3, n: 64, epochs: 2, lr: 3e-3, batch: 128 };
    await buildFolder({ ...options, training });
    t.deepEqual(
      (await reportOf()).baselines.map(({ units, latentF1 }) => [units, latentF1.length]),
      [
        ["k-means", 64],
        ["random documents", 64],
      ],
    );
  });
});

test("documents without classes leave no report of the classes of before", async (t) => {
  await inFolder(async (folder) => {
    const training = { k: 3, n: 64, epochs: 2, lr: 3e-3, batch: 128 };
    const options = { ...(await smallCorpus(folder)), training };
    await buildFolder(options);
    const rows = (await readFile(options.corpus, "utf8")).trimEnd().split("\n");
    const bare = rows.map((row) => {
      const { id, title, text } = JSON.parse(row) as Record<string, string>;
      return JSON.stringify({ id, title, text });
    });
    await writeFile(options.corpus, `${bare.join("\n")}\n`);
    await buildFolder({ ...options, classTree: undefined });
    t.false((await readdir(options.dir)).includes("taxonomy.json"));
    t.is(await (await openStore(options.dir)).taxonomy(), undefined);
  });
});

test("a corpus of another length than its embeddings is refused, naming both", async (t) => {
  await inFolder(async (folder) => {
    const options = await smallCorpus(folder);
    const text = await readFile(options.corpus, "utf8");
    await writeFile(options.corpus, text.split("\n").slice(1).join("\n"));
    await t.throwsAsync(buildFolder(options), {
      instanceOf: FormatError,
      message: /documents\.jsonl: holds 599 documents, but embeddings\.npy has 600 rows/,
    });
  });
});

test("opening a folder without an atlas is refused, naming it", async (t) => {
  await inFolder(async (folder) => {
    await t.throwsAsync(openStore(folder), { instanceOf: FormatError, message: /no atlas here/ });
  });
});

(atLength ? test : test.skip)(
  "a build in tasks has the codes of one without, counts co-activation exactly and is not built again",
  async (t) => {
    await inFolder(async (folder) => {
      const options = await buildOnce("build", folder, smallCorpus);
      const schedule = { scheduler: "local" } as const;
      const tasks = { ...options, dir: path.join(folder, "tasks"), schedule };
      t.deepEqual((await buildFolder(tasks)).ran, STEPS);
      for (const name of ["labels.jsonl", "metrics.json"]) {
        const [one, other] = [options.dir, tasks.dir].map((dir) => readFile(path.join(dir, name)));
        t.deepEqual(await one, await other, name);
      }
      const [made, all] = [await readdir(path.join(tasks.dir, "tasks")), await readdir(tasks.dir)];
      t.deepEqual(made.sort(), ["codes", "labels", "plan.json", "totals"]);
      t.false(all.some((name) => name.startsWith("topk")));
      t.deepEqual((await buildFolder(tasks)).kept, STEPS);
      const [plain, exact] = [await openStore(options.dir), await openStore(tasks.dir)];
      t.deepEqual(await exact.codes(), await plain.codes());
      const [direct, counted] = [await plain.coactivation(), await exact.coactivation()];
      t.deepEqual({ ...counted, cosine: 0 }, { ...direct, cosine: 0 });
      t.true(counted.cosine.every((value, at) => Math.abs(value - direct.cosine[at]) < 1e-6));
      t.deepEqual(
        (await exact.families()).map(({ parent }) => parent),
        (await plain.families()).map(({ parent }) => parent),
      );
      await plain.close();
      await exact.close();
    });
  },
);
