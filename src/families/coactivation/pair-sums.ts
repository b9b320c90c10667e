import { grown } from "../../core/collections.js";
import type { Codes } from "../../core/codes.js";
import type { OnProgress } from "../../core/progress.js";
import {
  type Coactivation,
  type Lists,
  type PairOptions,
  createLists,
  createPairs,
} from "./coactivation.js";

/** Parts of 1 in which dot products are counted: whole numbers add up to the same in any order. */
const UNITS = 2 ** 30;
/** Adding and taking it away rounds a number below 2^51 to a whole one, halves to even. */
const ROUNDING = 1.5 * 2 ** 52;
/** Values from here on could have products too large to be rounded so. */
const LARGEST_VALUE = 1024;
const WORD = 2 ** 32;
/** Latents in one batch of pairs: batch b holds the latents from b times this on, whoever made it. */
export const LATENTS_PER_BATCH = 256;
/** Numbers per latent in the cells of a row: documents shared, and the dot product. */
const CELL = 2;
/** Most pairs for which room is taken at once: 12 GB where all of them come. */
const LARGEST_FIRST = 2 ** 30;

/**
 * Sums over documents for the pairs of a few latents in a row: the lower triangle of C and of the dot products with the
 * diagonal, whose C is f and whose dot product is the square of the latent's norm. Sums of two groups of documents add up
 * to those of both, exactly.
 */
export interface PairBatch {
  /** The first latent, and the one after the last. */
  from: number;
  to: number;
  /** The pairs of latent `from + r` are `offsets[r]` up to `offsets[r + 1] - 1` [to - from + 1]. */
  offsets: Uint32Array;
  /** The other latent of each pair, at most the first one, ascending within a latent [pairs]. */
  partners: Uint32Array;
  /** Documents in which both are active [pairs]. */
  together: Uint32Array;
  /** Dot products of activations in units of 2^-30 [pairs]. */
  dots: BigInt64Array;
}

/**
 * The sums of one group of documents, batch by batch. The same documents in other groups add up to the same sums. Throws
 * RangeError where a document names a latent twice, where a value is not finite or 1,024 or more, and where a latent's
 * squares add up to 2^23 or more: smaller groups are then needed.
 */
export function* sumPairs(
  codes: Codes,
  {
    onProgress,
    signal,
    ...options
  }: PairOptions & { onProgress?: OnProgress; signal?: AbortSignal } = {},
): Generator<PairBatch> {
  const { n } = codes;
  checkValues(codes);
  const lists = createLists(codes, new Float64Array(n).fill(1), options);
  const cells = new Float64Array(CELL * n);
  const met = new Uint32Array(n);
  for (let from = 0; from < n; from += LATENTS_PER_BATCH) {
    signal?.throwIfAborted();
    onProgress?.({ step: "co-activation", done: from, total: n });
    const batch = createBatch(from, Math.min(n, from + LATENTS_PER_BATCH));
    for (let i = from; i < batch.to; i++) {
      // Looking at all cells is faster than sorting those met where these are many.
      const isDense = (lists.starts[i + 1] - lists.starts[i]) * codes.k * 4 > i;
      const size = isDense ? meetAll(lists, i, cells) : meetFew(lists, i, cells, met);
      batch.take(i, cells, isDense ? undefined : met.subarray(0, size).sort());
    }
    yield batch.finish();
  }
  onProgress?.({ step: "co-activation", done: n, total: n });
}

/** The sums of several groups of documents for the same latents. Throws RangeError for batches of different latents. */
export function mergePairs(batches: readonly PairBatch[]): PairBatch {
  const [{ from, to }] = batches;
  const wrong = batches.find((batch) => batch.from !== from || batch.to !== to);
  if (wrong !== undefined) {
    throw new RangeError(
      `co-activation: expected latents ${from} to ${to - 1}, got ${wrong.from} to ${wrong.to - 1}`,
    );
  }
  const words = batches.map(({ dots }) => wordsOf(dots));
  const sums = {
    together: new Uint32Array(to),
    low: new Float64Array(to),
    high: new Float64Array(to),
  };
  const met = new Uint32Array(to);
  const merged = createBatch(from, to);
  for (let i = from; i < to; i++) {
    let size = 0;
    batches.forEach(({ offsets, partners, together }, b) => {
      for (let at = offsets[i - from]; at < offsets[i - from + 1]; at++) {
        const j = partners[at];
        if (sums.together[j] === 0) met[size++] = j;
        sums.together[j] += together[at];
        sums.low[j] += words[b][2 * at];
        sums.high[j] += words[b][2 * at + 1] | 0;
      }
    });
    for (const j of met.subarray(0, size).sort()) {
      const carry = Math.floor(sums.low[j] / WORD);
      merged.put(j, sums.together[j], sums.low[j], sums.high[j] + carry);
      sums.together[j] = sums.low[j] = sums.high[j] = 0;
    }
    merged.end(i);
  }
  return merged.finish();
}

