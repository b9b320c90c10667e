import test from "ava";
import { DuckDBInstance } from "@duckdb/node-api";
import { parquetReadObjects } from "hyparquet";
import { readFileSync, readdirSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import { createCodes, createMatrix, invertCodes } from "../../src/core/index.js";
import { forestToGexf } from "../../src/families/index.js";
import { readSafetensors } from "../../src/files/index.js";
import { type CatalogRow, buildCatalog, catalogToParquet } from "../../src/catalog/index.js";
import {
  exportDelphi,
  catalogToFlatParquet,
  type ExportInputs,
  documentTokens,
  exportNeuronpedia,
} from "../../src/exports/index.js";
import { inFolder } from "../support/folder.js";

const HOSTILE = "</script>\u0000 'x' \"y\" <b>";

/** 4 documents, 5 latents, k 2; latent 3 only fills a slot with 0, latent 4 is dead. */
function inputs(): ExportInputs {
  const codes = createCodes(
    4,
    2,
    5,
    Uint32Array.of(0, 1, 0, 1, 0, 2, 2, 3),
    Float32Array.of(0.5, 0.25, 0.75, 0.5, 0.125, 0.1, 1, 0),
  );
  const postings = invertCodes(codes, { skipZeros: true });
  const documents = [
    { id: "0004001", title: "first", text: "first text of words" },
    { id: "b", title: HOSTILE, text: HOSTILE },
    { id: "c", title: "", text: "word ".repeat(3000) },
    { id: "d", title: "last", text: "" },
  ];
  const rows = buildCatalog({
    postings,
    documents,
    labels: [
      {
        of: "latent",
        id: 0,
        text: HOSTILE,
        source: "keywords",
        scores: [{ name: "f1", value: 0.5, n: 4 }],
      },
      { of: "latent", id: 2, text: "two", source: "llm", scores: [], model: "m" },
    ],
    families: [
      {
        parent: 0,
        label: { of: "family", id: 0, text: HOSTILE, source: "human", scores: [] },
        members: [{ latent: 1 }],
      },
    ],
    places: createMatrix(5, 2, Float32Array.of(0, 1, 2, 3, 4, 5, 6, 7, NaN, NaN)),
  });
  const decoder = createMatrix(
    5,
    3,
    Float32Array.from({ length: 15 }, (_, i) => i),
  );
  const date = "2024-08-01T00:00:00.000Z";
  return { rows, postings, documents, decoder, name: "tiny", embedder: "use/lite", date };
}

type Line = Record<string, unknown>;

function lines(file: string): Line[] {
  const bytes = readFileSync(file);
  const text = (file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
  if (text.includes("\\u0000")) throw new Error("NUL, which the importer's database refuses");
  return text
    .trimEnd()
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Line);
}

test("Neuronpedia's importer finds its files, with every column on the first line", async (t) => {
  await inFolder(async (out) => {
    const folder = await exportNeuronpedia(out, inputs(), { batch: 2 });
    t.is(folder, path.join(out, "use-lite", "0-tiny"));
    t.deepEqual(readdirSync(folder).sort(), [
      "activations",
      "config.json",
      "explanations",
      "features",
      "model.jsonl",
      "release.jsonl",
      "source.jsonl",
      "sourceset.jsonl",
    ]);
    for (const kind of ["features", "activations", "explanations"]) {
      t.deepEqual(readdirSync(path.join(folder, kind)).sort(), [
        "batch-0.jsonl.gz",
        "batch-1.jsonl.gz",
        "batch-2.jsonl.gz",
      ]);
      const all = [0, 1, 2].flatMap((i) => lines(path.join(folder, kind, `batch-${i}.jsonl.gz`)));
      for (const line of all) t.deepEqual(Object.keys(line), Object.keys(all[0]), kind);
    }
    const [model] = lines(path.join(folder, "model.jsonl"));
    const [source] = lines(path.join(folder, "source.jsonl"));
    const [set] = lines(path.join(folder, "sourceset.jsonl"));
    const [release] = lines(path.join(folder, "release.jsonl"));
    t.like(model, { id: "use-lite", displayName: "use/lite", layers: 1 });
    t.like(source, { id: "0-tiny", modelId: "use-lite", setName: "tiny" });
    t.is(set.name, source.setName);
    t.is(set.releaseName, release.name);
  });
});

test("Neuronpedia gets features, document-level activations and labels", async (t) => {
  await inFolder(async (out) => {
    const folder = await exportNeuronpedia(out, inputs());
    const read = (kind: string): Line[] => lines(path.join(folder, kind, "batch-0.jsonl.gz"));
    const features = read("features");
    t.is(features.length, 5);
    t.like(features[1], { index: "1", layer: "0-tiny", vector: [3, 4, 5], frac_nonzero: 0.5 });
    const heights = features[0].freq_hist_data_bar_heights as number[];
    t.is(
      heights.reduce((a, b) => a + b),
      3,
    );
    const activations = read("activations");
    t.is(activations.length, 7);
    t.is(new Set(activations.map(({ id }) => id)).size, 7);
    for (const line of activations) {
      t.regex(String(line.id), /^c[0-9a-z]{24}$/);
      const [tokens, values] = [line.tokens as string[], line.values as number[]];
      t.true(tokens.length >= 1 && tokens.length <= 1024);
      t.is(values.length, tokens.length);
      t.is(line.qualifyingTokenIndex, tokens.length - 1);
      t.is(values[tokens.length - 1], Number(line.maxValue));
      t.is(line.dataSource, "document-level");
    }
    t.deepEqual(
      activations.filter(({ index }) => index === "0").map(({ maxValue }) => maxValue),
      [0.75, 0.5, 0.125],
    );
    const explanations = read("explanations");
    t.deepEqual(
      explanations.map(({ index, description }) => [index, description]),
      [
        ["0", HOSTILE.replace("\u0000", " ")],
        ["2", "two"],
      ],
    );
    t.like(explanations[1], { explanationModelName: "m", typeName: "np_max-act" });
  });
});

test("the same atlas exported twice gives the same bytes", async (t) => {
  await inFolder(async (out) => {
    const bytes = async (name: string): Promise<string[]> => {
      const folder = await exportNeuronpedia(path.join(out, name), inputs());
      await exportDelphi(folder, inputs());
      return readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => readFileSync(path.join(entry.parentPath, entry.name)).toString("hex"));
    };
    t.deepEqual(await bytes("a"), await bytes("b"));
  });
});

