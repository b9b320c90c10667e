import module from "node:module";
import path from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import type { CallData, CallMessage } from "./call-messages.js";
import { commands } from "./commands.js";
import { describeError } from "./describe-error.js";
import { runCommand } from "./run-command.js";
import { watchTemporaries } from "../files/atomic-file.js";

// Newer Nodes keep the library compiled from one call to the next.
(module as { enableCompileCache?: () => void }).enableCompileCache?.();

const data = workerData as CallData;
const send = (message: CallMessage): void => parentPort?.postMessage(message);

watchTemporaries((file) => send({ kind: "temporary", file: path.resolve(file) }));

void run()
  .catch((error: unknown) => {
    send({ kind: "error", error: describeError(error) });
    return false;
  })
  .then((failed) => send({ kind: "end", failed }));

/** Whether the command's result says that it failed. */
async function run(): Promise<boolean> {
  const { name, packageRoot, ...call } = data;
  const command = commands.find((candidate) => candidate.name === name);
  if (command === undefined) throw new TypeError(`no command ${name}`);
  const input = (): NodeJS.ReadableStream => {
    send({ kind: "input" });
    return process.stdin;
  };
  return runCommand({ ...call, command }, { packageRoot, signal: createStopSignal(), input, send });
}

/** Aborted by the first Ctrl-C. No message arrives during synchronous work, which therefore finds the shared number changed. */
function createStopSignal(): AbortSignal {
  const { stop } = data;
  const controller = new AbortController();
  const { signal } = controller;
  const abort = (cause?: unknown): void =>
    controller.abort(new Error("interrupted; run the same command again to continue", { cause }));
  parentPort?.on("message", abort);
  parentPort?.unref();
  const { aborted } = Object.getOwnPropertyDescriptors(AbortSignal.prototype);
  Object.defineProperties(signal, {
    aborted: {
      get: () => {
        if (aborted.get?.call(signal) !== true && Atomics.load(stop, 0) === 1) abort();
        return aborted.get?.call(signal) as boolean;
      },
    },
    throwIfAborted: {
      value: () => {
        if (signal.aborted) throw signal.reason;
      },
    },
  });
  return signal;
}
