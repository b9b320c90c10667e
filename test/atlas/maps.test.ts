import test from "ava";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { type Atlas, type AtlasOptions, buildAtlas, openAtlas } from "../../src/atlas/index.js";
import { atlasFiles } from "../../src/atlas/explorer/index.js";
import { FormatError, createMatrix, matrixRows } from "../../src/core/index.js";
import type { PageIndex } from "../../src/explorer/index.js";
import { familyName } from "../../src/records/index.js";
import { readMatrix, writeNpy } from "../../src/files/index.js";
import { inFolder } from "../support/folder.js";
import { runCli } from "../support/cli/run-cli.js";
import { buildOnce, writeSmallCorpus } from "../support/atlases/small-corpus.js";

const DOCUMENTS = 500;

async function optionsIn(folder: string, documentMap?: boolean): Promise<AtlasOptions> {
  return {
    dir: path.join(folder, "atlas"),
    ...(await writeSmallCorpus(folder, DOCUMENTS)),
    training: { k: 4, n: 64, epochs: 4, lr: 3e-3, batch: 128 },
    device: "cpu",
    documentMap,
  };
}

async function build(folder: string, documentMap?: boolean): Promise<Atlas> {
  const name = `maps-${documentMap ?? "default"}`;
  return buildAtlas(await buildOnce(name, folder, (into) => optionsIn(into, documentMap)));
}

async function pageOf(atlas: Atlas): Promise<{ placedBy: string; points: Float32Array }> {
  const files = await atlasFiles(atlas.store);
  const index = JSON.parse(Buffer.from(await files.file("index.json")).toString()) as PageIndex;
  const bytes = (await files.file("points.f32")).slice();
  return { placedBy: index.placedBy, points: new Float32Array(bytes.buffer) };
}

test("documents have a map of their own, measured beside chance, which the explorer shows", async (t) => {
  await inFolder(async (folder) => {
    const atlas = await build(folder);
    const places = await atlas.documentPlaces();
    t.is(places?.rows, DOCUMENTS);
    for (const of of ["latents", "documents"] as const) {
      const quality = await atlas.mapQuality(of);
      t.log(of, quality);
      t.is(quality?.recall, 1);
      t.true((quality?.neighbours_kept ?? 0) > 2 * (quality?.random_neighbours_kept ?? 1));
      const { trustworthiness = 0, random_trustworthiness: random = 1 } = quality ?? {};
      t.true(trustworthiness > random + 0.2);
    }
    const page = await pageOf(atlas);
    t.is(page.placedBy, "embeddings");
    t.deepEqual(page.points, places?.data);
    await atlas.close();
  });
});

test("documents are drawn by family, by class and by any column", async (t) => {
  await inFolder(async (folder) => {
    const atlas = await build(folder);
    const groupsOf = async (by?: string): Promise<Set<string>> => {
      const { data } = await atlas.figure("document-map", { by });
      const traces = data as unknown as { customdata: [number, string, string][] }[];
      t.is(traces.flatMap(({ customdata }) => customdata).length, DOCUMENTS);
      return new Set(traces.flatMap(({ customdata }) => customdata.map((point) => point[2])));
    };
    const classes = await groupsOf();
    t.true(classes.size > 3, [...classes].join(", "));
    const names = (await atlas.families()).map(familyName);
    const found = [...(await groupsOf("family"))].map((name) => name.replaceAll("<br>", " "));
    t.true(found.length > 1 && found.every((name) => name === "none" || names.includes(name)));
    const error = await t.throwsAsync(atlas.figure("document-map", { by: "yeer" }));
    t.regex(error?.message ?? "", /by: expected one of family, .*, got "yeer"/);
    await atlas.close();
  });
});

test("a build without it places documents by their latents, and map makes it later", async (t) => {
  await inFolder(async (folder) => {
    const atlas = await build(folder, false);
    t.is(await atlas.documentPlaces(), undefined);
    t.is(await atlas.mapQuality("documents"), undefined);
    t.is((await pageOf(atlas)).placedBy, "latents");
    const rows = matrixRows(await atlas.embeddings(), 0, 3);
    await t.throwsAsync(atlas.place(rows), {
      message:
        /the documents have no map: make it with `feature-families map --of documents --atlas/,
    });
    await atlas.measureStability({ resamples: 2, seeds: 0 });
    t.is(await atlas.documentPlaces(), undefined, "what was not asked for is not made");
    t.deepEqual((await atlas.map("documents")).ran, ["document-map"]);
    t.deepEqual((await atlas.map("documents")).ran, []);
    t.is((await atlas.documentPlaces())?.rows, DOCUMENTS);
    t.is((await pageOf(atlas)).placedBy, "embeddings");
    await atlas.close();
    const again = await buildAtlas(await optionsIn(folder, false));
    t.is(await again.documentPlaces(), undefined);
    t.false(existsSync(again.store.file("documentMap")));
    await again.close();
  });
});

test("new documents are placed where they would be, and the map stays", async (t) => {
  await inFolder(async (folder) => {
    const atlas = await build(folder);
    const places = await atlas.documentPlaces();
    const before = places?.data.slice();
    const rows = matrixRows(await readMatrix(atlas.store.paths.embeddings), 0, 40);
    rows.data.fill(0, 39 * rows.cols);
    const placed = await atlas.place(rows);
    t.deepEqual(placed, await atlas.place(rows), "the same bytes each time");
    t.deepEqual((await atlas.documentPlaces())?.data, before);
    const gaps = Array.from({ length: 39 }, (_, i) =>
      Math.hypot(
        placed.data[2 * i] - (before?.[2 * i] ?? NaN),
        placed.data[2 * i + 1] - (before?.[2 * i + 1] ?? NaN),
      ),
    );
    // Not at the very place, as each is its own nearest neighbour but moves on from the mean of all fifteen.
    const extent = Math.max(...(before ?? []).map(Math.abs));
    t.true(gaps.filter((gap) => gap < extent / 4).length > 35, gaps.join(" "));
    t.true(placed.data.subarray(78).every(Number.isNaN));
    await t.throwsAsync(atlas.place(createMatrix(1, 3)), { instanceOf: RangeError });
    const file = path.join(folder, "new.npy");
    await writeNpy(file, { shape: [40, rows.cols], data: rows.data, dtype: "f4" });
    const out = path.join(folder, "places.npy");
    const call = ["map", "--atlas", atlas.dir, "--place", file, "--out", out];
    const { code } = await runCli([...call, "--engine", "cpu"]);
    t.is(code, 0);
    t.deepEqual((await readMatrix(out)).data, placed.data);
    await atlas.close();
  });
});

test("a damaged map of documents is an error that names the file", async (t) => {
  await inFolder(async (folder) => {
    const atlas = await build(folder);
    await atlas.close();
    await writeNpy(atlas.store.file("documentMap"), {
      shape: [3, 2],
      data: new Float32Array(6),
      dtype: "f4",
    });
    await writeFile(atlas.store.file("documentMapQuality"), "{}");
    const opened = await openAtlas(atlas.dir);
    await t.throwsAsync(opened.documentPlaces(), {
      instanceOf: FormatError,
      message: /document-map\.npy/,
    });
    await t.throwsAsync(opened.mapQuality("documents"), {
      instanceOf: FormatError,
      message: /document-map-quality\.json/,
    });
    await opened.close();
  });
});