test("tokens joined give the text again, and a name that climbs is refused", async (t) => {
  t.is(documentTokens(" a  b\nc").join(""), " a  b\nc");
  t.deepEqual(documentTokens(""), [""]);
  for (const name of ["../x", "a/b", ""]) {
    await t.throwsAsync(exportNeuronpedia("never", { ...inputs(), name }), {
      instanceOf: RangeError,
    });
    await t.throwsAsync(exportDelphi("never", { ...inputs(), name }), { instanceOf: RangeError });
  }
});

test("delphi's cache gives every activation back, and its explanations", async (t) => {
  await inFolder(async (out) => {
    const files = await exportDelphi(out, inputs(), { splits: 2, context: 8 });
    t.deepEqual(
      files.map((file) => path.relative(out, file)),
      ["latents/embedding/0_1.safetensors", "latents/embedding/2_4.safetensors"],
      "the end is inclusive",
    );
    const cells: number[][] = [];
    for (const file of files) {
      const start = Number(path.basename(file).split("_")[0]);
      const { tensors } = await readSafetensors(file);
      const [locations, activations, tokens] = ["locations", "activations", "tokens"].map((name) =>
        tensors.get(name)!,
      );
      t.is(locations.dtype, "uint16");
      t.is(activations.dtype, "float16");
      t.deepEqual([tokens.dtype, ...tokens.shape], ["int64", 4, 8]);
      for (let i = 0; i < activations.data.length; i++) {
        const [row, position, latent] = [0, 1, 2].map((j) => Number(locations.data[3 * i + j]));
        t.is(position, 0);
        cells.push([latent + start, row, Number(activations.data[i])]);
      }
    }
    cells.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    const expected = [
      [0, 0, 0.5],
      [0, 1, 0.75],
      [0, 2, 0.125],
      [1, 0, 0.25],
      [1, 1, 0.5],
      [2, 2, 0.1],
      [2, 3, 1],
    ];
    t.deepEqual(
      cells.map(([latent, row]) => [latent, row]),
      expected.map(([latent, row]) => [latent, row]),
    );
    cells.forEach(([, , value], i) => t.true(Math.abs(value - expected[i][2]) < 1e-4));
    const text = readFileSync(path.join(out, "explanations/embedding_latent2.txt"), "utf8");
    t.is(JSON.parse(text), "two");
    const config = JSON.parse(
      readFileSync(path.join(out, "latents/embedding/config.json"), "utf8"),
    ) as Line;
    t.like(config, { n_splits: 2, cache_ctx_len: 8, n_tokens: 32, model_name: "use/lite" });
  });
});

