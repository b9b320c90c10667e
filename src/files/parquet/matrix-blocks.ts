import { FormatError } from "../../core/errors.js";
import { type Matrix, createMatrix } from "../../core/matrix.js";
import { cutLine } from "../../core/shown.js";
import type { ByteSource } from "../bytes/source.js";
import type { RowBlock } from "../numpy/npy.js";
import type { ColumnValues } from "./column-slabs.js";
import { type ParquetFile, mostValues } from "./parquet-groups.js";

/** Numbers of a block of no given number of rows: few enough for the processor's cache, where the thread that copies them finds them. */
const NUMBERS = 1024 * 1024;

/** Rows `start` to `end` of a column of number lists, as blocks of a matrix. */
export interface BlockWish {
  column: string;
  start: number;
  end: number;
  /** Default as many as have 4 MB. */
  rowsPerBlock?: number;
  /** How long the lists are. Default as the first one read. */
  cols?: number;
}

/**
 * Rows of a column of number lists of equal length, written to blocks as they are decoded, in memory of `spent` where there is any. Throws
 * FormatError for rows of another length.
 */
export async function* matrixBlocks(
  source: ByteSource,
  file: Pick<ParquetFile, "batches">,
  { column, start, end, rowsPerBlock, cols: given }: BlockWish,
  spent: ArrayBuffer[] = [],
): AsyncGenerator<RowBlock> {
  let block: Matrix | undefined;
  let cols = given;
  let from = start;
  let filled = 0;
  for await (const { start: first, rows, columns } of file.batches([column], start)) {
    const [lists] = columns;
    const width: number = requireLength(source.name, lists, { column, first, rows, cols });
    cols = width;
    const most = rowsPerBlock ?? Math.max(1, Math.floor(NUMBERS / width));
    const last = Math.min(end, first + rows);
    for (let row = Math.max(start, first); row < last;) {
      block ??= allocate(source, { rows: Math.min(most, end - from), cols: width }, spent);
      const count = Math.min(block.rows - filled, last - row);
      fill(block.data.subarray(filled * width), lists, row - first, count, width);
      filled += count;
      row += count;
      if (filled < block.rows) continue;
      yield { start: from, block };
      [from, filled, block] = [from + block.rows, 0, undefined];
    }
    if (last === end) return;
  }
}

/** The length of all lists of a batch. Throws FormatError where they have not the same. */
function requireLength(
  name: string,
  lists: ColumnValues,
  { column, first, rows, cols }: { column: string; first: number; rows: number; cols?: number },
): number {
  const width = cols ?? lengthOf(lists, 0) ?? 0;
  for (let i = 0; i < rows; i++) {
    const length = lengthOf(lists, i);
    if (length !== undefined && length > 0 && length === width) continue;
    const expected = first + i === 0 && cols === undefined ? "some" : width;
    throw new FormatError(
      name,
      `row ${first + i}: expected ${expected} numbers in ${cutLine(column)}, got ${length || "something else"}`,
    );
  }
  return width;
}

/** How many numbers a list holds; undefined for anything else. */
function lengthOf(column: ColumnValues, row: number): number | undefined {
  if (!Array.isArray(column)) return column.offsets[row + 1] - column.offsets[row];
  const list = column[row];
  if (ArrayBuffer.isView(list)) return (list as Float32Array).length;
  const isNumbers = Array.isArray(list) && list.every((value) => typeof value === "number");
  return isNumbers ? list.length : undefined;
}

function fill(
  target: Float32Array,
  lists: ColumnValues,
  start: number,
  rows: number,
  cols: number,
): void {
  if (!Array.isArray(lists)) {
    target.set(lists.data.subarray(start * cols, (start + rows) * cols));
    return;
  }
  for (let i = 0; i < rows; i++) target.set(lists[start + i] as ArrayLike<number>, i * cols);
}

function allocate(
  { name, byteLength }: ByteSource,
  { rows, cols }: Omit<Matrix, "data">,
  spent: ArrayBuffer[],
): Matrix {
  const memory = spent.pop();
  if (memory === undefined || memory.byteLength < rows * cols * Float32Array.BYTES_PER_ELEMENT) {
    return allocateRows(name, byteLength, { rows, cols });
  }
  return { rows, cols, data: new Float32Array(memory, 0, rows * cols) };
}

/** Memory for rows that a file of `bytes` claims: the system gives it as they are written. Throws FormatError where it cannot. */
export function allocateRows(
  name: string,
  bytes: number,
  { rows, cols }: Omit<Matrix, "data">,
): Matrix {
  if (rows * cols > mostValues(bytes)) {
    throw new FormatError(
      name,
      `claims ${rows} rows of ${cols} numbers, more than its ${bytes} bytes can make`,
    );
  }
  try {
    return createMatrix(rows, cols);
  } catch (cause) {
    const problem = `${rows} rows of ${cols} numbers do not fit into memory at once`;
    throw new FormatError(name, problem, { cause });
  }
}
