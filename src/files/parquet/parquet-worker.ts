import { parentPort, workerData } from "node:worker_threads";
import { FormatError } from "../../core/errors.js";
import { readGroups } from "./parquet-groups.js";
import { bytesSource, openSource } from "../bytes/source.js";

/** What a worker is started with. */
export interface ParquetTask {
  /** Path of the file, or the name of the bytes. */
  name: string;
  bytes?: Uint8Array;
  columns?: readonly string[];
}

/** What a worker answers to each wish for the next row group. */
export type ParquetAnswer =
  | { kind: "rows"; rows: Record<string, unknown>[] }
  | { kind: "end" }
  | { kind: "refused"; problem: string };

async function serve(): Promise<void> {
  const port = parentPort;
  if (port === null) throw new Error("parquet-worker: expected to run as a worker thread");
  const { name, bytes, columns } = workerData as ParquetTask;
  const open = bytes ? Promise.resolve(bytesSource(name, bytes)) : openSource(name);
  const groups = open.then((source) => readGroups(source, columns));
  groups.catch(() => undefined);
  port.on("message", () => {
    void groups
      .then((generator) => generator.next())
      .then(({ done, value }): ParquetAnswer =>
        done ? { kind: "end" } : { kind: "rows", rows: value },
      )
      .catch((error: unknown): ParquetAnswer => {
        if (!(error instanceof FormatError)) throw error;
        return { kind: "refused", problem: error.message.slice(name.length + 2) };
      })
      .then((answer) => port.postMessage(answer));
  });
  port.postMessage("ready");
  await groups.catch(() => undefined);
}

await serve();
