import module from "node:module";
import { parentPort, workerData } from "node:worker_threads";
import type { CallData, CallMessage } from "./call-messages.js";
import type { CommandContext } from "./command.js";
import { commands } from "./commands.js";
import { describeError } from "./describe-error.js";
import { checkInputs } from "./option-rules.js";

const PROGRESS_INTERVAL_MS = 100;

// Newer Nodes keep the library compiled from one call to the next.
(module as { enableCompileCache?: () => void }).enableCompileCache?.();

const data = workerData as CallData;
const send = (message: CallMessage): void => parentPort?.postMessage(message);

void runCommand()
  .catch((error: unknown) => {
    send({ kind: "error", error: describeError(error) });
    return false;
  })
  .then((failed) => send({ kind: "end", failed }));

/** Whether the command's result says that it failed. */
async function runCommand(): Promise<boolean> {
  const { name, values, positionals, json, packageRoot } = data;
  const command = commands.find((candidate) => candidate.name === name);
  if (command === undefined) throw new TypeError(`no command ${name}`);
  checkInputs(command, values);
  const context: CommandContext = {
    onProgress: createProgressSender(),
    signal: createStopSignal(),
    json,
    packageRoot,
    note: (line) => {
      if (!json) send({ kind: "lines", to: "stderr", lines: [line] });
    },
    onWarning: (warning) => send({ kind: "lines", to: "stderr", lines: [`warning: ${warning}`] }),
    print: (lines) => send({ kind: "lines", to: "stdout", lines }),
    prompt: (to, prompt) => send({ kind: "prompt", to, prompt }),
    input: () => {
      send({ kind: "input" });
      return process.stdin;
    },
  };
  const output = await command.run(values, positionals, context);
  if (json) send({ kind: "json", json: JSON.stringify(output.json, undefined, 2) });
  else context.print(output.lines);
  return output.failed === true;
}

/** Steps report more often than anyone reads. */
function createProgressSender(): CommandContext["onProgress"] {
  let step: string | undefined;
  let last = 0;
  return (progress) => {
    const now = performance.now();
    const isDone = progress.total !== undefined && progress.done >= progress.total;
    if (progress.step === step && !isDone && now - last < PROGRESS_INTERVAL_MS) return;
    step = isDone ? undefined : progress.step;
    last = now;
    send({ kind: "progress", progress });
  };
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
