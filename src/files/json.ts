import { writeFileAtomic } from "./atomic-file.js";
import type { ByteSource } from "./bytes/source.js";
import { type JsonOptions, parseJson, stringifyJson } from "./json-text.js";
import { readText } from "./text.js";

/** Reads a JSON file, gzip by name, as `parseJson` does. */
export async function readJson(
  input: string | ByteSource,
  options: JsonOptions = {},
): Promise<unknown> {
  return parseJson(await readText(input), typeof input === "string" ? input : input.name, options);
}

/** Writes a value as a JSON file with a line feed at its end; it appears only when it is complete. */
export async function writeJson(path: string, value: unknown, indent = 1): Promise<void> {
  await writeFileAtomic(path, `${stringifyJson(value, indent)}\n`);
}
