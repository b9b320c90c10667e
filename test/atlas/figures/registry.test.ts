import test from "ava";
import { existsSync } from "node:fs";
import { cp, readFile } from "node:fs/promises";
import path from "node:path";
import { readNpyMatrix } from "../../../src/files/index.js";
import { trainGrid } from "../../../src/sae/index.js";
import { buildFolder } from "../../../src/atlas/steps/index.js";
import { openStore, type AtlasOptions } from "../../../src/atlas/index.js";
import {
  drawFigures,
  writeFigures,
  FIGURES,
  listFigures,
  figureSources,
  trainSmallGrid,
} from "../../../src/atlas/figures/index.js";
import { findFigures, overlaidFigures } from "../../../src/atlas/figures/index.js";
import { atLength } from "../../support/campaign.js";
import { inFolder } from "../../support/folder.js";
import { buildOnce, writeSmallCorpus } from "../../support/atlases/small-corpus.js";

async function smallCorpus(folder: string, documents = 500): Promise<AtlasOptions> {
  const classTree = path.join(folder, "classes.jsonl");
  await cp("data/wordnet/classes.jsonl", classTree);
  return {
    ...(await writeSmallCorpus(folder, documents)),
    dir: path.join(folder, "atlas"),
    classTree,
    documentMap: false,
    training: { k: 4, n: 96, epochs: 8, lr: 3e-3, batch: Math.min(128, documents) },
    device: "cpu",
  };
}

test("every figure has one name, and an unknown one is refused with those there are", (t) => {
  const names = FIGURES.map(({ name }) => name);
  t.is(new Set(names).size, names.length);
  for (const name of names) t.regex(name, /^[a-z][a-z0-9-]*$/);
  for (const name of names) t.false(name.startsWith("paper-"));
  t.throws(() => findFigures(["latent-map", "none"]), {
    instanceOf: RangeError,
    message: /unknown figure "none", expected one of latent-map, /,
  });
});

test("a figure's name of earlier versions leads to the figure and the option that replace it", (t) => {
  for (const [old, now] of [
    ["paper-scaling-law", "scaling-law"],
    ["paper-family-sizes", "family-sizes"],
    ["paper-label-scores", "label-scores-by-k"],
    ["paper-steering-accuracy", "steering-tradeoff"],
  ]) {
    t.throws(() => findFigures([old]), {
      instanceOf: RangeError,
      message: new RegExp(`${old} is now ${now} with the paper's numbers: use --paper`),
    });
    t.is(findFigures([now], { paper: true }).length, 1);
  }
  t.throws(() => findFigures(["loss-curve"], { paper: true }), {
    message: /the paper has no numbers for loss-curve, only for .*scaling-law/,
  });
});

const atLengthOnly = atLength ? test : test.skip;

