import { join } from "node:path";
import type { SchemaElement } from "hyparquet";
import { fileWriter, parquetWriteRows } from "hyparquet-writer";
import { createRandom } from "../../src/core/index.js";
import { readCorpus } from "../../src/corpus/index.js";
import { readParquetMatrix } from "../../src/files/index.js";
import { figure } from "../format.js";
import type { Measured, Part, Section, TaskContext } from "../part.js";
import { markdownTable } from "../report.js";

const WIDTH = 1536;
const FULL = [20_000, 100_000];
const QUICK = [200, 1000];
const ROWS_PER_GROUP = 5000;

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

interface Read {
  /** Of the clock, and of all processors together. */
  seconds: number;
  processorSeconds: number;
}

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

async function timed(work: () => Promise<{ length: number } | { rows: number }>): Promise<Read> {
  const start = performance.now();
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return {
    seconds: (performance.now() - start) / 1000,
    processorSeconds: (user + system) / 1e6,
  };
}

export const parquetPart: Part = {
  name: "parquet",
  title: "Embeddings in Parquet",
  tasks: Object.fromEntries(
    FULL.flatMap((_, at) => [
      [`write${at}`, (context: TaskContext) => write(context, sizesOf(context)[at])],
      [
        `corpus${at}`,
        (context: TaskContext) => timed(() => readCorpus(fileOf(context, sizesOf(context)[at]))),
      ],
      [
        `matrix${at}`,
        (context: TaskContext) =>
          timed(() => readParquetMatrix(fileOf(context, sizesOf(context)[at]), "embedding")),
      ],
    ]),
  ),
  async run(bench): Promise<Section> {
    const rows: string[][] = [];
    for (const [at, count] of sizesOf(bench).entries()) {
      await bench.task(`write${at}`);
      for (const [what, task] of [
        ["documents", "corpus"],
        ["embeddings", "matrix"],
      ]) {
        const read: Measured<Read> = await bench.task<Read>(`${task}${at}`);
        const times = [read.seconds, read.processorSeconds].map((value) => `${figure(value)} s`);
        rows.push([`${figure(count)} rows: ${what}`, ...times, figure(Math.round(read.peakMB))]);
      }
    }
    return {
      body: `A file with id, title, text and a column of lists of ${WIDTH} random numbers (float32, Snappy, groups of ${figure(ROWS_PER_GROUP)} rows): the
documents alone, as a build reads its corpus, and the embeddings alone. Only the columns asked for are decoded, page by page.

${markdownTable(["", "s", "processor s", "peak memory, MB"], rows)}`,
    };
  },
};
