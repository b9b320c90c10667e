#!/usr/bin/env node
import { fileURLToPath } from "node:url";
import { realpathSync } from "node:fs";
import path from "node:path";
import { VERSION } from "../core/version.js";
import type { DescribedError } from "./call-messages.js";
import { commands } from "./commands.js";
import { describeError } from "./describe-error.js";
import { createParser, parseCall } from "./parse.js";
import { printLines } from "./print.js";

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
  const { runCall } = await import("./run-call.js");
  const failure = await runCall(call, packageRoot);
  if (failure !== undefined) report(failure);
}

function report({ text, stack, isUsage }: DescribedError): void {
  printLines(process.stderr, [`feature-families: ${text}`]);
  if (process.env.FEATURE_FAMILIES_TRACE) printLines(process.stderr, stack.split("\n"));
  process.exitCode = isUsage ? 2 : 1;
}

// A reader that has seen enough, such as head, closes the pipe: that is no failure.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}

main(process.argv.slice(2)).catch((error: unknown) => report(describeError(error)));
