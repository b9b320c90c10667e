import { rmSync } from "node:fs";
import { Worker } from "node:worker_threads";
import type { CallData, CallMessage, DescribedError } from "./call-messages.js";
import { describeError } from "./describe-error.js";
import type { Call } from "./parse.js";
import { printLines } from "./print.js";
import { createProgressDisplay } from "./progress-display.js";
import { showMessage } from "./show-message.js";

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/**
 * Runs a command in a thread of its own and prints what that sends: progress to standard error, the result to standard
 * output. This thread only waits, so that it hears Ctrl-C also while the command computes: the first asks the command to
 * stop, the second ends the process. Gives the command's error, or undefined where it succeeded.
 */
export async function runCall(
  { command, values, positionals, json }: Call,
  packageRoot: string,
): Promise<DescribedError | undefined> {
  const display = createProgressDisplay(process.stderr);
  const stop = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const data: CallData = { name: command.name, values, positionals, json, packageRoot, stop };
  const thread = new Worker(new URL("./call-thread.js", import.meta.url), {
    workerData: data,
    stdin: true,
  });
  const temporaries: string[] = [];
  const onSignal = (signal: NodeJS.Signals): void => {
    display.close();
    if (Atomics.exchange(stop, 0, 1) === 0) {
      printLines(process.stderr, ["stopping; press Ctrl-C again to stop at once"]);
      thread.postMessage(signal);
      return;
    }
    // After the messages that have come: they may name a temporary file.
    setImmediate(() => {
      for (const file of temporaries) rmSync(file, { force: true });
      // process.exit would wait for the thread; the system's own handling of the signal does not.
      for (const name of SIGNALS) process.off(name, onSignal);
      process.kill(process.pid, signal);
    });
  };
  // Batch systems and `timeout` end a run by SIGTERM.
  for (const signal of SIGNALS) process.on(signal, onSignal);
  let failure: DescribedError | undefined;
  let readsInput = false;
  thread.on("message", (message: CallMessage) => {
    switch (message.kind) {
      case "input":
        readsInput = true;
        return void process.stdin.pipe(thread.stdin as NodeJS.WritableStream);
      case "temporary":
        return void temporaries.push(message.file);
      case "error":
        failure = message.error;
        return;
      case "end":
        // Input that may still come would keep both threads alive.
        if (readsInput) process.stdin.unpipe().pause();
        thread.stdin?.end();
        if (message.failed) process.exitCode = 1;
        return;
      default:
        showMessage(message, process, display);
    }
  });
  // What no command catches, such as memory that ran out.
  thread.on("error", (error) => (failure ??= describeError(error)));
  await new Promise((resolve) => thread.on("exit", resolve));
  display.close();
  for (const signal of SIGNALS) process.off(signal, onSignal);
  return failure;
}
