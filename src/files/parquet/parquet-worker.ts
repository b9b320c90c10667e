import { parentPort } from "node:worker_threads";
import { FormatError } from "../../core/errors.js";
import { type ByteSource, bytesSource, openSource } from "../bytes/source.js";
import type { RowBlock } from "../numpy/npy.js";
import { type BlockWish, matrixBlocks } from "./matrix-blocks.js";
import {
  type ListRows,
  type ParquetBatch,
  type ParquetFile,
  type ParquetSummary,
  openParquet,
} from "./parquet-groups.js";

/** A file that is read from now on: its path, or a name for its bytes. */
export interface ParquetTask {
  open: string;
  bytes?: Uint8Array;
}

/**
 * What a worker is asked: for a file's summary, for columns, a matrix or some of its rows that are read from now on, or for the next of
 * them, with memory that it may write over. "close" ends the file and is not answered.
 */
export type ParquetWish = ParquetTask | FirstWish | { spent: ArrayBuffer[] };

/** What of an open file is read from now on. */
export type FirstWish = { columns: readonly string[] } | { blocks: BlockWish } | ListRows;

/** What a worker answers. */
export type ParquetAnswer =
  | { kind: "summary"; summary: ParquetSummary }
  | { kind: "batch"; batch: ParquetBatch }
  | { kind: "block"; block: RowBlock }
  | { kind: "end" }
  | { kind: "refused"; problem: string };

interface OpenFile {
  source: ByteSource;
  file: ParquetFile;
  /** Memory of blocks that whoever asked has taken over. */
  spent: ArrayBuffer[];
}

function serve(): void {
  const port = parentPort;
  if (port === null) throw new Error("parquet-worker: expected to run as a worker thread");
  let name = "";
  let opened: OpenFile | undefined;
  let answers: AsyncGenerator<ParquetAnswer> | undefined;
  const answerTo = async (wish: ParquetWish): Promise<ParquetAnswer> => {
    if ("open" in wish) {
      name = wish.open;
      opened = await openFile(wish);
      return { kind: "summary", summary: opened.file.summary };
    }
    if ("spent" in wish) opened?.spent.push(...wish.spent);
    else if (opened !== undefined) answers = answersOf(opened, wish);
    const next = await answers?.next();
    return next === undefined || next.done ? { kind: "end" } : next.value;
  };
  port.on("message", (wish: ParquetWish | "close") => {
    if (wish === "close") {
      void opened?.source.close();
      [opened, answers] = [undefined, undefined];
      return;
    }
    void answerTo(wish)
      .catch((error: unknown): ParquetAnswer => {
        if (!(error instanceof FormatError)) throw error;
        return { kind: "refused", problem: error.message.slice(name.length + 2) };
      })
      .then((found) => port.postMessage(found, buffersOf(found)));
  });
}

async function* answersOf(
  { source, file, spent }: OpenFile,
  wish: FirstWish,
): AsyncGenerator<ParquetAnswer> {
  if ("rows" in wish) {
    yield { kind: "block", block: { start: 0, block: await file.listRows(wish) } };
    return;
  }
  if ("blocks" in wish) {
    for await (const block of matrixBlocks(source, file, wish.blocks, spent)) {
      yield { kind: "block", block };
    }
    return;
  }
  for await (const { columns, ...rows } of file.batches(wish.columns)) {
    // A message takes all that a view is a view of.
    const own = columns.map((column) =>
      Array.isArray(column) ? column : { ...column, data: column.data.slice() },
    );
    yield { kind: "batch", batch: { ...rows, columns: own } };
  }
}

async function openFile({ open: name, bytes }: ParquetTask): Promise<OpenFile> {
  const source = bytes ? bytesSource(name, bytes) : await openSource(name);
  try {
    return { source, file: await openParquet(source), spent: [] };
  } catch (error) {
    await source.close();
    throw error;
  }
}

function buffersOf(answer: ParquetAnswer): ArrayBuffer[] {
  if (answer.kind === "block") return [answer.block.block.data.buffer as ArrayBuffer];
  if (answer.kind !== "batch") return [];
  return answer.batch.columns.flatMap((column) =>
    Array.isArray(column)
      ? []
      : [column.data.buffer as ArrayBuffer, column.offsets.buffer as ArrayBuffer],
  );
}

serve();
