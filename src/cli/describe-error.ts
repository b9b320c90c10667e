import { ArgumentError } from "../core/errors.js";
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

/** Node describes a missing file by code and system call. */
function inWords(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, path: file } = error as NodeJS.ErrnoException;
  if (file === undefined) return error.message.replace(FUNCTION_NAMES, "");
  if (code === "ENOENT") return `${file}: no such file`;
  return code === "EACCES" ? `${file}: permission denied` : error.message;
}
