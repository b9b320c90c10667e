import { parentPort, workerData } from "node:worker_threads";
import { setImmediate as turn } from "node:timers/promises";
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

/** What a worker is started with. */
export interface ParquetTask {
  /** Path of the file, or the name of the bytes. */
  name: string;
  bytes?: Uint8Array;
}

/** What a worker is asked: for columns, a matrix or some of its rows that are read from now on, or for the next of them. */
export type ParquetWish =
  { columns: readonly string[] } | { blocks: BlockWish } | ListRows | "next";

/** What a worker answers; the summary comes unasked. */
export type ParquetAnswer =
  | { kind: "summary"; summary: ParquetSummary }
  | { kind: "batch"; batch: ParquetBatch }
  | { kind: "block"; block: RowBlock }
  | { kind: "end" }
  | { kind: "refused"; problem: string };

async function serve(): Promise<void> {
  const port = parentPort;
  if (port === null) throw new Error("parquet-worker: expected to run as a worker thread");
  const { name, bytes } = workerData as ParquetTask;
  const answer = async (work: () => Promise<ParquetAnswer>): Promise<void> => {
    let found: ParquetAnswer;
    try {
      found = await work();
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      found = { kind: "refused", problem: error.message.slice(name.length + 2) };
    }
    port.postMessage(found, buffersOf(found));
  };
  // What runs before the loop does counts as no work of this thread.
  await turn();
  const open = openFile(name, bytes);
  let answers: AsyncGenerator<ParquetAnswer> | undefined;
  port.on("message", (wish: ParquetWish) => {
    void answer(async () => {
      if (wish !== "next") answers = answersOf(await open, wish);
      const next = await answers?.next();
      return next === undefined || next.done ? { kind: "end" } : next.value;
    });
  });
  await answer(async () => ({ kind: "summary", summary: (await open).file.summary }));
}

async function* answersOf(
  { source, file }: { source: ByteSource; file: ParquetFile },
  wish: Exclude<ParquetWish, "next">,
): AsyncGenerator<ParquetAnswer> {
  if ("rows" in wish) {
    yield { kind: "block", block: { start: 0, block: await file.listRows(wish) } };
    return;
  }
  if ("blocks" in wish) {
    for await (const block of matrixBlocks(source, file, wish.blocks))
      yield { kind: "block", block };
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

async function openFile(
  name: string,
  bytes: Uint8Array | undefined,
): Promise<{ source: ByteSource; file: ParquetFile }> {
  const source = bytes ? bytesSource(name, bytes) : await openSource(name);
  try {
    return { source, file: await openParquet(source) };
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

await serve();
