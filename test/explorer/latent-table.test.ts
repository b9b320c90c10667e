import test from "ava";
import { readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { indexEvidence, openLatentTable } from "../../src/atlas/explorer/index.js";
import { openStore } from "../../src/atlas/index.js";
import { correctLabel } from "../../src/atlas/labels/index.js";
import { makeSampleAtlas } from "../support/atlases/sample-atlas.js";
import { inFolder } from "../support/folder.js";

/** A bound that every file is above. */
const ALL_LARGE = -1;

test("a large atlas is read by columns and line by line, and gives what all rows give, whatever was corrected, lost or damaged", async (t) => {
  await inFolder(async (folder) => {
    const dir = path.join(folder, "atlas");
    await makeSampleAtlas(dir);
    await correctLabel(dir, { latent: 5, label: "by hand", note: "seen" }, { device: "cpu" });
    const compare = async (what: string): Promise<string[]> => {
      const warnings: string[] = [];
      const store = await openStore(dir, { onWarning: (warning) => warnings.push(warning) });
      const [whole, large] = [
        await openLatentTable(store),
        await openLatentTable(store, ALL_LARGE),
      ];
      t.deepEqual(large.columns, whole.columns, what);
      for (const latent of [0, 5, 127]) {
        t.deepEqual(await large.row(latent), await whole.row(latent), what);
        t.deepEqual(await large.label(latent), await whole.label(latent), what);
      }
      t.is(await large.row(128), undefined);
      t.is((await large.row(5))?.label, "by hand");
      t.is(large.columns.label[5], "by hand");
      await store.close();
      return warnings;
    };
    t.deepEqual(await compare("as it was built"), []);
    const store = await openStore(dir);
    const [parquet, jsonl] = [store.file("catalogParquet"), store.file("catalogJsonl")];
    const bytes = await readFile(parquet);
    await writeFile(parquet, bytes.subarray(0, bytes.length - 100));
    t.regex((await compare("damaged columns")).join(), /catalog\.parquet: not the file/);
    await rm(parquet);
    await compare("without columns");
    const lines = (await readFile(jsonl, "utf8")).split("\n");
    await writeFile(jsonl, `\n${lines.join("\n")}`);
    t.regex((await compare("lines moved")).join(), /catalog\.jsonl: not the file/);
    await writeFile(jsonl, lines.filter((_, at) => at !== 5).join("\n"));
    const message = /catalog\.jsonl: expected latent 5, got 6/;
    await t.throwsAsync(openLatentTable(await openStore(dir), ALL_LARGE), { message });
  });
});

test("verdicts are counted in one pass, and one label's evidence is read from its own line", async (t) => {
  await inFolder(async (folder) => {
    const dir = path.join(folder, "atlas");
    await makeSampleAtlas(dir);
    const store = await openStore(dir);
    const none = await indexEvidence(store, 128);
    t.true(none.verdicts.every((count) => count === -1));
    t.is(await none.read("latent", 2), undefined);
    const verdict = (answer: boolean | null, set = "score", label = "birds"): object => ({
      ...{ id: "d", label, set, expected: true, answer, key: "k" },
    });
    const evidence = (of: string, latent: number, verdicts: object[]): object => ({
      ...{ of, latent, label: "birds", limit: { characters: 100 } },
      ...{ shown: [], explanations: [], verdicts },
    });
    const entries = [
      evidence("family", 2, [verdict(false)]),
      evidence("latent", 2, [
        ...[verdict(true), verdict(false), verdict(null)],
        ...[verdict(false, "validate"), verdict(false, "score", "dogs")],
      ]),
      evidence("latent", 500, []),
    ];
    // A blank line is a line.
    const text = entries.map((one) => JSON.stringify(one)).join("\n\n");
    await writeFile(store.file("evidence"), text);
    const { verdicts, read } = await indexEvidence(store, 128);
    t.deepEqual(
      [2, 128 + 2, 256 + 2, 3].map((at) => verdicts[at]),
      [3, 1, 1, -1],
    );
    t.deepEqual(await read("latent", 2), entries[1] as never);
    t.deepEqual(await read("family", 2), entries[0] as never);
    t.is(await read("latent", 3), undefined);
    const stale = await indexEvidence(store, 128);
    await writeFile(store.file("evidence"), `\n\n${text}`);
    t.is(await stale.read("latent", 2), undefined, "another label's line");
    const cut = await indexEvidence(store, 128);
    await writeFile(store.file("evidence"), `\n\n${text.replaceAll("birds", "birds of prey")}`);
    t.is(await cut.read("latent", 500), undefined, "the middle of a line");
  });
});
