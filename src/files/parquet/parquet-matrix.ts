import { FormatError } from "../../core/errors.js";
import { type Matrix, createMatrix } from "../../core/matrix.js";
import { cutLine, listed } from "../../core/shown.js";
import type { ByteSource } from "../bytes/source.js";
import { embeddingName } from "../embedding-name.js";
import type { RowBlock, RowBlockOptions } from "../numpy/npy.js";
import type { ColumnValues } from "./column-slabs.js";
import { type ParquetOptions, parquetFiles, streamBatches } from "./parquet.js";

/** Rows of a column of number lists, all as long as those before them. */
interface Lists {
  /** Number of the first row in the file, and rows of the file. */
  start: number;
  total: number;
  rows: number;
  cols: number;
  data: ArrayLike<number> & { subarray(start: number, end: number): ArrayLike<number> };
}

/**
 * A column of number lists of equal length, such as embeddings, as a Matrix; without a name the only such column. Throws
 * FormatError as streamParquetRows does, and for rows of another length.
 */
export async function readParquetMatrix(
  input: string | ByteSource,
  column?: string,
  { signal }: Pick<ParquetOptions, "signal"> = {},
): Promise<Matrix> {
  const parts: Lists[] = [];
  const files = typeof input === "string" ? await parquetFiles(input) : [input];
  for (const file of files) {
    const options = { column, signal, cols: parts.at(0)?.cols };
    for await (const lists of streamLists(file, options)) parts.push(lists);
  }
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  const matrix = createMatrix(rows, parts.at(0)?.cols ?? 0);
  let at = 0;
  for (const { data } of parts) {
    matrix.data.set(data, at);
    at += data.length;
  }
  return matrix;
}

/** Rows and length of the number lists of a file, of which the first are read. Throws FormatError where there are none. */
export async function parquetShape(
  file: string,
  column?: string,
): Promise<{ rows: number; cols: number }> {
  for await (const { total, cols } of streamLists(file, { column })) return { rows: total, cols };
  throw new FormatError(file, "contains no embeddings");
}

/** Number lists of a file as blocks of a matrix, in constant memory. Throws as readParquetMatrix does. */
export async function* streamParquetMatrix(
  file: string,
  column: string | undefined,
  { start, end, rowsPerBlock }: Required<RowBlockOptions>,
): AsyncGenerator<RowBlock> {
  let block: Matrix | undefined;
  let from = start;
  let filled = 0;
  for await (const lists of streamLists(file, { column })) {
    const { cols, data } = lists;
    const last = Math.min(end, lists.start + lists.rows);
    for (let row = Math.max(start, lists.start); row < last;) {
      block ??= createMatrix(Math.min(rowsPerBlock, end - from), cols);
      const count = Math.min(block.rows - filled, last - row);
      const first = (row - lists.start) * cols;
      block.data.set(data.subarray(first, first + count * cols), filled * cols);
      filled += count;
      row += count;
      if (filled < block.rows) continue;
      yield { start: from, block };
      [from, filled, block] = [from + block.rows, 0, undefined];
    }
    if (last === end) return;
  }
}

/** Some rows of a file's number lists [rows, cols], by their ascending numbers, which decodes only the pages that hold them. */
export async function readListRows(
  file: string,
  column: string | undefined,
  rows: readonly number[],
  cols: number,
): Promise<Matrix> {
  const matrix = createMatrix(rows.length, cols);
  const batches = streamBatches(file, ({ columns, numberLists }) => ({
    ...{ column: column ?? chooseLists(file, columns, numberLists), rows, width: cols },
  }));
  for await (const { batch } of batches) {
    const [lists] = batch.columns;
    if (!Array.isArray(lists)) matrix.data.set(lists.data);
  }
  return matrix;
}

async function* streamLists(
  input: string | ByteSource,
  { column, cols, signal }: { column?: string; cols?: number; signal?: AbortSignal },
): AsyncGenerator<Lists> {
  const name = typeof input === "string" ? input : input.name;
  let chosen = "";
  let total = 0;
  const batches = streamBatches(
    input,
    ({ columns, numberLists, rows }) => {
      chosen = column ?? chooseLists(name, columns, numberLists);
      total = rows;
      return [chosen];
    },
    signal,
  );
  let start = 0;
  for await (const { batch } of batches) {
    const [lists] = batch.columns;
    const width = cols ?? lengthOf(lists, 0);
    for (let i = 0; i < batch.rows; i++) {
      const length = lengthOf(lists, i);
      if (length !== undefined && length > 0 && length === width) continue;
      const expected = start + i === 0 && cols === undefined ? "some" : width;
      throw new FormatError(
        name,
        `row ${start + i}: expected ${expected} numbers in ${cutLine(chosen)}, got ${length || "something else"}`,
      );
    }
    if (width === undefined) continue;
    cols = width;
    const data = Array.isArray(lists) ? joined(lists as ArrayLike<number>[], cols) : lists.data;
    yield { start, total, rows: batch.rows, cols, data };
    start += batch.rows;
  }
}

/** How many numbers a list holds; undefined for anything else. */
function lengthOf(column: ColumnValues, row: number): number | undefined {
  if (!Array.isArray(column)) return column.offsets[row + 1] - column.offsets[row];
  const list = column[row];
  if (ArrayBuffer.isView(list)) return (list as Float32Array).length;
  const isNumbers = Array.isArray(list) && list.every((value) => typeof value === "number");
  return isNumbers ? list.length : undefined;
}

function joined(lists: readonly ArrayLike<number>[], cols: number): Float32Array {
  const data = new Float32Array(lists.length * cols);
  lists.forEach((list, i) => data.set(list, i * cols));
  return data;
}

function chooseLists(name: string, all: readonly string[], lists: readonly string[]): string {
  const chosen = embeddingName(lists);
  if (chosen !== undefined) return chosen;
  const found = lists.length > 0 ? `the lists ${listed(lists)}` : `the columns ${listed(all)}`;
  throw new FormatError(
    name,
    `expected one column of number lists, such as embedding, found ${found}; in Python: ` +
      'numpy.save("embeddings.npy", numpy.stack(pandas.read_parquet(FILE)[COLUMN]))',
  );
}