/** Sums of all pairs of n latents, in 12 bytes each whether they meet or not. */
export interface PairTriangle {
  /** Adds the sums of a group of documents. */
  add(batch: PairBatch): void;
  /** The sums so far, of the pairs that meet. */
  batches(): Generator<PairBatch>;
}

/** A triangle of zeros. */
export function createTriangle(n: number): PairTriangle {
  const pairs = (n * (n + 1)) / 2;
  const counts = new Uint32Array(pairs);
  const words = new Uint32Array(2 * pairs);
  return {
    add({ from, to, offsets, partners, together, dots }) {
      const added = wordsOf(dots);
      for (let i = from; i < to; i++) {
        const row = (i * (i + 1)) / 2;
        for (let at = offsets[i - from]; at < offsets[i - from + 1]; at++) {
          const pair = row + partners[at];
          counts[pair] += together[at];
          const low = words[2 * pair] + added[2 * at];
          words[2 * pair] = low;
          words[2 * pair + 1] += added[2 * at + 1] + (low >= WORD ? 1 : 0);
        }
      }
    },
    *batches() {
      for (let from = 0; from < n; from += LATENTS_PER_BATCH) {
        const batch = createBatch(from, Math.min(n, from + LATENTS_PER_BATCH));
        for (let i = from; i < batch.to; i++) {
          const row = (i * (i + 1)) / 2;
          batch.reserve(i + 1);
          for (let j = 0; j <= i; j++) {
            if (counts[row + j] === 0) continue;
            batch.put(j, counts[row + j], words[2 * (row + j)], words[2 * (row + j) + 1]);
          }
          batch.end(i);
        }
        yield batch.finish();
      }
    },
  };
}

/**
 * C and D of `documents` documents from the sums over all of them, every batch in order. Pairs that share fewer than
 * `minTogether` documents are left out. Default 1: none. Room is taken once for the `expected` pairs, diagonals included: fewer
 * cost nothing, more are copied. Default all of n latents.
 */
export async function coactivationFromPairs(
  n: number,
  documents: number,
  batches: Iterable<PairBatch> | AsyncIterable<PairBatch>,
  { minTogether = 1, expected = Infinity }: { minTogether?: number; expected?: number } = {},
): Promise<Coactivation> {
  const counts = new Uint32Array(n);
  const squares = new Float64Array(n);
  const pairs = createPairs(n, minTogether, { first: Math.min(expected, LARGEST_FIRST) });
  for await (const { from, to, offsets, partners, together, dots } of batches) {
    const words = wordsOf(dots);
    for (let i = from; i < to; i++) {
      const [start, end] = [offsets[i - from], offsets[i - from + 1]];
      // The diagonal is the row's last pair, which a latent that is never active does not have.
      if (end > start) {
        counts[i] = together[end - 1];
        squares[i] = numberAt(words, end - 1);
      }
      pairs.reserve(end - start);
      for (let at = start; at < end - 1; at++) {
        const norms = Math.sqrt(squares[i] * squares[partners[at]]);
        pairs.put(partners[at], together[at], norms > 0 ? numberAt(words, at) / norms : 0);
      }
      pairs.end(i);
    }
  }
  const cosineDiagonal = Float32Array.from(squares, (square) => (square > 0 ? 1 : 0));
  return { n, documents, counts, cosineDiagonal, ...pairs.finish() };
}

function checkValues({ n, k, indices, values }: Codes): void {
  const squares = new Float64Array(n);
  for (let s = 0; s < values.length; s++) {
    if (!(Math.abs(values[s]) < LARGEST_VALUE)) {
      throw new RangeError(
        `co-activation: row ${Math.floor(s / k)}, latent ${indices[s]}: expected a value below ${LARGEST_VALUE}, got ${values[s]}`,
      );
    }
    squares[indices[s]] += values[s] * values[s];
  }
  const wrong = squares.findIndex((square) => square >= 2 ** 23);
  if (wrong >= 0) {
    throw new RangeError(
      `co-activation: the squares of latent ${wrong} add up to ${squares[wrong].toPrecision(3)} over ${values.length / k} documents, but exact sums can hold only ${2 ** 23}: count fewer documents at once`,
    );
  }
}

