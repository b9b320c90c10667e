import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import test from "ava";
import { parquetWriteBuffer } from "hyparquet-writer";
import { buildFolder, refreshLabels } from "../../src/atlas/steps/index.js";
import { type BuildOptions, buildAtlas, openAtlas } from "../../src/atlas/index.js";
import { formatCsv, readNpyMatrix, writeNpy, writeSafetensors } from "../../src/files/index.js";
import type { Embedder } from "../../src/corpus/index.js";
import { readFilter } from "../../src/search/index.js";
import { inFolder } from "../support/folder.js";
import { buildPlantedAtlas } from "../support/atlases/planted-atlas.js";

test("an atlas of a table with columns of its own and embeddings in another format is built, opened and refreshed", (t) =>
  inFolder(async (folder) => {
    const { dir, built, planted } = await buildPlantedAtlas(folder, {
      themes: 8,
      active: 50,
      documents: 600,
    });
    const plain = await openAtlas(dir, { device: "cpu" });
    const catalog = await plain.catalog();
    await plain.close();
    const corpus = path.join(folder, "papers.tsv");
    const rows = planted.documents.map(({ id, text }, i) => [
      `key ${id}`,
      i === 3 ? "" : `${text} é`,
      i % 2 === 0 ? "even; all" : "odd; all",
      2000 + (i % 5),
    ]);
    const names = ["Key", "Body = text", "Tags", "year"];
    await writeFile(corpus, Buffer.from(formatCsv(names, rows, { delimiter: "\t" }), "latin1"));
    const { rows: N, cols, data } = await readNpyMatrix(built.embeddings);
    const embeddings = path.join(folder, "embeddings.safetensors");
    await writeSafetensors(embeddings, new Map([["x", { shape: [N, cols], data }]]));
    const warnings: string[] = [];
    const columns = { id: "Key", text: "Body = text", classes: "Tags" };
    const other = path.join(folder, "other");
    const options = { ...built, dir: other, corpus, embeddings, columns };
    await buildFolder({ ...options, onWarning: (warning) => void warnings.push(warning) });
    t.regex(warnings.join("\n"), /papers\.tsv is not valid UTF-8 and is read as Windows-1252/);
    t.regex(warnings.join("\n"), /papers\.tsv: 1 document has no text/);

    const atlas = await openAtlas(other, { device: "cpu" });
    const documents = await atlas.documents();
    t.deepEqual(
      documents.slice(0, 2).map(({ id, text }) => [id, text]),
      rows.slice(0, 2).map(([id, text]) => [id, text]),
    );
    t.deepEqual(
      (await atlas.catalog()).map(({ density }) => density),
      catalog.map(({ density }) => density),
    );
    const holds = await readFilter({ year: "2003", where: "Tags=odd; all" }, documents, corpus);
    t.deepEqual([holds?.(3), holds?.(8)], [true, false]);
    const ofYear = await readFilter({ year: "2003" }, documents, corpus);
    t.deepEqual([ofYear?.(3), ofYear?.(4), ofYear?.(8)], [true, false, true]);
    await atlas.close();
    t.deepEqual((await buildFolder(options)).ran, []);
    t.deepEqual((await refreshLabels(other, { device: "cpu" })).ran, []);

    const shards = path.join(folder, "shards");
    await mkdir(shards);
    for (const [part, start] of [
      ["a", 0],
      ["b", 300],
    ] as const) {
      const some = planted.documents.slice(start, start === 0 ? 300 : undefined);
      const columnData = (["id", "text"] as const).map((name) => ({
        name,
        data: some.map((document) => document[name]),
        type: "STRING" as const,
      }));
      const bytes = new Uint8Array(parquetWriteBuffer({ columnData }));
      await writeFile(path.join(shards, `${part}.parquet`), bytes);
    }
    const third = { ...built, dir: path.join(folder, "third"), corpus: shards };
    await buildFolder(third);
    t.deepEqual((await buildFolder(third)).ran, []);
    const sharded = await openAtlas(third.dir, { device: "cpu" });
    t.deepEqual(
      (await sharded.documents()).map(({ id }) => id),
      planted.documents.map(({ id }) => id),
    );
    await sharded.close();
  }));

test("a build leaves out documents without a text, with their rows of given embeddings", (t) =>
  inFolder(async (folder) => {
    const { built, planted } = await buildPlantedAtlas(folder, {
      ...{ themes: 8, active: 50, documents: 200 },
    });
    const corpus = path.join(folder, "gaps.jsonl");
    const empty = new Set([0, 3, 199]);
    const lines = planted.documents.map(({ id, text }, i) =>
      JSON.stringify({ id, text: empty.has(i) ? [null, " "][i % 2] : text }),
    );
    await writeFile(corpus, lines.join("\n"));
    const { rows, cols, data } = await readNpyMatrix(built.embeddings);
    const kept = planted.documents.flatMap((_, i) => (empty.has(i) ? [] : [i]));
    const warnings: string[] = [];
    const onWarning = (warning: string): void => void warnings.push(warning);
    const common = {
      documentMap: false,
      device: "cpu" as const,
      sae: built.sae,
      k: built.k,
      skipEmpty: true,
    };
    const check = async (dir: string, given: Partial<BuildOptions>): Promise<void> => {
      const options = { ...common, dir, corpus, ...given };
      warnings.length = 0;
      const atlas = await buildAtlas({ ...options, onWarning });
      t.regex(warnings.join("\n"), /gaps\.jsonl: documents left out because they have no text: 3/);
      t.notRegex(warnings.join("\n"), /documents have no text/);
      t.deepEqual(
        (await atlas.documents()).map(({ id }) => id),
        kept.map((i) => planted.documents[i].id),
      );
      const found = await atlas.embeddings();
      t.is(found.rows, rows - 3);
      kept.forEach((i, row) => {
        t.deepEqual(
          found.data.slice(row * cols, (row + 1) * cols),
          data.slice(i * cols, (i + 1) * cols),
        );
      });
      await atlas.close();
      const again = await buildAtlas(options);
      t.deepEqual(again.built?.ran, []);
      await again.close();
      const opened = await openAtlas(dir, { onWarning });
      t.is((await opened.documents()).length, kept.length);
      await opened.close();
    };
    await check(path.join(folder, "all"), { embeddings: built.embeddings });
    const rest = path.join(folder, "rest.npy");
    const left = Float32Array.from(kept.flatMap((i) => [...data.slice(i * cols, (i + 1) * cols)]));
    await writeNpy(rest, { shape: [kept.length, cols], data: left, dtype: "f4" });
    await check(path.join(folder, "rest"), { embeddings: rest });
    const byText = new Map(planted.documents.map(({ text }, i) => [text, i]));
    const embedder: Embedder = {
      id: "planted",
      d: cols,
      embed: (texts) =>
        Promise.resolve({
          rows: texts.length,
          cols,
          data: Float32Array.from(
            texts.flatMap((text) => {
              const i = byText.get(text) ?? NaN;
              return [...data.slice(i * cols, (i + 1) * cols)];
            }),
          ),
        }),
    };
    await check(path.join(folder, "embedded"), { embedder });
  }));
