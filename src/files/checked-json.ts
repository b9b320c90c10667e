import type { z } from "zod";
import type { ByteSource } from "./bytes/source.js";
import { checkJson } from "./check-json.js";
import { readJson } from "./json.js";
import { readJsonl } from "./jsonl.js";

/** Reads a JSON file, gzip by name, whose content must be of a schema. Throws FormatError, naming the field. */
export async function readCheckedJson<T>(path: string, schema: z.ZodType<T>): Promise<T> {
  return checkJson(await readJson(path), schema, path);
}

/** Reads a JSONL file, gzip by name, each of whose rows must be of a schema. Throws FormatError, naming line and field. */
export async function* readCheckedJsonl<T>(
  input: string | ByteSource,
  schema: z.ZodType<T>,
): AsyncGenerator<{ line: number; value: T }> {
  const name = typeof input === "string" ? input : input.name;
  for await (const { line, value } of readJsonl(input)) {
    yield { line, value: checkJson(value, schema, name, `line ${line}`) };
  }
}
