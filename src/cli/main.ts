#!/usr/bin/env node
import { fileURLToPath } from "node:url";
import { readFileSync, realpathSync } from "node:fs";
import path from "node:path";
import { type Command, UsageError, commandHelp, parseCommandLine } from "./command.js";
import { ArgumentError } from "../core/errors.js";
import { createProgressDisplay } from "./progress-display.js";
import { commands } from "./commands.js";

const packageRoot = path.resolve(
  path.dirname(realpathSync(fileURLToPath(import.meta.url))),
  "../..",
);

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

async function main(args: string[]): Promise<void> {
  const [name, ...rest] = args;
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    process.stdout.write(`${overview()}\n`);
    if (name === undefined) process.exitCode = 2;
    return;
  }
  if (name === "--version") {
    const manifest = readFileSync(path.join(packageRoot, "package.json"), "utf8");
    process.stdout.write(`${(JSON.parse(manifest) as { version: string }).version}\n`);
    return;
  }
  const command = commands.find((candidate) => candidate.name === name);
  if (!command) {
    throw new UsageError(`unknown command "${name}"; feature-families --help lists them`);
  }
  await runCommand(command, rest);
}

async function runCommand(command: Command, args: string[]): Promise<void> {
  const { values, positionals, json, help } = parseCommandLine(command, args);
  if (help) {
    process.stdout.write(`${commandHelp(command)}\n`);
    return;
  }
  const display = createProgressDisplay(process.stderr);
  const interrupt = new AbortController();
  const onInterrupt = (): void => {
    if (interrupt.signal.aborted) process.exit(130);
    display.close();
    display.note("stopping; Ctrl-C again to stop at once");
    interrupt.abort(new Error("interrupted; run the same command again to go on"));
  };
  // Batch systems and `timeout` end a run by SIGTERM.
  for (const signal of SIGNALS) process.on(signal, onInterrupt);
  try {
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
  } finally {
    display.close();
    for (const signal of SIGNALS) process.off(signal, onInterrupt);
  }
}

/** The error in words; Node tells of a missing file by code and system call. */
function tellError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, path: file } = error as NodeJS.ErrnoException;
  if (file === undefined) return error.message;
  if (code === "ENOENT") return `${file}: no such file`;
  return code === "EACCES" ? `${file}: no permission for it` : error.message;
}

function overview(): string {
  const width = Math.max(...commands.map(({ name }) => name.length)) + 2;
  return [
    "feature-families <command> [options]",
    "",
    ...commands.map(({ name, summary }) => `  ${name.padEnd(width)}${summary}`),
    "",
    "feature-families <command> --help tells a command's options, with an example.",
  ].join("\n");
}

// A reader that has seen enough, such as head, closes the pipe: that is no failure.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}

main(process.argv.slice(2)).catch((error: unknown) => {
  const text = tellError(error);
  process.stderr.write(`feature-families: ${text.replace(/\s*\n\s*/g, " ")}\n`);
  if (process.env.FEATURE_FAMILIES_TRACE && error instanceof Error) {
    process.stderr.write(`${error.stack ?? ""}\n`);
  }
  process.exitCode = error instanceof UsageError || error instanceof ArgumentError ? 2 : 1;
});
