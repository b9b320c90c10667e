import type { SchemaElement } from "hyparquet";
import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import { readdir } from "node:fs/promises";
import path from "node:path";
import type { Codes } from "../core/codes.js";
import { FormatError } from "../core/errors.js";
import { createAtomicFile } from "./atomic-file.js";
import { checkValues, indicesOf } from "./check-codes.js";
import { readCodesPlan } from "./codes-plan.js";
import type { ColumnValues, NumberArray } from "./parquet/column-slabs.js";
import { parquetSummary, streamBatches } from "./parquet/parquet.js";

/** Codes of a part of the documents, with the number of each document among all [rows], ascending. */
export interface CodesShard extends Codes {
  documents: Float64Array;
}

/** Writes a shard block by block in constant memory. Exactly one of `finish` and `abort` ends it. */
export interface CodesShardWriter {
  /** Adds codes of the documents of those numbers [codes.rows]. Throws RangeError for other sizes or numbers that do not ascend. */
  append(codes: Codes, documents: ArrayLike<number>): Promise<void>;
  /** Completes the file under its name and gives the number of rows. */
  finish(): Promise<number>;
  /** Leaves nothing behind. */
  abort(): Promise<void>;
}

/** Rows that readers decode together. */
const ROWS_PER_GROUP = 16_384;
/** Key of what a shard notes of itself: k and n as JSON. */
const NOTE = "feature-families.codes";
/** Under which Spark notes its columns, and what we have it note of them. */
const SPARK_NOTE = "org.apache.spark.sql.parquet.row.metadata";
const COLUMNS = ["row", "indices", "values"];

const SCHEMA: SchemaElement[] = [
  { name: "root", num_children: COLUMNS.length },
  { name: "row", type: "INT64", repetition_type: "REQUIRED" },
  ...listSchema("indices", "INT32"),
  ...listSchema("values", "FLOAT"),
];

/** Name of the shard of codes with that number, such as "part-00003.parquet". */
export function codesShardName(shard: number): string {
  return `part-${String(shard).padStart(5, "0")}.parquet`;
}

/**
 * The shards of codes in a folder, ours or those of Spark and others by names such as part-00000-c000.snappy.parquet, as paths in the
 * order of their documents. Throws FormatError where the folder's plan names one that is not there.
 */
export async function findCodesShards(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((cause: unknown) => {
    throw new FormatError(folder, "no such folder", { cause });
  });
  const planned = (await readCodesPlan(folder))?.shards.map(({ codes }) => codes);
  const missing = planned?.find((name) => !names.includes(name));
  if (missing !== undefined) {
    throw new FormatError(folder, `${missing} does not exist yet: encode again to continue`);
  }
  const order = (name: string): number => Number(/\d+/.exec(name));
  const found = names.filter((name) => /^part[-.].*\.parquet$/.test(name));
  const files = (planned ?? found.sort((a, b) => order(a) - order(b))).map((name) =>
    path.join(folder, name),
  );
  return found.every((name) => /^part-\d{5,}\.parquet$/.test(name)) ? files : byFirstRow(files);
}

/** Shards of other writers, whose names say nothing of their order; those without rows are left out. */
async function byFirstRow(files: readonly string[]): Promise<string[]> {
  const first: { file: string; row: number }[] = [];
  for (const file of files) {
    const batches = streamBatches(file, ({ columns }) => {
      if (columns.includes("row")) return ["row"];
      throw new FormatError(file, "has no column row of codes");
    });
    for await (const { batch } of batches) {
      if (batch.rows === 0) continue;
      first.push({ file, row: Number((batch.columns[0] as number[])[0]) });
      break;
    }
  }
  return first.sort((a, b) => a.row - b.row).map(({ file }) => file);
}

/**
 * Opens a Parquet file (Snappy) to which codes are appended: row (int64, the document's number), indices (list of int32)
 * and values (list of float), k each. The same codes give the same bytes. It appears under its name at `finish`.
 */
export async function createCodesShard(
  file: string,
  { k, n }: Pick<Codes, "k" | "n">,
): Promise<CodesShardWriter> {
  const output = await createAtomicFile(file);
  const bytes = new ByteWriter();
  const parquet = new ParquetWriter({
    writer: bytes,
    schema: SCHEMA,
    statistics: false,
    createdBy: "feature-families",
    kvMetadata: [{ key: NOTE, value: JSON.stringify({ k, n }) }],
  });
  let group = emptyGroup();
  let rows = 0;
  let last = -1;

  async function flush(): Promise<void> {
    if (group.row.length > 0) {
      const { row, indices, values } = group;
      const columnData = [
        { name: "row", data: BigInt64Array.from(row, BigInt), encoding: "PLAIN" as const },
        { name: "indices", data: indices, encoding: "PLAIN" as const },
        { name: "values", data: values, encoding: "PLAIN" as const },
      ];
      await parquet.write({ columnData, rowGroupSize: row.length });
      group = emptyGroup();
    }
    await output.write(bytes.getBytes().slice());
    bytes.index = 0;
  }
  return {
    async append(codes, documents) {
      if (codes.k !== k || codes.n !== n || documents.length !== codes.rows) {
        const got = `${codes.k} of ${codes.n} for ${documents.length} documents`;
        throw new RangeError(`codes: ${codes.rows} rows with ${k} of ${n} expected, got ${got}`);
      }
      for (let i = 0; i < codes.rows; i++) {
        if (!(documents[i] > last)) {
          throw new RangeError(`codes: document ${documents[i]} comes after document ${last}`);
        }
        last = documents[i];
        group.row.push(last);
        group.indices.push(Array.from(codes.indices.subarray(i * k, (i + 1) * k)));
        group.values.push(Array.from(codes.values.subarray(i * k, (i + 1) * k)));
        if (group.row.length === ROWS_PER_GROUP) await flush();
      }
      rows += codes.rows;
    },
    async finish() {
      await flush();
      await parquet.finish();
      await output.write(bytes.getBytes());
      await output.commit();
      return rows;
    },
    abort: () => output.abort(),
  };
}

