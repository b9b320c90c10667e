import test from "ava";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { createMatrix } from "../../src/core/index.js";
import { writeNpy } from "../../src/files/index.js";
import { createSae, saveSaeLens } from "../../src/sae/index.js";
import { readCatalog } from "../../src/catalog/index.js";
import { buildFolder } from "../../src/atlas/steps/index.js";
import { openStore } from "../../src/atlas/index.js";
import { inFolder } from "../support/folder.js";

test("an atlas of a ReLU SAE in SAELens's folder counts no empty slot", async (t) => {
  await inFolder(async (folder) => {
    // Latent f answers to dimension f alone; document i has dimensions i mod 8 and (i mod 8) + 1, every third a third one.
    const [N, d] = [64, 8];
    const embeddings = createMatrix(N, d);
    const expected = new Array<number>(d).fill(0);
    for (let i = 0; i < N; i++) {
      const active = [i % d, (i + 1) % d, ...(i % 3 === 0 ? [(i + 4) % d] : [])];
      for (const f of active) {
        embeddings.data[i * d + f] = 1;
        expected[f]++;
      }
    }
    const identity = createMatrix(
      d,
      d,
      Float32Array.from({ length: d * d }, (_, i) => (i % (d + 1) === 0 ? 1 : 0)),
    );
    const zeros = new Float32Array(d);
    const parts = { encoder: identity, decoder: identity, preBias: zeros, latentBias: zeros };
    const sae = path.join(folder, "sae");
    await saveSaeLens(sae, createSae({ ...parts, k: d, activation: { kind: "relu" } }));
    const file = (name: string): string => path.join(folder, name);
    await writeNpy(file("e.npy"), { shape: [N, d], data: embeddings.data, dtype: "f4" });
    const rows = Array.from({ length: N }, (_, i) =>
      JSON.stringify({ id: `d${i}`, title: `word${i % d}`, text: `word${i % d} of ${i}` }),
    );
    await writeFile(file("c.jsonl"), rows.join("\n"));
    const options = { dir: file("atlas"), corpus: file("c.jsonl"), embeddings: file("e.npy"), sae };
    const report = await buildFolder({ ...options, device: "cpu" });
    t.true(report.ran.includes("catalog"));
    const data = await openStore(options.dir);
    const { offsets } = await data.postings();
    t.deepEqual(
      expected.map((_, f) => offsets[f + 1] - offsets[f]),
      expected,
    );
    t.true(existsSync(path.join(options.dir, "catalog.parquet")));
    await data.close();
    t.deepEqual((await buildFolder({ ...options, device: "cpu" })).ran, []);
    // A person's label wins, reaches the catalog and survives the next run.
    const overrides = path.join(options.dir, "labels.overrides.jsonl");
    await writeFile(overrides, '{"latent": 2, "label": " the third word ", "note": "seen"}\n');
    const ran = (await buildFolder({ ...options, device: "cpu" })).ran;
    t.true(ran.includes("labels") && ran.includes("catalog") && !ran.includes("encode"));
    const row = (await readCatalog(path.join(options.dir, "catalog.jsonl")))[2];
    t.like(row, { label: "the third word", label_source: "human", label_note: "seen" });
    t.deepEqual((await buildFolder({ ...options, device: "cpu" })).ran, []);
    await writeFile(overrides, '{"latent": 8, "label": "no such latent"}\n');
    await t.throwsAsync(buildFolder({ ...options, device: "cpu" }), {
      message: /labels\.overrides\.jsonl: line 1: latent must be a whole number from 0 to 7, got 8/,
    });
  });
});
