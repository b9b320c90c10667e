import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parquetWriteBuffer } from "hyparquet-writer";
import { FormatError, createRandom } from "../../../src/core/index.js";
import { readCorpus } from "../../../src/corpus/index.js";
import { fromFamiliesJson, parseGraphml } from "../../../src/families/index.js";
import {
  readCodes,
  readJson,
  readText,
  streamParquetRows,
  writeNpy,
} from "../../../src/files/index.js";
import { readCheckpoint } from "../../../src/sae/index.js";
import { readCatalog } from "../../../src/catalog/index.js";
import { mutate } from "./mutate.js";

// Run as a program of its own, so that its memory and time are its alone: node mutate-files.js ROUNDS
// Mutates real files of every kind that is read by path; prints what came of it as JSON.

interface Subject {
  name: string;
  /** The file that is damaged, among those of `folder`. */
  file: string;
  /** A folder that is copied, so that the files beside it are there. */
  folder?: string;
  bytes?: Uint8Array;
  read: (file: string) => Promise<unknown>;
}

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

function parquet(): Uint8Array {
  const ids = Array.from({ length: 40 }, (_, i) => `id${i}`);
  return new Uint8Array(
    parquetWriteBuffer({
      columnData: [
        { name: "id", data: ids, type: "STRING" },
        { name: "year", data: ids.map((_, i) => BigInt(i)), type: "INT64" },
        { name: "abstract", data: ids.map((id) => `text of ${id} `.repeat(9)), type: "STRING" },
      ],
      rowGroupSize: [16],
    }),
  );
}

async function subjects(folder: string): Promise<Subject[]> {
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
  const csv = readFileSync(path.join(atlas, "catalog.csv")).subarray(0, 3000);
  return [
    ...saeSubjects(),
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
    { name: "catalog", file: "catalog.jsonl", bytes: csv, read: (file) => readCatalog(file) },
    {
      name: "codes",
      file: "topk_indices_2_9.npy",
      folder: codes,
      read: (file) => readCodes(path.dirname(file)),
    },
  ];
}

const rounds = Number(process.argv[2]);
const folder = mkdtempSync(path.join(tmpdir(), "feature-families-mutations-"));
const all = await subjects(folder);
const report = {
  rounds: 0,
  refused: 0,
  slowestMs: 0,
  slowest: "",
  growthMb: 0,
  problems: [] as string[],
};
const random = createRandom(20261124);
let settled = 0;
for (const { name, file, folder: source, bytes: given, read } of all) {
  const work = mkdtempSync(path.join(folder, "work-"));
  if (source !== undefined) cpSync(source, work, { recursive: true });
  const place = path.join(work, file);
  const bytes = given ?? readFileSync(place);
  for (let round = 0; round < Math.ceil(rounds / all.length); round++) {
    writeFileSync(place, mutate(bytes, bytes.length, random));
    const start = process.cpuUsage();
    try {
      await read(place);
    } catch (error) {
      if (error instanceof FormatError) report.refused++;
      else
        report.problems.push(
          `${name} round ${round}: ${String(error).slice(0, 200)} ${(error as Error).stack?.split("\n").slice(1, 4).join(" ")}`,
        );
    }
    const { user, system } = process.cpuUsage(start);
    const ms = (user + system) / 1000;
    if (ms > report.slowestMs) [report.slowestMs, report.slowest] = [ms, name];
    report.rounds++;
    const { rss } = process.memoryUsage();
    // The program's own start, its compilers included, is no growth.
    if (report.rounds === 200) settled = rss;
    if (settled > 0) report.growthMb = Math.max(report.growthMb, (rss - settled) / 2 ** 20);
  }
}
rmSync(folder, { recursive: true });
report.problems.splice(20);
process.stdout.write(JSON.stringify(report));
