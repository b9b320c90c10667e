import { stat } from "node:fs/promises";
import { type Data, Int32, Int64, type RecordBatch, makeData } from "apache-arrow";
import { FormatError } from "../core/errors.js";
import { LATENTS_PER_BATCH, type PairBatch } from "../families/coactivation/pair-sums.js";
import {
  type ArrowPlace,
  arrowBatch,
  arrowColumn,
  nameOf,
  readArrow,
  writeArrow,
} from "./arrow-stream.js";

/** Three numbers of 4 bytes and one of 8. */
const BYTES_PER_PAIR = 20;

/**
 * Writes sums of pairs as an Arrow stream, one record batch for each batch: `latent`, `partner` and `together` (int32) and
 * `dot` (int64, in units of 2^-30), sorted by latent, then partner.
 */
export async function writePairs(
  place: ArrowPlace,
  batches: Iterable<PairBatch> | AsyncIterable<PairBatch>,
): Promise<void> {
  await writeArrow(place, recordsOf(batches));
}

async function* recordsOf(
  batches: Iterable<PairBatch> | AsyncIterable<PairBatch>,
): AsyncGenerator<RecordBatch> {
  for await (const { from, to, offsets, partners, together, dots } of batches) {
    const latents = new Uint32Array(partners.length);
    for (let i = from; i < to; i++) latents.fill(i, offsets[i - from], offsets[i - from + 1]);
    // Spark has no unsigned numbers; below 2^31 the bytes are the same.
    const column = ({ buffer, byteOffset, length }: Uint32Array): Data<Int32> =>
      makeData({ type: new Int32(), data: new Int32Array(buffer, byteOffset, length) });
    yield arrowBatch(partners.length, {
      latent: column(latents),
      partner: column(partners),
      together: column(together),
      dot: makeData({ type: new Int64(), data: dots }),
    });
  }
}

/**
 * Reads the pairs of the latents `from` to `to` (exclusive) that writePairs wrote, batch by batch. Throws FormatError where
 * they are about other latents.
 */
export async function* readPairs(
  place: ArrowPlace,
  { from, to }: { from: number; to: number },
): AsyncGenerator<PairBatch> {
  let start = from;
  for await (const record of readArrow(place)) {
    const end = Math.min(to, start + LATENTS_PER_BATCH);
    const batch = batchOf(place, record, start, end);
    if (start >= to || batch === undefined) {
      throw new FormatError(
        nameOf(place),
        `expected sorted pairs of the latents ${from} to ${to - 1}`,
      );
    }
    yield batch;
    start = end;
  }
  if (start < to) {
    throw new FormatError(nameOf(place), `ends before latent ${start}, expected ${to} in all`);
  }
}

/** Pairs that files of writePairs hold in all, at most. */
export async function mostPairs(files: readonly string[]): Promise<number> {
  const sizes = await Promise.all(files.map((file) => stat(file)));
  return sizes.reduce((sum, { size }) => sum + Math.ceil(size / BYTES_PER_PAIR), 0);
}

/** Undefined where a pair is none of these latents or not in its place. */
function batchOf(
  place: ArrowPlace,
  record: RecordBatch,
  from: number,
  to: number,
): PairBatch | undefined {
  const { latents, ...pairs } = pairColumns(place, record);
  const { partners } = pairs;
  const offsets = new Uint32Array(to - from + 1);
  for (let at = 0; at < latents.length; at++) {
    const latent = latents[at];
    const isNext =
      at === 0 ||
      latent > latents[at - 1] ||
      (latent === latents[at - 1] && partners[at] > partners[at - 1]);
    if (!isNext || latent < from || latent >= to || partners[at] > latent) return undefined;
    offsets[latent - from + 1] = at + 1;
  }
  for (let r = 1; r < offsets.length; r++) offsets[r] = Math.max(offsets[r], offsets[r - 1]);
  return { from, to, offsets, ...pairs };
}

/** The columns that writePairs writes. */
export function pairColumns(
  place: ArrowPlace,
  record: RecordBatch,
): Pick<PairBatch, "partners" | "together" | "dots"> & { latents: Uint32Array } {
  const column = (name: string): Uint32Array => {
    const { buffer, byteOffset, length } = arrowColumn(place, record, name, Int32Array);
    return new Uint32Array(buffer, byteOffset, length);
  };
  return {
    latents: column("latent"),
    partners: column("partner"),
    together: column("together"),
    dots: arrowColumn(place, record, "dot", BigInt64Array),
  };
}