test("a split without an activation, on which delphi fails, is refused", async (t) => {
  await inFolder(async (out) => {
    await t.throwsAsync(exportDelphi(out, inputs(), { splits: 5 }), {
      instanceOf: RangeError,
      message: /no latent from 3 to 3 is ever active/,
    });
    await t.throwsAsync(exportDelphi(out, inputs(), { splits: 6 }), { instanceOf: RangeError });
  });
});

async function query(sql: string): Promise<unknown[][]> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  try {
    return (await connection.runAndReadAll(sql)).getRowsJson();
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

test("DuckDB reads both Parquet files, the flat one without a nested column", async (t) => {
  const { rows } = inputs();
  await inFolder(async (folder) => {
    const [flat, whole] = ["flat.parquet", "whole.parquet"].map((name) => path.join(folder, name));
    await writeFile(flat, catalogToFlatParquet(rows));
    await writeFile(whole, catalogToParquet(rows));
    t.deepEqual(await query(`select id, x, y, label, family_name from '${flat}' order by id`), [
      [0, 0, 1, HOSTILE, HOSTILE],
      [1, 2, 3, "latent 1", HOSTILE],
      [2, 4, 5, "two", null],
      [3, 6, 7, "latent 3", null],
    ]);
    const types = await query(
      `select distinct column_type from (describe select * from '${flat}')`,
    );
    t.deepEqual(types.flat().sort(), ["DOUBLE", "INTEGER", "VARCHAR"]);
    t.deepEqual(
      await query(
        `select index, families[1].name, len(top_documents) from '${whole}' where index < 2`,
      ),
      [
        [0, HOSTILE, "3"],
        [1, HOSTILE, "2"],
      ],
    );
  });
});

test("the flat Parquet has what a map viewer asks for", async (t) => {
  const bytes = catalogToFlatParquet(inputs().rows);
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
  const read = await parquetReadObjects({ file });
  t.is(read.length, 4, "the latent without a place is left out");
  for (const row of read as unknown as CatalogRow[]) {
    t.true(Number.isFinite(row.x) && Number.isFinite(row.y));
    t.is(typeof (row as unknown as { text: string }).text, "string");
  }
});

test("GEXF names every latent once and leads from parent to child", (t) => {
  const text = forestToGexf(
    {
      nodes: Uint32Array.of(0, 1, 2),
      from: Uint32Array.of(0, 0),
      to: Uint32Array.of(1, 2),
      weight: Float32Array.of(0.5, 0.25),
    },
    {
      label: () => HOSTILE,
      densities: [0.1, 0.01, 0],
      families: [{ parent: 0, members: [{ latent: 1, parent: 0, depth: 1 }], pass: 0 }] as never,
    },
  );
  t.is(text.match(/<node /g)?.length, 3);
  t.deepEqual(
    [...text.matchAll(/<edge id="(\d)" source="(\d)" target="(\d)" weight="([\d.]+)"/g)].map((m) =>
      m.slice(1),
    ),
    [
      ["0", "0", "1", "0.5"],
      ["1", "0", "2", "0.25"],
    ],
  );
  t.notRegex(text, /<b>|<\/script/);
  t.true(text.includes('<attvalue for="1" value="-1"/>'));
});
