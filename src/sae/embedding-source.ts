import { basename } from "node:path";
import { type MatrixFile, matrixShards, streamMatrix } from "../files/matrix.js";
import { FormatError } from "../core/errors.js";
import { type Matrix, createMatrix, matrixRows, takeRows } from "../core/matrix.js";
import { interruptible } from "../core/interrupt.js";

/** Embeddings in memory, or a file [N, d] or folder of shards that openMatrix reads, of any number type. */
export type EmbeddingSource = Matrix | MatrixFile;

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
  /** As in streamMatrix: whether a later block may take the memory of one. Default false. */
  reuse?: boolean;
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
const CHECKED_ROWS = 4096;
// Of the bits of a float32.
const MAGNITUDE = 0x7fffffff;
const ONE_EXPONENT = 0x00800000;

/** Rows and width of a source. Throws FormatError for a file that holds no matrix. */
export async function embeddingShape(source: EmbeddingSource): Promise<{ N: number; d: number }> {
  if (isMatrix(source)) return { N: source.rows, d: source.cols };
  const shards = await matrixShards(source);
  return { N: shards.reduce((sum, { rows }) => sum + rows, 0), d: shards[0].cols };
}

/**
 * The embeddings of a source, block by block in constant memory, every row checked.
 * Throws FormatError where there are none, where they are not `d` wide, and for bad rows unless those are skipped.
 */
export async function* streamEmbeddings(
  source: EmbeddingSource,
  d: number,
  { rowsPerBlock, reuse, badRows = "error", signal: given }: StreamOptions,
): AsyncGenerator<EmbeddingBlock> {
  const signal = interruptible(given);
  const name = sourceName(source);
  const shape = await embeddingShape(source);
  if (shape.d !== d) {
    throw new FormatError(name, `embeddings must be ${d} wide for this SAE, got ${shape.d}`);
  }
  if (shape.N === 0) throw new FormatError(name, "contains no embeddings");
  const refused: { row: number; what: string }[] = [];
  let bad = 0;
  let kept = 0;
  for await (const { start, block } of readBlocks(source, { rowsPerBlock, reuse })) {
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
    const places = await Promise.all(refused.map(({ row }) => placeOf(source, row)));
    const rows = refused.map(({ what }, i) => `${places[i]} ${what}`).join(", ");
    const more = bad > refused.length ? ` and ${bad - refused.length} more` : "";
    throw new FormatError(name, `${bad} of ${shape.N} embeddings cannot be used: ${rows}${more}`);
  }
}

/** Rows `start` up to `end`, unchecked. */
export async function readRows(
  source: EmbeddingSource,
  start: number,
  end: number,
): Promise<Matrix> {
  if (isMatrix(source)) return matrixRows(source, start, end);
  let rows = createMatrix(0, 0);
  // A run over the end of a shard comes in parts.
  for await (const { start: at, block } of streamMatrix(source, { start, end, reuse: true })) {
    if (rows.rows === 0) rows = createMatrix(end - start, block.cols);
    rows.data.set(block.data, (at - start) * block.cols);
  }
  return rows;
}

function isMatrix(source: EmbeddingSource): source is Matrix {
  return typeof source !== "string" && "data" in source;
}

/** What errors call a source. */
export function sourceName(source: EmbeddingSource): string {
  if (isMatrix(source)) return "embeddings";
  return typeof source === "string" ? source : source.path;
}

/** A row in words, with its file where there are several. */
async function placeOf(source: EmbeddingSource, row: number): Promise<string> {
  const shards = isMatrix(source) ? [] : await matrixShards(source);
  const shard = shards.find(({ start, rows }) => row < start + rows);
  if (shard === undefined || shards.length === 1) return `row ${row}`;
  return `row ${row - shard.start} of ${basename(shard.file)}`;
}

/** Throws FormatError, naming the file and its first such rows, where rows are zero or not finite. */
export async function requireRows(file: EmbeddingSource, signal?: AbortSignal): Promise<void> {
  const { d } = await embeddingShape(file);
  const blocks = streamEmbeddings(file, d, { rowsPerBlock: CHECKED_ROWS, reuse: true, signal });
  while (!(await blocks.next()).done);
}

async function* readBlocks(
  source: EmbeddingSource,
  { rowsPerBlock, reuse }: Pick<StreamOptions, "rowsPerBlock" | "reuse">,
): AsyncGenerator<{ start: number; block: Matrix }> {
  if (!isMatrix(source)) {
    yield* streamMatrix(source, { rowsPerBlock, reuse });
    return;
  }
  for (let start = 0; start < source.rows; start += rowsPerBlock) {
    const end = Math.min(source.rows, start + rowsPerBlock);
    yield { start, block: matrixRows(source, start, end) };
  }
}

/** Rows of a block that are zero or not finite, by the bits of their float32 without the sign. */
function findBadRows({ rows, cols, data }: Matrix): number[] {
  const bits = new Int32Array(data.buffer, data.byteOffset, data.length);
  const found: number[] = [];
  for (let i = 0; i < rows; i++) {
    const end = (i + 1) * cols;
    let at = i * cols;
    let any = 0;
    // NaN and Infinity have an exponent of ones alone: one more carries into the sign.
    let carried = 0;
    for (; at + 4 <= end; at += 4) {
      const a = bits[at] & MAGNITUDE;
      const b = bits[at + 1] & MAGNITUDE;
      const c = bits[at + 2] & MAGNITUDE;
      const e = bits[at + 3] & MAGNITUDE;
      any |= a | b | c | e;
      carried |= (a + ONE_EXPONENT) | (b + ONE_EXPONENT) | (c + ONE_EXPONENT) | (e + ONE_EXPONENT);
    }
    for (; at < end; at++) {
      const size = bits[at] & MAGNITUDE;
      any |= size;
      carried |= size + ONE_EXPONENT;
    }
    if (any === 0 || carried < 0) found.push(i);
  }
  return found;
}

function describeRow({ cols, data }: Matrix, i: number): string {
  for (let at = i * cols; at < (i + 1) * cols; at++) {
    if (!Number.isFinite(data[at])) return `contains ${data[at]}`;
  }
  return "is all zeros";
}

function withoutRows(block: Matrix, bad: number[]): Matrix {
  const dropped = new Set(bad);
  const kept: number[] = [];
  for (let i = 0; i < block.rows; i++) if (!dropped.has(i)) kept.push(i);
  return takeRows(block, kept);
}
