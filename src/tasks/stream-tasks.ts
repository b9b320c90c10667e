import type { RecordBatch } from "apache-arrow";
import type { Codes } from "../core/codes.js";
import { FormatError } from "../core/errors.js";
import type { EngineName } from "../engine/engine-names.js";
import { openEngine } from "../engine/open-engine.js";
import {
  LATENTS_PER_BATCH,
  type PairBatch,
  mergePairs,
  sumPairs,
} from "../families/coactivation/pair-sums.js";
import { loadSae } from "../sae/checkpoint.js";
import { encodeEmbeddings } from "../sae/encode.js";
import { type ArrowPlace, arrowBatch, nameOf, readArrow, writeArrow } from "./arrow-stream.js";
import { joinCodes } from "./block-coactivation.js";
import { codeColumns, readCodeBlocks, vectorsOf } from "./code-files.js";
import { pairColumns, writePairs } from "./pair-files.js";

/**
 * Encodes the first column of number lists of an Arrow stream. Its other columns, such as the row's number, come out as
 * they went in, followed by `indices` and `values`; so that rows may come in any order.
 */
export async function streamEncode(
  input: ArrowPlace,
  output: ArrowPlace,
  {
    sae: file,
    k,
    device,
    signal,
  }: { sae: string; k?: number; device?: EngineName; signal?: AbortSignal },
): Promise<void> {
  const sae = await loadSae(file, { k });
  const engine = await openEngine(device);
  const encoder = await engine.createEncoder(sae);
  // One encoder for all batches, which may be small.
  const shared = {
    ...engine,
    createEncoder: () => Promise.resolve({ ...encoder, dispose: () => Promise.resolve() }),
  };
  async function* encoded(): AsyncGenerator<RecordBatch> {
    for await (const record of readArrow(input)) {
      signal?.throwIfAborted();
      if (record.numRows === 0) continue;
      const { column, vectors } = vectorsOf(input, record, sae.d);
      const codes = await naming(input, () =>
        encodeEmbeddings(sae, vectors, { engine: shared, signal }),
      );
      const kept = record.schema.fields.flatMap(({ name }, at) =>
        name === column ? [] : [[name, record.data.children[at]] as const],
      );
      yield arrowBatch(record.numRows, { ...Object.fromEntries(kept), ...codeColumns(codes) });
    }
  }
  try {
    await writeArrow(output, encoded());
  } finally {
    await encoder.dispose();
    await engine.dispose();
  }
}

/** Sums of the pairs of all codes of an Arrow stream, which must fit in memory; see writePairs. */
export async function streamPairs(
  input: ArrowPlace,
  output: ArrowPlace,
  { n, ...options }: { n: number; skipZeros?: boolean; leading?: boolean; signal?: AbortSignal },
): Promise<void> {
  const blocks: Codes[] = [];
  for await (const block of readCodeBlocks(input, n)) blocks.push(block);
  if (blocks.length === 0) throw new FormatError(nameOf(input), "contains no codes");
  await naming(input, () => writePairs(output, sumPairs(joinCodes(blocks), options)));
}

/** Names the input where what it holds is refused as an argument. */
async function naming<T>(input: ArrowPlace, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!(cause instanceof FormatError || cause instanceof RangeError)) throw cause;
    throw new FormatError(nameOf(input), cause.message, { cause });
  }
}

/** Adds up the pairs of an Arrow stream, which may come from several groups and in any order; they must fit in memory. */
export async function streamTotal(
  input: ArrowPlace,
  output: ArrowPlace,
  { n, signal }: { n: number; signal?: AbortSignal },
): Promise<void> {
  const sums: PairBatch[] = [];
  for await (const record of readArrow(input)) {
    signal?.throwIfAborted();
    for (const batch of batchesOf(input, record, n)) {
      const at = batch.from / LATENTS_PER_BATCH;
      sums[at] = at in sums ? mergePairs([sums[at], batch]) : mergePairs([batch]);
    }
  }
  await writePairs(
    output,
    sums.filter((batch) => batch !== undefined),
  );
}

/** The pairs of a record batch by their batches of latents; a pair may be there several times. */
function* batchesOf(input: ArrowPlace, record: RecordBatch, n: number): Generator<PairBatch> {
  const { latents, partners, together, dots } = pairColumns(input, record);
  const order = Uint32Array.from(latents.keys()).sort((a, b) => latents[a] - latents[b]);
  for (let start = 0; start < order.length;) {
    const first = latents[order[start]];
    if (first >= n) {
      throw new FormatError(nameOf(input), `latent must be below ${n}, got ${first}`);
    }
    const from = first - (first % LATENTS_PER_BATCH);
    const to = Math.min(n, from + LATENTS_PER_BATCH);
    let end = start;
    const offsets = new Uint32Array(to - from + 1);
    while (end < order.length && latents[order[end]] < to) {
      const latent = latents[order[end++]];
      if (partners[order[end - 1]] > latent) {
        throw new FormatError(nameOf(input), `partner of latent ${latent} must be at most that`);
      }
      offsets[latent - from + 1]++;
    }
    for (let r = 1; r < offsets.length; r++) offsets[r] += offsets[r - 1];
    const chosen = order.subarray(start, end);
    const chosenDots = new BigInt64Array(chosen.length);
    chosen.forEach((from, at) => (chosenDots[at] = dots[from]));
    yield {
      ...{ from, to, offsets },
      partners: chosen.map((at) => partners[at]),
      together: chosen.map((at) => together[at]),
      dots: chosenDots,
    };
    start = end;
  }
}
