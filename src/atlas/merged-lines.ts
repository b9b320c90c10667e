import { existsSync } from "node:fs";
import { createAtomicFile } from "../files/atomic-file.js";
import { stringifyJson } from "../files/json.js";
import { readJsonl } from "../files/jsonl.js";

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
 * did not come. Until the end the file of before stands.
 */
export async function openMergedLines<T>(
  path: string,
  keyOf: (row: T) => string,
): Promise<MergedLines<T>> {
  const file = await createAtomicFile(path);
  const fresh = new Set<string>();
  const write = (row: T): Promise<void> => file.write(Buffer.from(`${stringifyJson(row)}\n`));
  return {
    async add(row) {
      fresh.add(keyOf(row));
      await write(row);
    },
    async commit() {
      try {
        if (existsSync(path)) {
          for await (const { value } of readJsonl(path)) {
            if (!fresh.has(keyOf(value as T))) await write(value as T);
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
