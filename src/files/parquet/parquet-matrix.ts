import { stat } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { FormatError } from "../../core/errors.js";
import { type Matrix, createMatrix } from "../../core/matrix.js";
import { listed } from "../../core/shown.js";
import type { ByteSource } from "../bytes/source.js";
import { embeddingName } from "../embedding-name.js";
import type { RowBlock, RowBlockOptions } from "../numpy/npy.js";
import { allocateRows } from "./allocate-rows.js";
import type { BlockWish } from "./matrix-blocks.js";
import {
  MOST_THREADS,
  type ParquetOptions,
  parquetFiles,
  parquetSummary,
  streamAnswers,
} from "./parquet.js";

/** Bytes of a file from which on several threads decode it, and about how many each hands over at once. */
const LARGE = 32 * 1024 * 1024;
const PART = 4 * 1024 * 1024;

/**
 * A column of number lists of equal length, such as embeddings, as a Matrix; without a name the only such column. Throws
 * FormatError as streamParquetRows does, and for rows of another length.
 */
export async function readParquetMatrix(
  input: string | ByteSource,
  column?: string,
  { signal }: Pick<ParquetOptions, "signal"> = {},
): Promise<Matrix> {
  const parts: Matrix[] = [];
  const files = typeof input === "string" ? await parquetFiles(input) : [input];
  for (const file of files) {
    const wish = { column, cols: parts.at(0)?.cols };
    const shared = typeof file === "string" ? await shareOut(file) : undefined;
    if (shared !== undefined) parts.push(await readTogether(shared, wish, signal));
    else for await (const { block } of streamBlocks(file, wish, signal)) parts.push(block);
  }
  if (parts.length === 1) return parts[0];
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  const matrix = createMatrix(rows, parts.at(0)?.cols ?? 0);
  let at = 0;
  for (const { data } of parts) {
    matrix.data.set(data, at);
    at += data.length;
  }
  return matrix;
}

/** Rows of a large file for each of several threads, at bounds of row groups. */
export interface SharedFile {
  file: string;
  rows: number;
  rowsPerBlock: number;
  ranges: { start: number; end: number }[];
}

/** How threads share a file of `large` bytes or more; undefined where one is to decode it, as it is smaller or in one row group. */
export async function shareOut(
  file: string,
  threads: number = Math.min(MOST_THREADS, availableParallelism()),
  large: number = LARGE,
): Promise<SharedFile | undefined> {
  const size = (await stat(file).catch(() => undefined))?.size ?? 0;
  if (threads < 2 || size < large) return undefined;
  const { rows, groups } = await parquetSummary(file);
  const shares = Array.from({ length: threads }, (_, i) => (rows * i) / threads);
  const found = new Set(shares.map((share) => groups.find((start) => start >= share)));
  const starts = [...found].filter((start) => start !== undefined && start < rows) as number[];
  if (starts.length < 2) return undefined;
  const ranges = starts.map((start, i) => ({ start, end: starts.at(i + 1) ?? rows }));
  return { file, rows, ranges, rowsPerBlock: Math.max(1, Math.round((PART * rows) / size)) };
}

/** A file that several threads decode. Where more than one of them fails, what is thrown is the error of the first rows. */
export async function readTogether(
  { file, rows, rowsPerBlock, ranges: [first, ...others] }: SharedFile,
  wish: Partial<BlockWish>,
  signal?: AbortSignal,
): Promise<Matrix> {
  const failed = new AbortController();
  const stop = AbortSignal.any([failed.signal, ...(signal === undefined ? [] : [signal])]);
  const blocks = streamBlocks(file, { ...wish, ...first, rowsPerBlock }, stop);
  const head = await blocks.next();
  if (head.done) throw new FormatError(file, `claims ${rows} rows, but has none`);
  // All lists are as long as the first one.
  const { cols } = head.value.block;
  const matrix = allocateRows(file, rows, cols);
  matrix.data.set(head.value.block.data);
  const fill = async (rest: AsyncIterable<RowBlock>): Promise<void> => {
    for await (const { start, block } of rest) matrix.data.set(block.data, start * cols);
  };
  const running = [
    fill(blocks),
    ...others.map((range) =>
      fill(streamBlocks(file, { ...wish, ...range, rowsPerBlock, cols }, stop)),
    ),
  ];
  for (const part of running) part.catch(() => undefined);
  try {
    for (const part of running) await part;
  } finally {
    failed.abort();
    await Promise.allSettled(running);
  }
  return matrix;
}

/** Rows and length of the number lists of a file, of which the first are read. Throws FormatError where there are none. */
export async function parquetShape(
  file: string,
  column?: string,
): Promise<{ rows: number; cols: number }> {
  for await (const { total, block } of streamBlocks(file, { column, rowsPerBlock: 1 })) {
    return { rows: total, cols: block.cols };
  }
  throw new FormatError(file, "contains no embeddings");
}

/** Number lists of a file as blocks of a matrix, in constant memory. Throws as readParquetMatrix does. */
export function streamParquetMatrix(
  file: string,
  column: string | undefined,
  range: Required<RowBlockOptions>,
): AsyncGenerator<RowBlock> {
  return streamBlocks(file, { column, ...range });
}

/** Some rows of a file's number lists [rows, cols], by their ascending numbers, which decodes only the pages that hold them. */
export async function readListRows(
  file: string,
  column: string | undefined,
  rows: readonly number[],
  cols: number,
): Promise<Matrix> {
  const answers = streamAnswers(file, ({ columns, numberLists }) => ({
    ...{ column: column ?? chooseLists(file, columns, numberLists), rows, width: cols },
  }));
  let found = createMatrix(0, cols);
  for await (const answer of answers) if (answer.kind === "block") found = answer.block.block;
  return found;
}

/** Blocks of a file, all rows in one unless `wish` says otherwise, with the rows of the file. */
async function* streamBlocks(
  input: string | ByteSource,
  wish: Partial<BlockWish>,
  signal?: AbortSignal,
): AsyncGenerator<RowBlock & { total: number }> {
  const name = typeof input === "string" ? input : input.name;
  let total = 0;
  const answers = streamAnswers(
    input,
    ({ columns, numberLists, rows }) => {
      total = rows;
      const { start = 0, end = rows, rowsPerBlock = rows, cols } = wish;
      const column = wish.column ?? chooseLists(name, columns, numberLists);
      return { blocks: { column, start, end, rowsPerBlock, cols } };
    },
    signal,
  );
  for await (const answer of answers) if (answer.kind === "block") yield { total, ...answer.block };
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
