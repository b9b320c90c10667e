import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Codes } from "../core/codes.js";
import { type NpyWriter, createNpyWriter } from "../files/numpy/npy-write.js";
import type { Engine } from "../engine/engine.js";
import { openEngine } from "../engine/open-engine.js";
import type { Matrix } from "../core/matrix.js";
import type { OnProgress } from "../core/progress.js";
import {
  type BadRowOptions,
  type EmbeddingSource,
  type StreamOptions,
  embeddingShape,
  streamEmbeddings,
} from "./embedding-source.js";
import { normaliseInputs } from "./normalisation.js";
import type { Sae } from "./sae.js";

/** How embeddings are encoded. */
export interface EncodeOptions extends BadRowOptions {
  /** Where to encode. Default the best device there is. */
  engine?: Engine;
  /** Documents a block. Default what suits the device; the codes do not depend on it. */
  batch?: number;
  onProgress?: OnProgress;
  /** Stops between two blocks. */
  signal?: AbortSignal;
}

/** A block of embeddings with its codes. */
export interface EncodedBlock {
  /** Row of the first document in the codes as a whole. */
  start: number;
  embeddings: Matrix;
  codes: Codes;
  /** Rows of the source that were left out of this block, ascending. */
  skipped: number[];
}

/** What encodeToFiles wrote. */
export interface EncodedFiles {
  /** Paths of the two files. */
  indices: string;
  values: string;
  /** Rows written. */
  rows: number;
  /** Rows of the source that were left out, ascending. */
  skipped: number[];
}

/**
 * Codes of a source block by block, in constant memory: a block is encoded while the next one is read. With `reuse`, a later block may
 * overwrite the embeddings of one, which saves time.
 * Throws FormatError for embeddings that cannot be used (see BadRowOptions) or have another width than the SAE.
 */
export async function* streamCodes(
  sae: Sae,
  source: EmbeddingSource,
  {
    engine,
    batch,
    badRows,
    reuse,
    onProgress,
    signal,
  }: EncodeOptions & Pick<StreamOptions, "reuse"> = {},
): AsyncGenerator<EncodedBlock> {
  if (batch !== undefined && !(Number.isInteger(batch) && batch >= 1)) {
    throw new RangeError(`encode: batch must be a whole number above 0, got ${batch}`);
  }
  const { N } = await embeddingShape(source);
  const used = engine ?? (await openEngine());
  const encoder = await used.createEncoder(sae);
  try {
    let done = 0;
    const rowsPerBlock = batch ?? encoder.rowsPerRun;
    const reading = { rowsPerBlock, badRows, reuse, signal };
    for await (const block of streamEmbeddings(source, sae.d, reading)) {
      const codes = await encoder.encode(normaliseInputs(sae.normalisation, block.embeddings));
      yield { ...block, codes };
      done += codes.rows + block.skipped.length;
      onProgress?.({ step: "encode", done, total: N });
    }
  } finally {
    await encoder.dispose();
    if (engine === undefined) await used.dispose();
  }
}

/** Codes of all embeddings of a source, in memory. Throws as streamCodes does. */
export async function encodeEmbeddings(
  sae: Sae,
  source: EmbeddingSource,
  options: EncodeOptions = {},
): Promise<Codes> {
  const { k, n } = sae;
  const { N } = await embeddingShape(source);
  const indices = new Uint32Array(N * k);
  const values = new Float32Array(N * k);
  let rows = 0;
  for await (const { codes } of streamCodes(sae, source, { ...options, reuse: true })) {
    indices.set(codes.indices, rows * k);
    values.set(codes.values, rows * k);
    rows += codes.rows;
  }
  return {
    rows,
    k,
    n,
    indices: indices.subarray(0, rows * k),
    values: values.subarray(0, rows * k),
  };
}

/**
 * Streams the codes of a source to `topk_indices_{k}_{n}.npy` (int32) and `topk_values_{k}_{n}.npy` (float32) in
 * `folder`, in constant memory. The files appear when they are complete; on an error neither does.
 * Throws as streamCodes does.
 */
export async function encodeToFiles(
  sae: Sae,
  source: EmbeddingSource,
  folder: string,
  options: EncodeOptions = {},
): Promise<EncodedFiles> {
  const { k, n } = sae;
  const paths = {
    indices: join(folder, `topk_indices_${k}_${n}.npy`),
    values: join(folder, `topk_values_${k}_${n}.npy`),
  };
  const indices = await createNpyWriter(paths.indices, { dtype: "i4", cols: k });
  let values: NpyWriter | undefined;
  const skipped: number[] = [];
  let rows = 0;
  try {
    values = await createNpyWriter(paths.values, { dtype: "f4", cols: k });
    for await (const block of streamCodes(sae, source, { ...options, reuse: true })) {
      const { codes } = block;
      // Latents are below 2^31: the same bytes serve as int32.
      const signed = new Int32Array(
        codes.indices.buffer,
        codes.indices.byteOffset,
        codes.indices.length,
      );
      await Promise.all([indices.append(signed), values.append(codes.values)]);
      skipped.push(...block.skipped);
    }
    rows = await indices.finish();
    await values.finish();
  } catch (error) {
    await Promise.all([indices.abort(), values?.abort()]);
    // The second file failed after the first one was complete: half a pair is of no use.
    if (rows > 0) await rm(paths.indices, { force: true });
    throw error;
  }
  return { ...paths, rows, skipped };
}
