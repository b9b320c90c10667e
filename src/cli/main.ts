#!/usr/bin/env node
import module from "node:module";
import { fileURLToPath } from "node:url";
import { realpathSync } from "node:fs";
import path from "node:path";
import { ArgumentError } from "../core/errors.js";
import { VERSION } from "../core/version.js";
import { UsageError } from "./command.js";
import { commands } from "./commands.js";
import { createParser, parseCall } from "./parse.js";

const packageRoot = path.resolve(
  path.dirname(realpathSync(fileURLToPath(import.meta.url))),
  "../..",
);

async function main(words: readonly string[]): Promise<void> {
  if (words.length === 0) {
    createParser(commands, VERSION).outputHelp();
    process.exitCode = 2;
    return;
  }
  const call = parseCall(words, commands, VERSION);
  if (call === undefined) return;
  // Newer Nodes keep the library compiled from one call to the next.
  (module as { enableCompileCache?: () => void }).enableCompileCache?.();
  const { runCall } = await import("./run-call.js");
  await runCall(call, packageRoot);
}

/** The error in words; Node describes a missing file by code and system call. */
function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, path: file } = error as NodeJS.ErrnoException;
  if (file === undefined) return error.message;
  if (code === "ENOENT") return `${file}: no such file`;
  return code === "EACCES" ? `${file}: permission denied` : error.message;
}

// A reader that has seen enough, such as head, closes the pipe: that is no failure.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}

main(process.argv.slice(2)).catch((error: unknown) => {
  const text = describeError(error);
  process.stderr.write(`feature-families: ${text.replace(/\s*\n\s*/g, " ")}\n`);
  if (process.env.FEATURE_FAMILIES_TRACE && error instanceof Error) {
    process.stderr.write(`${error.stack ?? ""}\n`);
  }
  process.exitCode = error instanceof UsageError || error instanceof ArgumentError ? 2 : 1;
});
