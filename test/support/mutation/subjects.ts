import { mkdirSync, readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import {
  Field,
  Float32,
  Int32,
  Int64,
  List,
  Table,
  type Vector,
  tableToIPC,
  vectorFromArray,
} from "apache-arrow";
import { parquetWriteBuffer } from "hyparquet-writer";
import { openModelFolder, readClassTree, readCorpus } from "../../../src/corpus/index.js";
import { fromFamiliesJson, parseGraphml } from "../../../src/families/index.js";
import {
  codesShardName,
  createCodesShard,
  encodeNpy,
  encodeSafetensors,
  openMatrix,
  readCodes,
  readJson,
  readMatrix,
  readNpy,
  readNpz,
  readSafetensors,
  readText,
  readTorch,
  streamParquetRows,
  writeNpy,
} from "../../../src/files/index.js";
import { makeZip } from "../zip.js";
import { createCodes } from "../../../src/core/index.js";
import { readCheckpoint, saveSae } from "../../../src/sae/index.js";
import {
  makePlan,
  readPlan,
  streamEncode,
  streamPairs,
  streamTotal,
} from "../../../src/tasks/index.js";
import { randomSae } from "../embeddings.js";
import { readCatalog, readLabelImport } from "../../../src/catalog/index.js";

/** A file and how it is read. */
export interface Subject {
  name: string;
  /** The file that is damaged, among those of `folder`. */
  file: string;
  /** A folder that is copied, so that the files beside it are there. */
  folder?: string;
  bytes?: Uint8Array;
  read: (file: string) => Promise<unknown>;
}

const MODEL = "test/fixtures/models/wordpiece-mean";
const SAES = "test/fixtures/saes";

function saeSubjects(): Subject[] {
  return readdirSync(SAES, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => {
      const folder = path.join(SAES, name);
      return readdirSync(folder).map((file): Subject => {
        const alone = readdirSync(folder).length === 1 || name === "openai";
        const target = alone && !file.endsWith(".npz") ? file : ".";
        return {
          name: `${name}/${file}`,
          file,
          folder,
          read: (damaged) =>
            readCheckpoint(path.join(path.dirname(damaged), target), { k: 3, scale: 1 }),
        };
      });
    });
}

async function drain(rows: AsyncIterable<unknown>): Promise<void> {
  for await (const row of rows) void row;
}

function parquet(codec?: "UNCOMPRESSED"): Uint8Array {
  const ids = Array.from({ length: 40 }, (_, i) => `id${i}`);
  return new Uint8Array(
    parquetWriteBuffer({
      columnData: [
        { name: "id", data: ids, type: "STRING" },
        { name: "year", data: ids.map((_, i) => BigInt(i)), type: "INT64" },
        { name: "abstract", data: ids.map((id) => `text of ${id} `.repeat(9)), type: "STRING" },
      ],
      rowGroupSize: [16],
      codec,
    }),
  );
}

/** A plan of tasks, and a shard of codes that it names. */
async function taskSubjects(folder: string): Promise<Subject[]> {
  const shards = path.join(folder, "shards");
  mkdirSync(shards);
  const shard = await createCodesShard(path.join(shards, codesShardName(0)), { k: 2, n: 9 });
  await shard.append(
    createCodes(4, 2, 9, Uint32Array.of(0, 1, 2, 3, 4, 5, 6, 7), new Float32Array(8).fill(1)),
    [0, 1, 2, 3],
  );
  await shard.finish();
  const run = path.join(folder, "run");
  await makePlan(run, { codes: shards });
  return [
    { name: "plan of tasks", file: "plan.json", folder: run, read: (file) => readPlan(file) },
    {
      name: "shard of codes",
      file: codesShardName(0),
      folder: shards,
      read: (file) => readCodes(path.dirname(file)),
    },
  ];
}

/** What tasks are sent as Arrow, as a stream and as a file. */
export async function arrowSubjects(folder: string): Promise<Subject[]> {
  const [sae, out] = [path.join(folder, "sae.safetensors"), path.join(folder, "out.arrow")];
  await saveSae(sae, randomSae(16, 4, 2, 1));
  const lists = (type: Int32 | Float32, rows: number[][]): Vector =>
    vectorFromArray(rows, new List(new Field("element", type, false)));
  const int32 = (...numbers: number[]): Vector => vectorFromArray(numbers, new Int32());
  const codes = new Table({
    indices: lists(new Int32(), [
      [0, 1],
      [2, 3],
      [4, 5],
    ]),
    values: lists(new Float32(), [
      [1, 0.5],
      [1, 1],
      [2, 1],
    ]),
  });
  const pairs = new Table({
    ...{ latent: int32(1, 2, 3), partner: int32(1, 0, 3), together: int32(1, 2, 3) },
    dot: vectorFromArray([1n, 2n, 3n], new Int64()),
  });
  const vectors = new Table({
    id: vectorFromArray(["a", "b", "a"]),
    year: int32(2001, 2002, 2003),
    embedding: lists(new Float32(), [
      [1, 2, 3, 4],
      [1, 0, 0, 1],
      [0, 1, 0, 1],
    ]),
  });
  return [
    {
      name: "codes in Arrow",
      file: "codes.arrow",
      bytes: tableToIPC(codes, "file"),
      read: (file) => streamPairs(file, out, { n: 9 }),
    },
    {
      name: "pairs in Arrow",
      file: "pairs.arrow",
      bytes: tableToIPC(pairs, "stream"),
      read: (file) => streamTotal(file, out, { n: 9 }),
    },
    {
      name: "embeddings in Arrow",
      file: "embeddings.arrow",
      bytes: tableToIPC(vectors, "stream"),
      read: (file) => streamEncode(file, out, { sae, device: "cpu" }),
    },
  ];
}

/** Real files of every kind that is read by path. What they need beside them is made in `folder`. */
export async function makeSubjects(folder: string): Promise<Subject[]> {
  const atlas = "families/wordnet";
  const codes = path.join(folder, "codes");
  await writeNpy(path.join(codes, "topk_indices_2_9.npy"), {
    shape: [4, 2],
    data: Int32Array.of(0, 1, 2, 3, 4, 5, 6, 7),
    dtype: "i4",
  });
  await writeNpy(path.join(codes, "topk_values_2_9.npy"), {
    shape: [4, 2],
    data: new Float32Array(8).fill(0.5),
    dtype: "f4",
  });
  const values = Float32Array.from({ length: 24 }, (_, i) => Math.sin(i));
  const npy = encodeNpy({ shape: [6, 4], data: values, dtype: "f4" });
  const lists = Array.from({ length: 6 }, (_, i) => Array.from(values.slice(4 * i, 4 * i + 4)));
  const vectors: Record<string, Uint8Array> = {
    "embeddings.npy": npy,
    "embeddings.npz": makeZip([{ name: "embeddings.npy", content: npy }]),
    "embeddings.safetensors": Buffer.concat(
      encodeSafetensors(new Map([["embeddings", { shape: [6, 4], data: values }]])),
    ),
    "embeddings.pt": readFileSync("test/fixtures/torch/state_zip.pth"),
    "embeddings.parquet": new Uint8Array(
      parquetWriteBuffer({
        columnData: [{ name: "vector", data: lists }],
        codec: "UNCOMPRESSED",
      }),
    ),
  };
  const rows = [0, 1, 2].map((i) => ({ id: `${i}`, title: `t ${i}`, text: "a b", classes: ["a"] }));
  const table = 'id,title,text,year\n0,a,x y,2001\n1,"b, c",z,2002\n2,d,w,2003\n';
  const jsonl = rows.map((row) => `${JSON.stringify(row)}\n`).join("");
  const column = (name: "id" | "text"): Record<string, string> =>
    Object.fromEntries(rows.map((row, i) => [i, row[name]]));
  const corpora: Record<string, Uint8Array | string> = {
    "rows.json": JSON.stringify(rows, undefined, 2),
    "pandas.json": JSON.stringify({ id: column("id"), text: column("text") }),
    "abstract_texts.json": JSON.stringify({ doc_ids: ["a", "b"], abstracts: ["x", "y"] }),
    "rows.jsonl": jsonl,
    "rows.jsonl.gz": gzipSync(jsonl),
    "rows.csv": table,
    "rows.csv.gz": gzipSync(table),
    "rows.tsv": table.replaceAll(",", "\t"),
    "plain.parquet": parquet("UNCOMPRESSED"),
  };
  const corpus = Buffer.from(
    '{"id":"1","title":["A"],"abstract":"x","categories":"a b"}\n'.repeat(3),
  );
  const graph = readFileSync(path.join(atlas, "spanning-forest.graphml")).subarray(0, 6000);
  const families = Buffer.from(
    JSON.stringify({
      a: {
        parent: ["a", 3],
        children: [["b", 1]],
        latent: 0,
        pass: 0,
        members: [{ latent: 1, parent: 0, depth: 1 }],
      },
    }),
  );
  const catalog: string[] = [];
  for await (const row of streamParquetRows(path.join(atlas, "catalog.parquet"))) {
    if (catalog.push(`${JSON.stringify(row)}\n`) === 12) break;
  }
  return [
    ...saeSubjects(),
    ...(await taskSubjects(folder)),
    ...(await arrowSubjects(folder)),
    {
      name: "parquet",
      file: "x.parquet",
      bytes: parquet(),
      read: (file) => drain(streamParquetRows(file)),
    },
    {
      name: "catalog.parquet",
      file: "catalog.parquet",
      bytes: readFileSync(path.join(atlas, "catalog.parquet")).subarray(-40_000),
      read: (file) => drain(streamParquetRows(file)),
    },
    { name: "corpus.jsonl", file: "c.jsonl", bytes: corpus, read: (file) => readCorpus(file) },
    {
      name: "dump.json",
      file: "c.json",
      bytes: corpus,
      read: (file) => readCorpus(file, { form: "clean" }),
    },
    {
      name: "corpus.csv",
      file: "c.csv",
      bytes: Buffer.from("id,text\n1,a\n2,b\n"),
      read: (file) => readCorpus(file),
    },
    {
      name: "graphml",
      file: "g.graphml",
      bytes: graph,
      read: async (file) => parseGraphml(await readText(file), file),
    },
    {
      name: "families.json",
      file: "f.json",
      bytes: families,
      read: async (file) => fromFamiliesJson(await readJson(file), { source: file }),
    },
    {
      name: "catalog",
      file: "catalog.jsonl",
      bytes: Buffer.from(catalog.join("")),
      read: (file) => readCatalog(file),
    },
    ...["f4_le.npy", "i8_le.npy", "fortran_2d.npy", "stored.npz", "packed.npz"].map(
      (file): Subject => ({
        name: file,
        file,
        bytes: readFileSync(path.join("test/fixtures/npy", file)),
        read: async (damaged) => {
          await (file.endsWith("z") ? readNpz(damaged) : readNpy(damaged));
        },
      }),
    ),
    ...["module_state.pth", "plain_protocol4.pth", "state_legacy.pth"].map((file): Subject => ({
      name: file,
      file,
      bytes: readFileSync(path.join("test/fixtures/torch", file)),
      read: (damaged) => readTorch(damaged),
    })),
    {
      name: "all.safetensors",
      file: "all.safetensors",
      bytes: readFileSync("test/fixtures/safetensors/all.safetensors"),
      read: (file) => readSafetensors(file),
    },
    {
      name: "rows of embeddings.parquet",
      file: "embeddings.parquet",
      bytes: vectors["embeddings.parquet"],
      read: async (file) => (await openMatrix(file, { mostDecoded: 0 })).readRows([4, 1]),
    },
    ...Object.entries(vectors).map(([file, bytes]): Subject => ({
      name: file,
      file,
      bytes,
      read: (damaged) => readMatrix(damaged),
    })),
    ...Object.entries(corpora).map(([file, content]): Subject => ({
      ...{ name: file, file, bytes: Buffer.from(content) },
      read: (damaged) => readCorpus(damaged),
    })),
    {
      name: "tree.jsonl",
      file: "tree.jsonl",
      bytes: Buffer.from('{"id":"a","name":"A"}\n{"id":"b","parents":["a"]}\n'),
      read: (file) => readClassTree(file),
    },
    {
      name: "imported labels",
      file: "catalog.jsonl",
      bytes: Buffer.from(catalog.join("")),
      read: (file) => readLabelImport(file, 2000),
    },
    ...["tokenizer.json", "tokenizer_config.json", "modules.json", "1_Pooling/config.json"].map(
      (file): Subject => ({
        ...{ name: `model ${file}`, file, folder: MODEL },
        read: async (damaged) => {
          const embedder = await openModelFolder(damaged.slice(0, -file.length));
          await embedder.embed(["a small dog"]);
        },
      }),
    ),
    {
      name: "codes",
      file: "topk_indices_2_9.npy",
      folder: codes,
      read: (file) => readCodes(path.dirname(file)),
    },
  ];
}
