import { FormatError } from "../../core/errors.js";
import { type Matrix, createMatrix } from "../../core/matrix.js";
import { listed } from "../../core/shown.js";
import type { ByteSource } from "../bytes/source.js";
import { embeddingName } from "../embedding-name.js";
import type { RowBlock, RowBlockOptions } from "../numpy/npy.js";
import type { BlockWish } from "./matrix-blocks.js";
import { type ParquetOptions, parquetFiles, streamAnswers } from "./parquet.js";

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
    for await (const { block } of streamBlocks(file, wish, signal)) parts.push(block);
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
