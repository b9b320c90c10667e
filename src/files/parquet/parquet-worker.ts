import { parentPort, workerData } from "node:worker_threads";
import { setImmediate as turn } from "node:timers/promises";
import { FormatError } from "../../core/errors.js";
import { bytesSource, openSource } from "../bytes/source.js";
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

/** What a worker is asked: for the columns that are read from now on, for some rows of one, or for the next of them. */
export type ParquetWish = { columns: readonly string[] } | ListRows | "next";

/** What a worker answers; the summary comes unasked. */
export type ParquetAnswer =
  | { kind: "summary"; summary: ParquetSummary }
  | { kind: "batch"; batch: ParquetBatch }
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
    const lists =
      found.kind === "batch" ? found.batch.columns.flatMap((column) => buffersOf(column)) : [];
    port.postMessage(found, lists);
  };
  // What runs before the loop does counts as no work of this thread.
  await turn();
  const open = openFile(name, bytes);
  let batches: AsyncGenerator<ParquetBatch> | undefined;
  port.on("message", (wish: ParquetWish) => {
    void answer(async () => {
      if (wish !== "next") {
        batches = "rows" in wish ? (await open).listRows(wish) : (await open).batches(wish.columns);
      }
      const next = await batches?.next();
      return next === undefined || next.done
        ? { kind: "end" }
        : { kind: "batch", batch: next.value };
    });
  });
  await answer(async () => ({ kind: "summary", summary: (await open).summary }));
}

async function openFile(name: string, bytes: Uint8Array | undefined): Promise<ParquetFile> {
  const source = bytes ? bytesSource(name, bytes) : await openSource(name);
  try {
    return await openParquet(source);
  } catch (error) {
    await source.close();
    throw error;
  }
}

function buffersOf(column: ParquetBatch["columns"][number]): ArrayBuffer[] {
  return Array.isArray(column)
    ? []
    : [column.data.buffer as ArrayBuffer, column.offsets.buffer as ArrayBuffer];
}

await serve();
