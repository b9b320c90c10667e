import path from "node:path";
import {
  type Data,
  DataType,
  Field,
  Float32,
  Int32,
  List,
  type RecordBatch,
  makeData,
} from "apache-arrow";
import { type Codes, createCodes } from "../core/codes.js";
import { FormatError } from "../core/errors.js";
import { type Matrix, createMatrix } from "../core/matrix.js";
import { checkValues, indicesOf } from "../files/check-codes.js";
import { findCodesShards, streamCodesShard, streamCodesShards } from "../files/codes-shards.js";
import { type CodesPaths, type ReadCodesOptions, findCodes } from "../files/codes.js";
import { openMatrix, streamMatrix } from "../files/matrix.js";
import { parquetSummary } from "../files/parquet/parquet.js";
import { type ArrowPlace, nameOf, readArrow } from "./arrow-stream.js";

/** What numbers of up to 53 bits are stored as. */
const NUMBERS = [
  ...[Float32Array, Float64Array, Int8Array, Uint8Array],
  ...[Int16Array, Uint16Array, Int32Array, Uint32Array],
];
/** Documents in one block of codes. */
const ROWS_PER_BATCH = 32_768;

/** Numbers from `from` up to `to`, that one left out. */
export interface Range {
  from: number;
  to: number;
}

/** Codes that are read block by block. */
export interface CodesStore {
  rows: number;
  k: number;
  n: number;
  /** The files, and the rows that each holds where they are shards. */
  files: string[];
  shards?: Range[];
  /** Rows `range`, by default all; of shards whole ones. */
  blocks(range?: Range): AsyncGenerator<Codes>;
}

/** Opens the codes of a folder that readCodes would read. Throws FormatError where there are none. */
export async function openCodes(
  folder: string,
  options: ReadCodesOptions = {},
): Promise<CodesStore> {
  const shards = await findCodesShards(folder);
  return shards.length > 0
    ? openShards(shards, options)
    : openPair(await findCodes(folder, options));
}

async function openShards(files: string[], given: ReadCodesOptions): Promise<CodesStore> {
  const shards: Range[] = [];
  let rows = 0;
  for (const file of files) {
    const from = rows;
    rows += (await parquetSummary(file)).rows;
    shards.push({ from, to: rows });
  }
  let size: Pick<Codes, "k" | "n"> | undefined;
  for await (const { k, n } of streamCodesShard(files[0], given)) {
    size = { k, n };
    break;
  }
  if (size === undefined) throw new FormatError(files[0], "contains no codes");
  return {
    ...size,
    ...{ rows, files, shards },
    blocks({ from, to } = { from: 0, to: rows }) {
      const isWanted = (shard: Range): boolean => shard.from >= from && shard.to <= to;
      return streamCodesShards(
        files.filter((_, at) => isWanted(shards[at])),
        size,
      );
    },
  };
}

async function openPair(files: CodesPaths): Promise<CodesStore> {
  const [k, n] = path.basename(files.indices).match(/\d+/g)?.slice(-2).map(Number) ?? [0, 0];
  const shapes = [await matrixShape(files.indices), await matrixShape(files.values)];
  const [{ rows }] = shapes;
  if (shapes.some((shape) => shape.cols !== k || shape.rows !== rows)) {
    const [indices, values] = shapes.map(({ rows, cols }) => `(${rows}, ${cols})`);
    throw new FormatError(
      files.values,
      `values of shape ${values}, but indices of ${indices} and k is ${k} in the name`,
    );
  }
  return {
    ...{ rows, k, n },
    files: [files.indices, files.values],
    async *blocks({ from, to } = { from: 0, to: rows }) {
      const options = { start: from, end: to, rowsPerBlock: ROWS_PER_BATCH };
      const values = streamMatrix(files.values, options);
      try {
        for await (const { block } of streamMatrix(files.indices, options)) {
          const next = await values.next();
          if (next.done === true) return;
          // Latents are far below 2^24, so that float32 holds them.
          const [size, strengths] = [{ rows: block.rows, k, n }, next.value.block.data];
          yield blockOf(files.indices, size, block.data, strengths);
        }
      } finally {
        await values.return(undefined);
      }
    },
  };
}

