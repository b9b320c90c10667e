import { appendFileSync } from "node:fs";
import { register } from "node:module";

type NextLoad = (url: string, context: unknown) => unknown;

/** Hook of Node's module loader: appends the address of each module to the file that TRACE_LOADS names. */
export function load(url: string, context: unknown, next: NextLoad): unknown {
  const file = process.env.TRACE_LOADS;
  if (file !== undefined) appendFileSync(file, `${url}\n`);
  return next(url, context);
}

// As --import the module registers itself as hooks, which Node then runs in a thread of their own.
if (!new URL(import.meta.url).searchParams.has("hooks")) register(`${import.meta.url}?hooks`);
