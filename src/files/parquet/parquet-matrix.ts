import { availableParallelism } from "node:os";
import { FormatError } from "../../core/errors.js";
import { type Matrix, createMatrix } from "../../core/matrix.js";
import { listed } from "../../core/shown.js";
import type { ByteSource } from "../bytes/source.js";
import { embeddingName } from "../embedding-name.js";
import { fileStamp } from "../file-stamp.js";
import type { RowBlock, RowBlockOptions } from "../numpy/npy.js";
import { type BlockWish, allocateRows } from "./matrix-blocks.js";
import type { ParquetSummary } from "./parquet-groups.js";
import type { FirstWish } from "./parquet-worker.js";
import { MOST_THREADS, type ParquetOptions, parquetFiles, streamAnswers } from "./parquet.js";

/** Bytes of a file from which on several threads decode it: to start one takes as long as to read some MB. */
const LARGE = 32 * 1024 * 1024;

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
    parts.push(await readLists(file, { column, cols: parts.at(0)?.cols }, { signal }));
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

/**
 * All number lists of a file: threads decode its row groups into small blocks, used again and again, which are copied into the matrix
 * meanwhile. Where several threads fail, the error of the first rows is thrown. Throws FormatError as well where the file changes while
 * several threads read it, as each opens it for itself.
 */
export async function readLists(
  input: string | ByteSource,
  wish: Partial<BlockWish>,
  { signal, threads = availableParallelism(), large = LARGE }: ReadOptions = {},
): Promise<Matrix> {
  const failed = new AbortController();
  const stop = AbortSignal.any([failed.signal, ...(signal === undefined ? [] : [signal])]);
  const open = (wishOf: (summary: ParquetSummary) => Partial<BlockWish>): Blocks => {
    const spent: ArrayBuffer[] = [];
    return { blocks: streamBlocks(input, wishOf, { signal: stop, spent }), spent };
  };
  const stampOf = async (): Promise<string | undefined> =>
    typeof input === "string" ? fileStamp(input) : undefined;
  const stamp = await stampOf();
  let others: RowRange[] = [];
  const first = open((summary) => {
    const isShared = typeof input === "string" && summary.size >= large;
    const [share, ...rest] = shareOut(summary, isShared ? Math.min(threads, MOST_THREADS) : 1);
    others = rest;
    return { ...wish, ...share };
  });
  let running: Promise<void>[] = [];
  try {
    const head = await first.blocks.next();
    if (head.done) return createMatrix(0, wish.cols ?? 0);
    const { block, summary } = head.value;
    const { cols } = block;
    const matrix = allocateRows(nameOf(input), summary.size, { rows: summary.rows, cols });
    matrix.data.set(block.data);
    const fill = async ({ blocks, spent }: Blocks): Promise<void> => {
      for await (const { start, block: part } of blocks) {
        matrix.data.set(part.data, start * cols);
        spent.push(part.data.buffer as ArrayBuffer);
      }
    };
    const more = others.map((share) => open(() => ({ ...wish, ...share, cols })));
    running = [first, ...more].map(fill);
    for (const part of running) part.catch(() => undefined);
    for (const part of running) await part;
    if (others.length > 0 && (await stampOf()) !== stamp)
      throw new FormatError(nameOf(input), "was written again while it was read");
    return matrix;
  } finally {
    failed.abort();
    await Promise.allSettled(running);
    await first.blocks.return(undefined);
  }
}

/** Blocks as they come, and the memory of those that were copied. */
interface Blocks {
  blocks: AsyncGenerator<ShapedBlock>;
  spent: ArrayBuffer[];
}

/** How a file is read: by at most so many threads (default one per processor) if it has `large` bytes, else by one. */
interface ReadOptions extends Pick<ParquetOptions, "signal"> {
  threads?: number;
  large?: number;
}

interface RowRange {
  start: number;
  end: number;
}

/** Rows for each of at most so many threads, at bounds of row groups. */
export function shareOut(
  { rows, groups }: Pick<ParquetSummary, "rows" | "groups">,
  threads: number,
): RowRange[] {
  const shares = Array.from({ length: threads }, (_, i) => (rows * i) / threads);
  const starts = new Set(shares.map((share) => groups.find((start) => start >= share) ?? rows));
  const found = [...starts].filter((start) => start < rows);
  return found.map((start, i) => ({ start, end: found.at(i + 1) ?? rows }));
}

/** Rows and length of the number lists of a file, of which the first are read. Throws FormatError where there are none. */
export async function parquetShape(
  file: string,
  column?: string,
): Promise<{ rows: number; cols: number }> {
  for await (const { summary, block } of streamBlocks(file, () => ({ column, rowsPerBlock: 1 }))) {
    return { rows: summary.rows, cols: block.cols };
  }
  throw new FormatError(file, "contains no embeddings");
}

/** Number lists of a file as blocks of a matrix, in constant memory. Throws as readParquetMatrix does. */
export function streamParquetMatrix(
  file: string,
  column: string | undefined,
  range: Required<Omit<RowBlockOptions, "reuse">>,
): AsyncGenerator<RowBlock> {
  return streamBlocks(file, () => ({ column, ...range }));
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

type ShapedBlock = RowBlock & { summary: ParquetSummary };

/** Blocks of a file, of all rows unless the wish says otherwise, with what its footer says. */
async function* streamBlocks(
  input: string | ByteSource,
  wishOf: (summary: ParquetSummary) => Partial<BlockWish>,
  { signal, spent }: { signal?: AbortSignal; spent?: ArrayBuffer[] } = {},
): AsyncGenerator<ShapedBlock> {
  let summary: ParquetSummary | undefined;
  const choose = (found: ParquetSummary): FirstWish => {
    summary = found;
    const { start = 0, end = found.rows, ...wish } = wishOf(found);
    const column = wish.column ?? chooseLists(nameOf(input), found.columns, found.numberLists);
    return { blocks: { ...wish, column, start, end } };
  };
  for await (const answer of streamAnswers(input, choose, signal, spent)) {
    if (answer.kind === "block" && summary !== undefined) yield { summary, ...answer.block };
  }
}

function nameOf(input: string | ByteSource): string {
  return typeof input === "string" ? input : input.name;
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
