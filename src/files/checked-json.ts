import type { z } from "zod";
import { FormatError } from "../core/errors.js";
import { readJson } from "./json.js";
import { readJsonl } from "./jsonl.js";
import { cutLine } from "../core/shown.js";

/**
 * `value` as `schema` reads it. Throws FormatError with `file`, `place` (such as "line 3") where it is given, the field and
 * what was expected there.
 */
export function checkJson<T>(
  value: unknown,
  schema: z.ZodType<T>,
  file: string,
  place?: string,
): T {
  const { data, error } = schema.safeParse(value);
  if (error === undefined) return data;
  const { path, message } = error.issues[0];
  const field = path.map(String).join(".");
  const parts = [place ?? "", field, message.replace(/^Invalid input: /, "")];
  throw new FormatError(
    file,
    parts
      .filter((part) => part !== "")
      .map((part) => cutLine(part))
      .join(": "),
  );
}

/** Reads a JSON file, gzip by name, whose content must be of a schema. Throws FormatError, naming the field. */
export async function readCheckedJson<T>(path: string, schema: z.ZodType<T>): Promise<T> {
  return checkJson(await readJson(path), schema, path);
}

/** Reads a JSONL file, gzip by name, each of whose rows must be of a schema. Throws FormatError, naming line and field. */
export async function* readCheckedJsonl<T>(
  path: string,
  schema: z.ZodType<T>,
): AsyncGenerator<{ line: number; value: T }> {
  for await (const { line, value } of readJsonl(path)) {
    yield { line, value: checkJson(value, schema, path, `line ${line}`) };
  }
}