/**
 * Codes of a shard in blocks of some thousand rows, each checked. `n` must be given for files of other writers, which do not note
 * it; k is that of the first row. Throws FormatError for a file that is no shard, and for codes as readCodes does.
 */
export async function* streamCodesShard(
  file: string,
  given: Partial<Pick<Codes, "k" | "n">> = {},
): AsyncGenerator<CodesShard> {
  let size: { k?: number; n: number } | undefined;
  let last = -1;
  const batches = streamBatches(file, ({ columns, notes }) => {
    const missing = COLUMNS.find((name) => !columns.includes(name));
    if (missing !== undefined) throw new FormatError(file, `has no column ${missing} of codes`);
    size = sizeOf(file, notes.get(NOTE) ?? notes.get(SPARK_NOTE), given);
    return COLUMNS;
  });
  for await (const { batch } of batches) {
    if (size === undefined) return;
    const [row, indices, values] = batch.columns;
    const { n, k = (size.k = Array.isArray(indices) ? 0 : indices.offsets[1]) } = size;
    const numbers = Float64Array.from(row as number[]);
    for (const document of numbers) {
      if (Number.isSafeInteger(document) && document > last) last = document;
      else throw new FormatError(file, `row ${document} comes after row ${last}`);
    }
    const found = indicesOf(listData(file, "indices", indices, k, numbers), k, n, file);
    const strengths = Float32Array.from(listData(file, "values", values, k, numbers));
    checkValues(strengths, k, file);
    yield { rows: batch.rows, k, n, indices: found, values: strengths, documents: numbers };
  }
}

/** Codes of some shards one after the other, as streamCodesShard. Throws FormatError where their documents do not ascend. */
export async function* streamCodesShards(
  files: readonly string[],
  given: Partial<Pick<Codes, "k" | "n">> = {},
): AsyncGenerator<CodesShard> {
  let size = given;
  let last = -1;
  for (const file of files) {
    for await (const block of streamCodesShard(file, size)) {
      if (!(block.documents[0] > last)) {
        throw new FormatError(file, `row ${block.documents[0]} is also in an earlier shard`);
      }
      last = block.documents[block.rows - 1];
      size = { k: block.k, n: block.n };
      yield block;
    }
  }
}

/** All codes of some shards, which are in the order of their documents; see streamCodesShard. */
export async function readCodesShards(
  files: readonly string[],
  given: Partial<Pick<Codes, "k" | "n">> = {},
): Promise<CodesShard> {
  let rows = 0;
  for (const file of files) rows += (await parquetSummary(file)).rows;
  let whole: CodesShard | undefined;
  let at = 0;
  for await (const { k, n, ...block } of streamCodesShards(files, given)) {
    whole ??= {
      ...{ rows, k, n, documents: new Float64Array(rows) },
      ...{ indices: new Uint32Array(rows * k), values: new Float32Array(rows * k) },
    };
    whole.documents.set(block.documents, at);
    whole.indices.set(block.indices, at * k);
    whole.values.set(block.values, at * k);
    at += block.rows;
  }
  if (whole === undefined) throw new FormatError(files[0] ?? "codes", "contains no codes");
  return whole;
}

function emptyGroup(): { row: number[]; indices: number[][]; values: number[][] } {
  return { row: [], indices: [], values: [] };
}

function listSchema(name: string, type: "INT32" | "FLOAT"): SchemaElement[] {
  return [
    { name, repetition_type: "REQUIRED", num_children: 1, converted_type: "LIST" },
    { name: "list", repetition_type: "REPEATED", num_children: 1 },
    { name: "element", type, repetition_type: "REQUIRED" },
  ];
}

/** k and n as the file notes them, or as they are given. */
function sizeOf(
  file: string,
  note: string | undefined,
  given: Partial<Pick<Codes, "k" | "n">>,
): { k?: number; n: number } {
  // Spark's is JSON in JSON.
  const noted = /\{\\?"k\\?":(\d{1,9}),\\?"n\\?":(\d{1,9})\}/.exec(note ?? "");
  const k = noted ? Number(noted[1]) : given.k;
  const n = noted ? Number(noted[2]) : given.n;
  if (n === undefined || !((k ?? 1) >= 1 && n >= (k ?? 1))) {
    throw new FormatError(file, "does not record n, the number of latents of its codes: pass n");
  }
  if (k === undefined) return { n };
  if ((given.k ?? k) !== k || (given.n ?? n) !== n) {
    const expected = `${given.k ?? k} of ${given.n ?? n}`;
    throw new FormatError(file, `holds ${k} of ${n} latents per document, expected ${expected}`);
  }
  return { k, n };
}

function listData(
  file: string,
  name: string,
  column: ColumnValues,
  k: number,
  documents: Float64Array,
): NumberArray {
  if (Array.isArray(column)) throw new FormatError(file, `${name} has an empty or missing list`);
  const wrong = column.offsets.findIndex((end, i) => i > 0 && end !== i * k);
  if (wrong === -1) return column.data;
  const length = column.offsets[wrong] - column.offsets[wrong - 1];
  throw new FormatError(
    file,
    `row ${documents[wrong - 1]} has ${length} ${name}, expected ${k} as k`,
  );
}
