import { mkdir, readdir, rm } from "node:fs/promises";
import path from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import test from "ava";
import { openDocumentSearch } from "../../src/atlas/search/index.js";
import { buildAtlas, openAtlas } from "../../src/index.js";
import { matrixRow, matrixRows } from "../../src/core/index.js";
import { readNpyMatrix, sha256File, writeNpy } from "../../src/files/index.js";
import type { Hit } from "../../src/search/index.js";
import { atLength } from "../support/campaign.js";
import { runCli } from "../support/cli/run-cli.js";
import { makeSmallAtlas } from "../support/atlases/small-atlas.js";
import { hashesOf, inFolder } from "../support/folder.js";

const ROWS = 300;
const SIZES = [100, 150, 50];

/** The rows of `embeddings` as shards: .npy, or Parquet with another column of lists beside. */
async function cut(embeddings: string, folder: string, kind: "npy" | "parquet"): Promise<void> {
  const whole = await readNpyMatrix(embeddings);
  await mkdir(folder);
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  let start = 0;
  for (const [i, size] of SIZES.entries()) {
    const { rows, cols, data } = matrixRows(whole, start, start + size);
    if (kind === "npy") {
      await writeNpy(path.join(folder, `${i}.npy`), { shape: [rows, cols], data, dtype: "f4" });
    } else {
      const list = (row: number): string =>
        `'[${Array.from(matrixRows(whole, start + row, start + row + 1).data).join(",")}]'`;
      const rowsText = Array.from({ length: size }, (_, row) => `(${list(row)}, [1, 2])`).join(",");
      await connection.run(
        `copy (select a::float[] as body, b as title from (values ${rowsText}) t(a, b)) to '${path.join(folder, `${i}.parquet`)}'`,
      );
    }
    start += size;
  }
  connection.closeSync();
  instance.closeSync();
}

(atLength ? test : test.skip)(
  "an atlas of shards has the families, catalog and searches of the atlas of one file",
  async (t) => {
    await inFolder(async (folder) => {
      const one = await makeSmallAtlas(folder, ROWS);
      t.is((await runCli(["map", "--of", "documents", "--atlas", one])).code, 0);
      const file = (name: string): string => path.join(folder, name);
      await cut(file("embeddings.npy"), file("npy"), "npy");
      await cut(file("embeddings.npy"), file("parquet"), "parquet");
      const common = [
        "build",
        "--corpus",
        file("corpus.jsonl"),
        "--sae",
        path.join(one, "sae.safetensors"),
      ];
      const call = [...common, "--k", "4", "--no-figures", "--engine", "cpu"];
      for (const [kind, more] of [
        ["npy", ["--workers", "2", "--threads", "1"]],
        ["parquet", ["--embedding-column", "body"]],
      ] as const) {
        const dir = file(`atlas-${kind}`);
        const build = [...call, ...more, "--embeddings", file(kind), "--out", dir];
        const { code, stderr } = await runCli(build);
        t.is(code, 0, stderr);
        t.deepEqual((await readdir(path.join(dir, "codes"))).length, SIZES.length + 1);
        for (const name of ["families.json", "catalog.jsonl", "labels.jsonl", "map.npy"]) {
          const [hash, other] = [
            await sha256File(path.join(dir, name)),
            await sha256File(path.join(one, name)),
          ];
          t.is(hash, other, `${kind}: ${name}`);
        }
        const [ours, theirs] = [await openAtlas(dir), await openAtlas(one)];
        try {
          t.deepEqual(await ours.codes(), await theirs.codes());
          t.deepEqual(await ours.embeddings(), await theirs.embeddings());
          for (const once of [true, false]) {
            const query = matrixRow(await ours.embeddings(), 107);
            const [hits, expected] = [
              await ours.search(query, { once }),
              await theirs.search(query, { once }),
            ];
            t.deepEqual(hits.hits, expected.hits);
            const large = await openDocumentSearch(ours.store, { once, mostInMemory: 0 });
            const found = (await large.search(query)).hits;
            await large.close();
            const plain = ({ row, score }: Hit): Hit => ({ row, score });
            t.deepEqual(found, hits.hits.map(plain));
            t.is((await readdir(path.join(dir, "search-index"))).length, SIZES.length);
          }
          const query = matrixRow(await ours.embeddings(), 107);
          const edits = { more: [1], less: [2], method: "documents" } as const;
          t.deepEqual(
            (await ours.search(query, edits)).hits,
            (await theirs.search(query, edits)).hits,
          );
          t.deepEqual(
            { ...(await ours.explain(query, 3)) },
            { ...(await theirs.explain(query, 3)) },
          );
          const sites = [file(`site-${kind}`), file(`site-${kind}-one`)];
          await ours.export("site", sites[0]);
          await theirs.export("site", sites[1]);
          const [site, other] = sites.map((folder) => hashesOf(path.join(folder, "data")));
          t.true(Object.keys(site).length > 10);
          // It names the atlas.
          delete site["index.json"];
          delete other["index.json"];
          t.deepEqual(site, other);
        } finally {
          await ours.close();
          await theirs.close();
        }
        const again = await runCli([...build, "--json"]);
        t.deepEqual((JSON.parse(again.stdout) as { ran: string[] }).ran, []);
      }
    });
  },
);

test("an atlas goes from one file to shards and back", async (t) => {
  await inFolder(async (folder) => {
    const dir = await makeSmallAtlas(folder, ROWS);
    const file = (name: string): string => path.join(folder, name);
    await cut(file("embeddings.npy"), file("shards"), "npy");
    const options = {
      dir,
      corpus: file("corpus.jsonl"),
      device: "cpu",
      documentMap: false,
      training: { k: 4, n: 32, epochs: 4, lr: 0.002 },
    } as const;
    await (await buildAtlas({ ...options, embeddings: file("shards") })).close();
    t.false((await readdir(dir)).some((name) => name.startsWith("topk")));
    t.true((await readdir(path.join(dir, "codes"))).includes("shards.json"));
    const back = await buildAtlas({ ...options, embeddings: file("embeddings.npy") });
    t.is((await back.codes()).rows, ROWS);
    await back.close();
    t.false((await readdir(dir)).includes("codes"));
    await rm(file("shards"), { recursive: true });
  });
});
