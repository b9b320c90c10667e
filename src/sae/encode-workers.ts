import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { FormatError } from "../core/errors.js";
import type { EngineName } from "../engine/engine-names.js";
import type { ShardTask } from "./encode-shard.js";
import type { LoadOptions } from "./formats/format.js";

/** What a worker works with. */
export interface WorkerSetup {
  saeFile: string;
  load: LoadOptions;
  device?: EngineName;
  threads?: number;
}

/** What a worker receives: first what it works with, then a shard at a time. */
export type WorkerWish = { setup: WorkerSetup } | { task: ShardTask };

/** What a worker answers: documents encoded since the last answer, the end of a shard, or why there is none. */
export type WorkerAnswer =
  | { kind: "ready" }
  | { kind: "documents"; documents: number }
  | { kind: "failed"; problem: string; path?: string };

/** Encodes shards in processes of their own, each of which takes the next shard when it has done one. */
export async function encodeInWorkers(
  tasks: readonly ShardTask[],
  setup: WorkerSetup,
  {
    workers = 1,
    onDocuments,
    signal,
  }: { workers?: number; onDocuments: (documents: number) => void; signal?: AbortSignal },
): Promise<void> {
  const waiting = [...tasks];
  const children = new Set<ChildProcess>();
  // Without its channel a worker stops at the next block and leaves nothing behind.
  const stop = (): void => children.forEach((child) => child.connected && child.disconnect());
  signal?.addEventListener("abort", stop);
  const work = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const child = fork(fileURLToPath(new URL("./encode-worker.js", import.meta.url)), [], {
        execArgv: [],
        stdio: ["ignore", "ignore", "inherit", "ipc"],
      });
      children.add(child);
      let isDone = false;
      let failure: Error | undefined;
      child.on("message", (message) => {
        const answer = message as WorkerAnswer;
        if (answer.kind === "documents") onDocuments(answer.documents);
        else if (answer.kind === "failed") {
          const { problem, path } = answer;
          failure = path === undefined ? new Error(problem) : new FormatError(path, problem);
          child.disconnect();
        } else {
          const task = waiting.shift();
          isDone = task === undefined;
          if (task === undefined) child.disconnect();
          else child.send({ task } satisfies WorkerWish);
        }
      });
      child.on("error", (error) => {
        failure ??= error;
        // One that did not start does not end either.
        if (child.pid === undefined) reject(error);
      });
      // Not "close", which does not come where this side has closed the channel.
      child.on("exit", (code, ended) => {
        children.delete(child);
        if (failure !== undefined) reject(failure);
        else if (isDone) resolve();
        else {
          const how = ended ?? `exit code ${code ?? "unknown"}`;
          reject(
            new Error(
              `encode: a worker ended (${how}) before it finished its shard: encode again to continue`,
            ),
          );
        }
      });
      child.send({ setup } satisfies WorkerWish);
    });
  let failed: Error | undefined;
  try {
    const one = async (): Promise<void> => {
      try {
        await work();
      } catch (error) {
        // What ends the others is this, not what they say of it.
        failed ??= error instanceof Error ? error : new Error(String(error));
        stop();
      }
    };
    await Promise.all(Array.from({ length: Math.min(workers, tasks.length) }, one));
  } finally {
    signal?.removeEventListener("abort", stop);
  }
  signal?.throwIfAborted();
  if (failed !== undefined) throw failed;
}
