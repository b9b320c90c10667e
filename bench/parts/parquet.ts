import { readdir } from "node:fs/promises";
import { join } from "node:path";
import * as zlib from "node:zlib";
import type { SchemaElement } from "hyparquet";
import { fileWriter, parquetWriteRows } from "hyparquet-writer";
import { createRandom } from "../../src/core/index.js";
import { readCorpus } from "../../src/corpus/index.js";
import { readParquetMatrix } from "../../src/files/index.js";
import { figure, ratio, seconds } from "../format.js";
import type { Bench, Measured, Part, Section, TaskContext } from "../part.js";
import { isAbsent } from "../part.js";
import { type Work, timed } from "../processes.js";
import { markdownTable } from "../report.js";

const WIDTH = 1536;
const FULL = [20_000, 100_000];
const QUICK = [200, 1000];
const ROWS_PER_GROUP = 5000;
const ROUNDS = 6;
const LEAST_SHARE = 0.5;

// A column of lists as pandas and Arrow write it.
const SCHEMA: SchemaElement[] = [
  { name: "root", num_children: 4 },
  ...["id", "title", "text"].map((name): SchemaElement => ({
    ...{ name, type: "BYTE_ARRAY", repetition_type: "OPTIONAL", converted_type: "UTF8" },
  })),
  { name: "embedding", repetition_type: "OPTIONAL", num_children: 1, converted_type: "LIST" },
  { name: "list", repetition_type: "REPEATED", num_children: 1 },
  { name: "element", type: "FLOAT", repetition_type: "OPTIONAL" },
];

const sizesOf = ({ quick }: { quick: boolean }): number[] => (quick ? QUICK : FULL);
const fileOf = ({ folder }: TaskContext, rows: number): string =>
  join(folder, `corpus-${rows}.parquet`);

async function write(context: TaskContext, rows: number): Promise<object> {
  function* documents(): Generator<Record<string, unknown>> {
    const random = createRandom(1);
    for (let i = 0; i < rows; i++) {
      const embedding = Array.from({ length: WIDTH }, () => Math.fround(random() - 0.5));
      yield { id: `d${i}`, title: `Document ${i}`, text: `the text of document ${i}`, embedding };
    }
  }
  await parquetWriteRows({
    writer: fileWriter(fileOf(context, rows)),
    rows: documents(),
    columns: ["id", "title", "text", "embedding"].map((name) => ({ name })),
    schema: SCHEMA,
    rowGroupSize: ROWS_PER_GROUP,
  });
  return {};
}

async function readTimed(work: () => Promise<object>): Promise<Work> {
  const { seconds, processorSeconds } = await timed(work);
  return { seconds, processorSeconds };
}

/** Reads by name of the file: the best of several in one process, as the first ones compile their loops. */
interface Reads {
  files: Record<string, Work>;
}

const isByPyarrow = (name: string): boolean => name.startsWith("pyarrow-");

async function readAll({ folder }: TaskContext): Promise<Reads> {
  const files: Record<string, Work> = {};
  for (const name of (await readdir(folder)).filter(isByPyarrow).sort()) {
    for (let round = 0; round < ROUNDS; round++) {
      const read = await readTimed(() => readParquetMatrix(join(folder, name), "embedding"));
      const best = (files[name] ??= read);
      best.seconds = Math.min(best.seconds, read.seconds);
      best.processorSeconds = Math.min(best.processorSeconds, read.processorSeconds);
    }
  }
  return { files };
}

/** Ours beside pyarrow's on files that pyarrow wrote, in turns. */
async function besidePyarrow(bench: Bench): Promise<Section> {
  const written = await bench.peer<{ files: Record<string, string> }>("parquet", "write");
  if (isAbsent(written)) return { body: `pyarrow was not compared: ${written.absent}.` };
  const names = Object.keys(written.files);
  const least = (rounds: Reads[], name: string, key: keyof Work): number =>
    Math.min(...rounds.map(({ files }) => files[name][key]));
  const ours: Reads[] = [];
  const theirs: Reads[] = [];
  for (let turn = 0; turn < 2; turn++) {
    ours.push(await bench.task<Reads>("read"));
    const read = await bench.peer<Reads>("parquet", "read", ...names);
    if (isAbsent(read)) return { body: `pyarrow was not compared: ${read.absent}.` };
    theirs.push(read);
  }
  const shares: number[] = [];
  const rows = names.map((name) => {
    const [clock, work] = (["seconds", "processorSeconds"] as const).map((key) =>
      [theirs, ours].map((rounds) => least(rounds, name, key)),
    );
    shares.push(clock[0] / clock[1]);
    const times = [clock[1], work[1], clock[0], work[0]].map(seconds);
    return [written.files[name], ...times, ratio(clock[0], clock[1]), ratio(work[0], work[1])];
  });
  const head = ["", "s", "processor s", "pyarrow, s", "its processor s"];
  return {
    body: `Files that pyarrow wrote, a column of lists of ${WIDTH} float32, read whole: the best of ${2 * ROUNDS} reads in two processes each, which take turns.
pyarrow decodes row groups on all processors, into memory that it kept, and pages of one row group on one. Node ${process.versions.node} ${"zstdDecompressSync" in zlib ? "has" : "has no"} zstd of its own.

${markdownTable([...head, "rate", "by processor time"], rows)}`,
    targets: [
      {
        what: "Embeddings in Parquet, share of pyarrow's rate at least",
        target: `${LEAST_SHARE} ×`,
        measured: `${figure(Math.min(...shares))} ×`,
        met: Math.min(...shares) >= LEAST_SHARE,
      },
    ],
  };
}

export const parquetPart: Part = {
  name: "parquet",
  title: "Embeddings in Parquet",
  tasks: Object.fromEntries([
    ["read", readAll],
    ...FULL.flatMap((_, at): [string, (context: TaskContext) => Promise<object>][] => [
      [`write${at}`, (context: TaskContext) => write(context, sizesOf(context)[at])],
      [
        `corpus${at}`,
        (context: TaskContext) =>
          readTimed(() => readCorpus(fileOf(context, sizesOf(context)[at]))),
      ],
      [
        `matrix${at}`,
        (context: TaskContext) =>
          readTimed(() => readParquetMatrix(fileOf(context, sizesOf(context)[at]), "embedding")),
      ],
    ]),
  ]),
  async run(bench): Promise<Section> {
    const rows: string[][] = [];
    for (const [at, count] of sizesOf(bench).entries()) {
      await bench.task(`write${at}`);
      for (const [what, task] of [
        ["documents", "corpus"],
        ["embeddings", "matrix"],
      ]) {
        const read: Measured<Work> = await bench.task<Work>(`${task}${at}`);
        const times = [read.seconds, read.processorSeconds].map((value) => `${figure(value)} s`);
        rows.push([`${figure(count)} rows: ${what}`, ...times, figure(Math.round(read.peakMB))]);
      }
    }
    const { body, targets } = await besidePyarrow(bench);
    return {
      targets,
      body: `A file with id, title, text and a column of lists of ${WIDTH} random numbers (float32, Snappy, groups of ${figure(ROWS_PER_GROUP)} rows): the
documents alone, as a build reads its corpus, and the embeddings alone. Only the columns asked for are decoded, page by page. First reads of a process.

${markdownTable(["", "s", "processor s", "peak memory, MB"], rows)}

${body}`,
    };
  },
};