atLengthOnly(
  "an atlas alone gives its own figures, with a grid those of several SAEs too, twice the same bytes",
  async (t) => {
    await inFolder(async (folder) => {
      const options = await buildOnce("figures", folder, smallCorpus);
      const atlas = await openStore(options.dir);
      const alone = await listFigures(figureSources(atlas));
      const missing = new Map(alone.map(({ name, missing }) => [name, missing]));
      t.is(missing.get("latent-map"), undefined);
      t.regex(missing.get("scaling-law") ?? "", /needs a grid of SAEs: --grid/);
      t.regex(missing.get("max-cosine-by-k") ?? "", /needs two SAEs or more/);
      await t.throwsAsync(drawFigures(atlas, ["scaling-law"]), {
        message: /scaling-law cannot be drawn: needs a grid/,
      });

      const [{ parent, label }] = await atlas.families();
      const byNumber = await drawFigures(atlas, ["family-tree"], { family: parent });
      const byName = await drawFigures(atlas, ["family-tree"], { family: label?.text ?? "" });
      t.is(byName[0].title, byNumber[0].title);
      await t.throwsAsync(drawFigures(atlas, ["family-tree"], { family: "no such words" }), {
        message: /no family "no such words"/,
      });

      const grid = path.join(folder, "grid");
      await trainGrid(await readNpyMatrix(options.embeddings), {
        ...{ k: [2, 3, 4], n: [24, 32, 48], epochs: 1, batch: 128, ownSeeds: true },
        folder: grid,
      });
      let opened = 0;
      const sources = figureSources(atlas, {
        grid: () => {
          opened++;
          return Promise.resolve(grid);
        },
      });
      const listed = await listFigures(sources);
      t.is(opened, 0, "a list trains nothing");
      const names = listed.filter(({ missing }) => missing === undefined).map(({ name }) => name);
      const figures = await drawFigures(sources, names, { size: "column" });
      t.deepEqual(
        figures.map(({ name }) => name),
        names,
      );
      t.is(opened, 1);
      const law = figures.find(({ name }) => name === "scaling-law");
      t.is(law?.title, "Error by size (9 SAEs, 1 passes over the documents)");
      const overlaid = await drawFigures(sources, overlaidFigures(), {
        size: "column",
        paper: true,
      });
      t.deepEqual(
        overlaid.map(({ name }) => name),
        overlaidFigures().map((name) => `${name}-paper`),
      );
      const theirs = overlaid.find(({ name }) => name === "steering-tradeoff-paper");
      t.regex(theirs?.title ?? "", /the paper's alone/, "without an evaluation of one's own");
      const panels = overlaid.find(({ name }) => name === "max-cosine-by-k-paper");
      t.regex(JSON.stringify(panels?.layout), /k 2 \(paper: k 16\).*paper 0\.93/);

      const some = ["density-panels", "max-cosine-headline", "scaling-law"];
      const [first, second] = [path.join(folder, "first"), path.join(folder, "second")];
      const files = await writeFigures(sources, first, {
        names: some,
        size: "column",
        paper: true,
      });
      t.is(files.length, 6);
      await writeFigures(sources, second, {
        ...{ names: [...some].reverse(), size: "column", paper: true },
      });
      for (const file of files) {
        const again = path.join(second, path.basename(file));
        t.true((await readFile(file)).equals(await readFile(again)), file);
      }
      await atlas.close();
    });
  },
);

test("SAEs given as files are compared with the atlas's own, and what they lack is told", async (t) => {
  await inFolder(async (folder) => {
    const options = await buildOnce("figures", folder, smallCorpus);
    const grid = path.join(folder, "grid");
    await trainGrid(await readNpyMatrix(options.embeddings), {
      ...{ k: [4], n: [24, 32], epochs: 1, batch: 128 },
      folder: grid,
    });
    const atlas = await openStore(options.dir);
    const saeFiles = ["sae_4_24_8", "sae_4_32_8"].map((name) =>
      path.join(grid, `${name}.safetensors`),
    );
    const sources = figureSources(atlas, { saeFiles });
    t.deepEqual(
      (await sources.saes()).map(({ name }) => name),
      ["sae_4_24_8: k 4, n 24", "sae_4_32_8: k 4, n 32", "k 4, n 96"],
    );
    const undrawn: string[] = [];
    await writeFigures(sources, path.join(folder, "figures"), {
      names: ["max-cosine-by-k", "max-cosine-by-n", "scaling-law"],
      formats: ["svg"],
      onUndrawn: (name, reason) => undrawn.push(`${name}: ${reason}`),
    });
    t.deepEqual(undrawn, [
      "scaling-law: needs a grid of SAEs: --grid-folder, as `train --grid` writes it",
      "max-cosine-by-n: needs SAEs of equal n and different k: --grid-folder",
    ]);
    await atlas.close();
  });
});

test("a figure that fails costs no other", async (t) => {
  await inFolder(async (folder) => {
    const options = await smallCorpus(folder, 40);
    await buildFolder(options);
    const atlas = await openStore(options.dir);
    const broken = figureSources(atlas, {
      grid: () => Promise.reject(new RangeError("no grid of 40")),
    });
    const undrawn: string[] = [];
    const names = ["latent-map", "scaling-law", "density-panels"];
    const rest = { names, size: "column", formats: ["svg"] } as const;
    const files = await writeFigures(broken, folder, {
      ...rest,
      onUndrawn: (name, reason) => undrawn.push(`${name}: ${reason}`),
    });
    t.deepEqual(undrawn.sort(), ["density-panels: no grid of 40", "scaling-law: no grid of 40"]);
    t.deepEqual(files, [path.join(folder, "latent-map.svg")]);
    const second = path.join(folder, "second");
    await t.throwsAsync(writeFigures(broken, second, rest), {
      message: /cannot be drawn: .*: no grid of 40; .*: no grid of 40/,
    });
    t.true(existsSync(path.join(second, "latent-map.svg")), "the rest is drawn before the error");
    await atlas.close();
  });
});

atLengthOnly("a small grid of few documents is trained to SAEs better than the mean", async (t) => {
  await inFolder(async (folder) => {
    const options = await smallCorpus(folder, 40);
    await buildFolder(options);
    const atlas = await openStore(options.dir);
    const sources = figureSources(atlas, { grid: () => trainSmallGrid(atlas) });
    const { rows } = (await sources.grid()) ?? { rows: [] };
    t.is(rows.length, 9);
    for (const { k, n, normalized_mse } of rows) {
      t.true(normalized_mse < 1, `k ${k}, n ${n}: ${normalized_mse}`);
    }
    await atlas.close();
  });
});
