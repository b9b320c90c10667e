import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { Readable, Writable } from "node:stream";
import {
  commands,
  createProgressDisplay,
  describeError,
  parseCall,
  runCommand,
  showMessage,
} from "../../../src/cli/index.js";
import { VERSION } from "../../../src/core/index.js";

/** How a call of the command line ended. */
export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

/** How a process is called; `env` is added to this one's. */
export interface ProcessOptions {
  input?: string;
  env?: Record<string, string | undefined>;
  cwd?: string;
  /** Gets the process as soon as it was started. */
  onStart?: (child: ChildProcess) => Promise<void>;
}

/** Runs the compiled command line in a process of its own. */
export async function runProcess(
  args: readonly string[],
  { input = "", env = {}, cwd = ".", onStart }: ProcessOptions = {},
): Promise<Outcome> {
  const child = spawn(process.execPath, [path.resolve("build/src/cli/main.js"), ...args], {
    env: { ...process.env, ...env },
    cwd,
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (text) => (stdout += String(text)));
  child.stderr.on("data", (text) => (stderr += String(text)));
  child.stdin.end(input);
  const closed = once(child, "close") as Promise<[number]>;
  await onStart?.(child);
  const [code] = await closed;
  return { code, stdout, stderr };
}

/**
 * Runs a command in this thread, by the modules that the command line has, without the time that a process takes to start. A call
 * that asks for help or the version, which commander prints itself, has a process.
 */
export async function runCli(args: readonly string[], input = ""): Promise<Outcome> {
  if (args.length === 0 || /^(-h|--help|--version)$/m.test(args.join("\n")))
    return runProcess(args);
  const outcome: Outcome = { code: 0, stdout: "", stderr: "" };
  const collect = (to: "stdout" | "stderr"): Writable =>
    new Writable({
      write(text, _encoding, done) {
        outcome[to] += String(text);
        done();
      },
    });
  const streams = { stdout: collect("stdout"), stderr: collect("stderr") };
  const display = createProgressDisplay(streams.stderr);
  try {
    const call = parseCall(args, commands, VERSION);
    if (call === undefined) throw new TypeError(`no call: ${args.join(" ")}`);
    const failed = await runCommand(call, {
      packageRoot: path.resolve("."),
      signal: new AbortController().signal,
      input: () => Readable.from([input]),
      send: (message) => showMessage(message, streams, display),
    });
    if (failed) outcome.code = 1;
  } catch (error) {
    const { text, isUsage } = describeError(error);
    showMessage(
      { kind: "lines", to: "stderr", lines: [`feature-families: ${text}`] },
      streams,
      display,
    );
    outcome.code = isUsage ? 2 : 1;
  }
  display.close();
  return outcome;
}
