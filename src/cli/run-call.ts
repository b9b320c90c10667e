import { checkInputs } from "./option-rules.js";
import type { Call } from "./parse.js";
import { createProgressDisplay } from "./progress-display.js";

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/** Runs a command and prints its result: progress to standard error, the rest to standard output. */
export async function runCall(call: Call, packageRoot: string): Promise<void> {
  const { command, values, positionals, json } = call;
  const display = createProgressDisplay(process.stderr);
  const interrupt = new AbortController();
  const onInterrupt = (): void => {
    if (interrupt.signal.aborted) process.exit(130);
    display.close();
    display.note("stopping; press Ctrl-C again to stop at once");
    interrupt.abort(new Error("interrupted; run the same command again to continue"));
  };
  // Batch systems and `timeout` end a run by SIGTERM.
  for (const signal of SIGNALS) process.on(signal, onInterrupt);
  try {
    checkInputs(command, values);
    const output = await command.run(values, positionals, {
      onProgress: display.onProgress,
      signal: interrupt.signal,
      json,
      packageRoot,
      note: (line) => {
        if (!json) display.note(line);
      },
    });
    display.close();
    const text = json ? JSON.stringify(output.json, undefined, 2) : output.lines.join("\n");
    if (text) process.stdout.write(`${text}\n`);
    if (output.failed) process.exitCode = 1;
  } finally {
    display.close();
    for (const signal of SIGNALS) process.off(signal, onInterrupt);
  }
}
