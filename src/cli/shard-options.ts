import type { MatrixFile } from "../files/matrix.js";
import { type OptionValues, UsageError } from "./command.js";
import * as option from "./option-kinds.js";

/** What embeddings in shards need. */
export const shardOptions: {
  "embedding-column": option.Option<"string">;
  workers: option.Option<"integer">;
  threads: option.Option<"integer">;
} = {
  "embedding-column": option.text(
    "Parquet column of the embeddings (default: the only list column, or the one named embedding)",
    { needs: ["embeddings"] },
  ),
  workers: option.count("worker processes that share the shards (default: this process alone)", {
    needs: ["embeddings"],
  }),
  threads: option.count("CPU threads per process (default: all)", {
    needs: ["embeddings"],
  }),
};

type ShardValues = { embeddings: string } & Partial<OptionValues<typeof shardOptions>>;

/** The embeddings of a call, with their column. */
export function embeddingsOf({ embeddings, embeddingColumn: column }: ShardValues): MatrixFile {
  return column === undefined ? embeddings : { path: embeddings, column };
}

/** Whether the embeddings are a folder of shards. Throws UsageError for options that need one where they are not. */
export async function isSharded(command: string, values: ShardValues): Promise<boolean> {
  const { stat } = await import("node:fs/promises");
  const isFolder = (await stat(values.embeddings).catch(() => undefined))?.isDirectory() ?? false;
  const given = (["workers", "threads"] as const).find((name) => values[name] !== undefined);
  if (isFolder || given === undefined) return isFolder;
  throw new UsageError(
    `${command}: --${given} needs a folder of shards, but ${values.embeddings} is a single file`,
  );
}
