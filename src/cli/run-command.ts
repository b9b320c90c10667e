import type { ShownMessage } from "./call-messages.js";
import type { CommandContext } from "./command.js";
import { checkInputs } from "./option-rules.js";
import type { Call } from "./parse.js";

const PROGRESS_INTERVAL_MS = 100;

/** What a command runs with. */
export interface CommandSurroundings extends Pick<
  CommandContext,
  "packageRoot" | "signal" | "input"
> {
  /** Receives what the call shows. */
  send: (message: ShownMessage) => void;
}

/** Runs a command in this thread. Gives whether its result says that it failed; throws what the command throws. */
export async function runCommand(
  { command, values, positionals, json }: Call,
  { send, ...surroundings }: CommandSurroundings,
): Promise<boolean> {
  checkInputs(command, values);
  const context: CommandContext = {
    onProgress: createProgressSender(send),
    ...surroundings,
    json,
    note: (line) => {
      if (!json) send({ kind: "lines", to: "stderr", lines: [line] });
    },
    onWarning: (warning) => send({ kind: "lines", to: "stderr", lines: [`warning: ${warning}`] }),
    print: (lines) => send({ kind: "lines", to: "stdout", lines }),
    prompt: (to, prompt) => send({ kind: "prompt", to, prompt }),
  };
  const output = await command.run(values, positionals, context);
  if (json) send({ kind: "json", json: JSON.stringify(output.json, undefined, 2) });
  else context.print(output.lines);
  return output.failed === true;
}

/** Steps report more often than anyone reads. */
function createProgressSender(send: CommandSurroundings["send"]): CommandContext["onProgress"] {
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