async function matrixShape(file: string): Promise<{ rows: number; cols: number }> {
  const matrix = await openMatrix(file);
  await matrix.close();
  return matrix;
}

/** Codes as columns of an Arrow batch. */
export function codeColumns({ rows, k, indices, values }: Codes): Record<string, Data> {
  const valueOffsets = Int32Array.from({ length: rows + 1 }, (_, r) => r * k);
  const lists = { length: rows, valueOffsets };
  // Latents are far below 2^31, so that their bytes are those of int32.
  const signed = new Int32Array(indices.buffer, indices.byteOffset, indices.length);
  return {
    indices: makeData({
      type: new List(new Field("element", new Int32(), false)),
      child: makeData({ type: new Int32(), data: signed }),
      ...lists,
    }),
    values: makeData({
      type: new List(new Field("element", new Float32(), false)),
      child: makeData({ type: new Float32(), data: values }),
      ...lists,
    }),
  };
}

/**
 * Codes of an Arrow stream with `indices` (lists of int32 or uint32) and `values` (lists of float32), as writeCodes or Spark
 * writes it. Throws FormatError for lists of another length than the first.
 */
export async function* readCodeBlocks(place: ArrowPlace, n: number): AsyncGenerator<Codes> {
  let k: number | undefined;
  for await (const record of readArrow(place)) {
    if (record.numRows === 0) continue;
    const { numRows: rows } = record;
    const indices = numberLists(place, record, "indices");
    const values = numberLists(place, record, "values");
    k ??= indices.length / rows;
    const isWhole = Number.isInteger(k) && k >= 1 && indices.length === k * rows;
    if (!isWhole || values.length !== indices.length) {
      throw new FormatError(nameOf(place), `expected ${k} indices and values in each row`);
    }
    yield blockOf(nameOf(place), { rows, k, n }, indices, Float32Array.from(values));
  }
}

/** Codes of numbers that may be anything. Throws FormatError, naming `file`, for what no encoder gives. */
function blockOf(
  file: string,
  { rows, k, n }: Pick<Codes, "rows" | "k" | "n">,
  numbers: ArrayLike<number>,
  values: Float32Array,
): Codes {
  const indices = indicesOf(numbers, k, n, file);
  checkValues(values, k, file);
  return createCodes(rows, k, n, indices, values);
}

/** The first column of number lists of a batch, [rows, d]. Throws FormatError where rows have another length. */
export function vectorsOf(
  place: ArrowPlace,
  record: RecordBatch,
  d: number,
): { column: string; vectors: Matrix } {
  const isList = ({ type }: Field): boolean =>
    DataType.isList(type) || DataType.isFixedSizeList(type);
  const column = record.schema.fields.find(isList)?.name ?? "embedding";
  const values = numberLists(place, record, column);
  if (values.length !== record.numRows * d) {
    throw new FormatError(nameOf(place), `expected ${d} numbers in each row of ${column}`);
  }
  const vectors = createMatrix(record.numRows, d);
  vectors.data.set(values);
  return { column, vectors };
}

/** The numbers of a column of lists of equal length, one list after the other. */
function numberLists(place: ArrowPlace, record: RecordBatch, column: string): ArrayLike<number> {
  const { schema, data, numRows } = record;
  const lists = data.children[schema.fields.findIndex(({ name }) => name === column)] ?? undefined;
  const child = lists?.children[0];
  const values: unknown = child?.values;
  const isWhole = lists?.nullCount === 0 && child?.nullCount === 0;
  if (
    !isWhole ||
    !NUMBERS.some((type) => values instanceof type) ||
    (DataType.isFloat(child.type) && values instanceof Uint16Array)
  ) {
    throw new FormatError(nameOf(place), `expected a column ${column} of number lists`);
  }
  const offsets = lists.valueOffsets as Int32Array | undefined;
  const numbers = values as Float32Array;
  if (offsets === undefined) return numbers.subarray(0, child.length);
  const length = (offsets[numRows] - offsets[0]) / numRows;
  for (let r = 0; r < numRows; r++) {
    if (offsets[r + 1] - offsets[r] === length) continue;
    throw new FormatError(nameOf(place), `expected lists of equal length in ${column}`);
  }
  return numbers.subarray(offsets[0], offsets[numRows]);
}