/** Adds latent i's meetings with itself and all earlier latents to `cells`, then enters i in its documents' rows. */
function meetAll(lists: Lists, i: number, cells: Float64Array): number {
  const { k, starts, documents, scaled, leads, visited, visitedScaled, fill } = lists;
  for (let p = starts[i]; p < starts[i + 1]; p++) {
    const factor = scaled[p] * UNITS;
    const row = documents[p] * k;
    const rowEnd = row + fill[documents[p]];
    fill[documents[p]] += leads[p];
    visited[rowEnd] = i;
    visitedScaled[rowEnd] = scaled[p];
    for (let s = row; s <= rowEnd; s++) {
      const cell = CELL * visited[s];
      cells[cell] += 1;
      cells[cell + 1] += factor * visitedScaled[s] + ROUNDING - ROUNDING;
    }
  }
  return i + 1;
}

/** The same for a rare latent: lists the latents met in `met` and gives their number. */
function meetFew(lists: Lists, i: number, cells: Float64Array, met: Uint32Array): number {
  const { k, starts, documents, scaled, leads, visited, visitedScaled, fill } = lists;
  let size = 0;
  for (let p = starts[i]; p < starts[i + 1]; p++) {
    const factor = scaled[p] * UNITS;
    const row = documents[p] * k;
    const rowEnd = row + fill[documents[p]];
    fill[documents[p]] += leads[p];
    visited[rowEnd] = i;
    visitedScaled[rowEnd] = scaled[p];
    for (let s = row; s <= rowEnd; s++) {
      const cell = CELL * visited[s];
      if (cells[cell] === 0) met[size++] = visited[s];
      cells[cell] += 1;
      cells[cell + 1] += factor * visitedScaled[s] + ROUNDING - ROUNDING;
    }
  }
  return size;
}

interface BatchBuilder {
  to: number;
  reserve(more: number): void;
  /** Adds a pair of the current latent; `low` is taken modulo 2^32. */
  put(partner: number, together: number, low: number, high: number): void;
  /** Adds the cells of latent i, all or those listed, clears them and ends the latent. */
  take(i: number, cells: Float64Array, listed?: Uint32Array): void;
  end(i: number): void;
  finish(): PairBatch;
}

function createBatch(from: number, to: number): BatchBuilder {
  const offsets = new Uint32Array(to - from + 1);
  let capacity = 1 << 12;
  let size = 0;
  let partners = new Uint32Array(capacity);
  let together = new Uint32Array(capacity);
  let dots = new Uint32Array(2 * capacity);
  const builder: BatchBuilder = {
    to,
    reserve(more) {
      if (size + more <= capacity) return;
      capacity = Math.max(size + more, 2 * capacity);
      partners = grown(partners, capacity);
      together = grown(together, capacity);
      dots = grown(dots, 2 * capacity);
    },
    put(partner, count, low, high) {
      if (size === capacity) builder.reserve(1);
      partners[size] = partner;
      together[size] = count;
      dots[2 * size] = low;
      dots[2 * size++ + 1] = high;
    },
    take(i, cells, listed) {
      const size = listed?.length ?? i + 1;
      builder.reserve(size);
      for (let at = 0; at < size; at++) {
        const j = listed === undefined ? at : listed[at];
        const count = cells[CELL * j];
        if (count === 0) continue;
        const dot = cells[CELL * j + 1];
        builder.put(j, count, dot, Math.floor(dot / WORD));
        cells[CELL * j] = cells[CELL * j + 1] = 0;
      }
      builder.end(i);
    },
    end(i) {
      offsets[i - from + 1] = size;
    },
    finish: () => ({
      ...{ from, to, offsets },
      partners: partners.slice(0, size),
      together: together.slice(0, size),
      dots: new BigInt64Array(dots.buffer.slice(0, 8 * size)),
    }),
  };
  return builder;
}

/** The low and the high word of each number. */
function wordsOf({ buffer, byteOffset, length }: BigInt64Array): Uint32Array {
  return new Uint32Array(buffer, byteOffset, 2 * length);
}

function numberAt(words: Uint32Array, at: number): number {
  return (words[2 * at + 1] | 0) * WORD + words[2 * at];
}
