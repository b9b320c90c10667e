import { existsSync } from "node:fs";
import type { z } from "zod";
import { createAtomicFile } from "../../files/atomic-file.js";
import { checkJson } from "../../files/check-json.js";
import { stringifyJson } from "../../files/json-text.js";
import { readJsonl } from "../../files/jsonl.js";

/** A JSONL file that is being rewritten. */
export interface MergedLines<T> {
  /** Adds a row; the row of before with its key will be left out. */
  add(row: T): Promise<void>;
  /** Adds what is kept of before and gives the file its name. */
  commit(): Promise<void>;
  abort(): Promise<void>;
}

/**
 * Rewrites a JSONL file row by row, without holding it in memory: new rows as they come, then those of before whose key
 * did not come. Until the end the file of before stands. `commit` throws FormatError, naming the line, where that is not of
 * `schema`.
 */
export async function openMergedLines<T>(
  path: string,
  schema: z.ZodType<T>,
  keyOf: (row: T) => string,
): Promise<MergedLines<T>> {
  const file = await createAtomicFile(path);
  const fresh = new Set<string>();
  const write = (row: unknown): Promise<void> => file.write(Buffer.from(`${stringifyJson(row)}\n`));
  return {
    async add(row) {
      fresh.add(keyOf(row));
      await write(row);
    },
    async commit() {
      try {
        if (existsSync(path)) {
          for await (const { line, value } of readJsonl(path)) {
            const row = checkJson(value, schema, path, `line ${line}`);
            // As it was, with what the schema leaves out.
            if (!fresh.has(keyOf(row))) await write(value);
          }
        }
      } catch (error) {
        await file.abort();
        throw error;
      }
      await file.commit();
    },
    abort: () => file.abort(),
  };
}
