import { openMatrix, streamMatrix } from "../files/matrix.js";
import { FormatError } from "../core/errors.js";
import { type Matrix, matrixRows, takeRows } from "../core/matrix.js";
import { interruptible } from "../core/interrupt.js";

/** Embeddings in memory, or the path of a file [N, d] that openMatrix reads, of any number type. */
export type EmbeddingSource = Matrix | string;

/** What to do with rows that are zero or hold NaN or Infinity. */
export interface BadRowOptions {
  /**
   * "error" refuses the whole input, naming the first bad rows and their number; "skip" leaves them out, so that the
   * rows after them move up: drop the same documents from the corpus. Default "error".
   */
  badRows?: "error" | "skip";
}

/** How embeddings are read. */
export interface StreamOptions extends BadRowOptions {
  rowsPerBlock: number;
  /** Stops between two blocks. */
  signal?: AbortSignal;
}

/** Some embeddings of a source, checked. */
export interface EmbeddingBlock {
  /** Row of the first one among those kept: without skipped rows, its row in the source. */
  start: number;
  /** [B, d] */
  embeddings: Matrix;
  /** Rows of the source that were left out of this block, ascending. */
  skipped: number[];
}

const NAMED_ROWS = 5;

/** Rows and width of a source. Throws FormatError for a file that holds no matrix. */
export async function embeddingShape(source: EmbeddingSource): Promise<{ N: number; d: number }> {
  if (typeof source !== "string") return { N: source.rows, d: source.cols };
  const file = await openMatrix(source);
  await file.close();
  return { N: file.rows, d: file.cols };
}

/**
 * The embeddings of a source, block by block in constant memory, every row checked.
 * Throws FormatError where there are none, where they are not `d` wide, and for bad rows unless those are skipped.
 */
export async function* streamEmbeddings(
  source: EmbeddingSource,
  d: number,
  { rowsPerBlock, badRows = "error", signal: given }: StreamOptions,
): AsyncGenerator<EmbeddingBlock> {
  const signal = interruptible(given);
  const name = typeof source === "string" ? source : "embeddings";
  const shape = await embeddingShape(source);
  if (shape.d !== d) {
    throw new FormatError(name, `embeddings must be ${d} wide for this SAE, got ${shape.d}`);
  }
  if (shape.N === 0) throw new FormatError(name, "contains no embeddings");
  const refused: { row: number; what: string }[] = [];
  let bad = 0;
  let kept = 0;
  for await (const { start, block } of readBlocks(source, rowsPerBlock)) {
    signal?.throwIfAborted();
    const found = findBadRows(block);
    bad += found.length;
    if (badRows === "skip") {
      const embeddings = found.length === 0 ? block : withoutRows(block, found);
      yield { start: kept, embeddings, skipped: found.map((i) => start + i) };
      kept += embeddings.rows;
      continue;
    }
    for (const i of found.slice(0, NAMED_ROWS - refused.length)) {
      refused.push({ row: start + i, what: describeRow(block, i) });
    }
    // After the first bad row nothing more is yielded; the rest is read to count the bad rows.
    if (bad === 0) yield { start, embeddings: block, skipped: [] };
  }
  if (badRows === "error" && bad > 0) {
    const rows = refused.map(({ row, what }) => `row ${row} ${what}`).join(", ");
    const more = bad > refused.length ? ` and ${bad - refused.length} more` : "";
    throw new FormatError(name, `${bad} of ${shape.N} embeddings cannot be used: ${rows}${more}`);
  }
}

async function* readBlocks(
  source: EmbeddingSource,
  rowsPerBlock: number,
): AsyncGenerator<{ start: number; block: Matrix }> {
  if (typeof source === "string") {
    yield* streamMatrix(source, { rowsPerBlock });
    return;
  }
  for (let start = 0; start < source.rows; start += rowsPerBlock) {
    const end = Math.min(source.rows, start + rowsPerBlock);
    yield { start, block: matrixRows(source, start, end) };
  }
}

/** Rows of a block that are zero or not finite: their sum of squares is 0 or no number. */
function findBadRows({ rows, cols, data }: Matrix): number[] {
  const found: number[] = [];
  for (let i = 0; i < rows; i++) {
    const end = (i + 1) * cols;
    let sum = 0;
    for (let at = i * cols; at < end; at++) sum += data[at] * data[at];
    // The largest float32 squared is far inside float64, so only bad values give Infinity.
    if (!(sum > 0 && sum < Infinity)) found.push(i);
  }
  return found;
}

function describeRow({ cols, data }: Matrix, i: number): string {
  for (let at = i * cols; at < (i + 1) * cols; at++) {
    if (!Number.isFinite(data[at])) return `contains ${data[at]}`;
  }
  return "is all zero";
}

function withoutRows(block: Matrix, bad: number[]): Matrix {
  const dropped = new Set(bad);
  const kept: number[] = [];
  for (let i = 0; i < block.rows; i++) if (!dropped.has(i)) kept.push(i);
  return takeRows(block, kept);
}
