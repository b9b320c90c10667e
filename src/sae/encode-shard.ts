import { createCodesShard } from "../files/codes-shards.js";
import type { BadRowOptions, EmbeddingSource } from "./embedding-source.js";
import { type EncodeOptions, streamCodes } from "./encode.js";
import type { Sae } from "./sae.js";

/** One shard to encode, with all that a process of its own needs for it. */
export interface ShardTask extends Pick<EncodeOptions, "batch">, BadRowOptions {
  source: EmbeddingSource;
  /** Number of its first document. */
  start: number;
  /** File of its codes. */
  output: string;
}

/** Encodes one shard to its file; `onDocuments` receives how many were read since it was last called. */
export async function encodeShard(
  sae: Sae,
  { source, start, output, batch, badRows }: ShardTask,
  {
    engine,
    onDocuments,
    signal,
  }: Pick<EncodeOptions, "engine" | "signal"> & { onDocuments?: (documents: number) => void },
): Promise<void> {
  const writer = await createCodesShard(output, sae);
  try {
    let next = start;
    for await (const { codes, skipped } of streamCodes(sae, source, {
      engine,
      batch,
      badRows,
      reuse: true,
      signal,
    })) {
      const left = new Set(skipped);
      const end = next + codes.rows + skipped.length;
      const documents: number[] = [];
      for (; next < end; next++) if (!left.has(next - start)) documents.push(next);
      await writer.append(codes, documents);
      onDocuments?.(codes.rows + skipped.length);
    }
    await writer.finish();
  } catch (error) {
    await writer.abort();
    throw error;
  }
}
