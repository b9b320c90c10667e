import { getHeapStatistics } from "node:v8";
import { ArgumentError } from "../core/errors.js";
import { fileProblem } from "../core/file-problem.js";
import type { DescribedError } from "./call-messages.js";
import { UsageError } from "./command.js";

/** An error as a command ends with it. */
export function describeError(error: unknown): DescribedError {
  const isUsage = error instanceof UsageError || error instanceof ArgumentError;
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  return { text: inWords(error), stack, isUsage };
}

// The library's messages begin with the function that was called, a name that a command's user never wrote.
const FUNCTION_NAMES = /^(?:[a-z]+[A-Z]\w*: )+/;

function inWords(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { path: file, code } = error as NodeJS.ErrnoException;
  // A command's thread ended, or the system has nothing left for an array.
  if (code === "ERR_WORKER_OUT_OF_MEMORY") {
    const most = Math.round(getHeapStatistics().heap_size_limit / 1e6);
    return `out of memory: JavaScript's heap is limited to ${most} MB; use fewer documents or latents, or raise the limit with NODE_OPTIONS=--max-old-space-size=${2 * most}`;
  }
  if (error.message === "Array buffer allocation failed") {
    return "out of memory: use fewer documents or latents";
  }
  if (file === undefined) return error.message.replace(FUNCTION_NAMES, "");
  const problem = fileProblem(error);
  return problem === undefined ? error.message : `${file}: ${problem}`;
}
