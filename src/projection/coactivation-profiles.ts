import { setImmediate as turn } from "node:timers/promises";
import { type Matrix, dot } from "../core/matrix.js";
import type { Engine, NearestOptions, Neighbours } from "../engine/engine.js";
import { denseCosines } from "../families/coactivation/coactivation-pairs.js";
import type { Coactivation } from "../families/coactivation/coactivation.js";
import { NO_NEIGHBOUR, cosineNeighbours, emptyNeighbours, offer } from "./neighbours.js";

/** Products of the engine's dense matrices that take as long as one of non-zero entries: measured 40 to 150. */
const DENSE_SPEED = 64;
/** Up to this n the dense product takes less than a second whatever the entries are. */
const SMALL = 2048;
/** n × n float32 of 1 GiB. */
export const LARGEST_DENSE = 16384;
/** Rows whose sums, lengths, lowest scores and list of those met take 0.4 MB: a core's second cache holds them. */
const BLOCK = 16384;

/**
 * Each latent's co-activation profile: its row of D, the cosine of its activations with every other latent's; its own
 * entry is 0 [n, n]. Takes 4 n² bytes. Latents with the same partners are near one another, even if they are never
 * active together: on near-orthogonal dictionaries such a map shows far more than one of the decoder directions. Throws
 * RangeError where n is over 16,384; profileNeighbours takes any n.
 */
export function coactivationProfiles(coactivation: Coactivation): Matrix {
  const profiles = denseCosines(coactivation);
  for (let i = 0; i < profiles.rows; i++) profiles.data[i * profiles.cols + i] = 0;
  return profiles;
}

/**
 * The exact `count` nearest other latents of every latent by the cosine of their co-activation profiles, as
 * cosineNeighbours gives them of the dense matrix, but for any n: from the non-zero entries alone, in 16 bytes for each
 * pair that meets, unless most are non-zero and n × n is small. Latents without partners have no neighbours.
 * Throws RangeError unless count is a whole number from 1.
 */
export async function profileNeighbours(
  coactivation: Coactivation,
  count: number,
  engine: Pick<Engine, "nearest">,
  options: NearestOptions = {},
): Promise<Neighbours> {
  const { n } = coactivation;
  // Products of non-zero entries in the profiles' product with their transpose.
  const products = (): number =>
    countPartners(coactivation).reduce((sum, partners) => sum + partners ** 2, 0);
  const isDense = n <= SMALL || (n <= LARGEST_DENSE && n ** 3 < DENSE_SPEED * products());
  return isDense
    ? cosineNeighbours(coactivationProfiles(coactivation), count, engine, options)
    : sparseNeighbours(sparseProfiles(coactivation), count, options);
}

/** The profiles as compressed sparse rows, columns ascending: a symmetric matrix. */
interface SparseProfiles {
  n: number;
  /** [n + 1] */
  offsets: Uint32Array;
  columns: Uint32Array;
  values: Float32Array;
  /** 1 over each row's length [n]. */
  inverse: Float64Array;
}

/** Non-zero entries of each profile [n]: slots of value 0 may meet and have a cosine of 0. */
function countPartners({ n, offsets, latents, cosine }: Coactivation): Uint32Array {
  const counts = new Uint32Array(n);
  for (let i = 0; i < n; i++) {
    for (let at = offsets[i]; at < offsets[i + 1]; at++) {
      if (cosine[at] === 0) continue;
      counts[i]++;
      counts[latents[at]]++;
    }
  }
  return counts;
}

function sparseProfiles(coactivation: Coactivation): SparseProfiles {
  const { n, offsets: starts, latents, cosine } = coactivation;
  const counts = countPartners(coactivation);
  const offsets = new Uint32Array(n + 1);
  for (let i = 0; i < n; i++) offsets[i + 1] = offsets[i] + counts[i];
  const next = offsets.slice(0, n);
  const columns = new Uint32Array(offsets[n]);
  const values = new Float32Array(offsets[n]);
  const put = (row: number, column: number, value: number): void => {
    columns[next[row]] = column;
    values[next[row]++] = value;
  };
  // Row i of the triangle comes after all of row j < i, so that columns ascend in both halves.
  for (let i = 0; i < n; i++) {
    for (let at = starts[i]; at < starts[i + 1]; at++) {
      if (cosine[at] === 0) continue;
      put(i, latents[at], cosine[at]);
      put(latents[at], i, cosine[at]);
    }
  }
  const inverse = Float64Array.from({ length: n }, (_, i) => {
    const row = values.subarray(offsets[i], offsets[i + 1]);
    return 1 / Math.sqrt(dot(row, row));
  });
  return { n, offsets, columns, values, inverse };
}

/**
 * Every row's products with the rows before it, offered to both rows of each pair: half of the work, since the cosine is
 * the same both ways. Those rows are taken a block at a time, so that what is added to stays in a core's cache whatever n.
 */
async function sparseNeighbours(
  rows: SparseProfiles,
  count: number,
  { onProgress, signal }: NearestOptions,
): Promise<Neighbours> {
  const { n, offsets, columns, inverse } = rows;
  const out = emptyNeighbours(n, count);
  // The lowest score of each list.
  const lowest = new Float32Array(n);
  const sums = new Float64Array(n);
  const met = new Uint32Array(BLOCK);
  const put = (row: number, other: number, cosine: number): void => {
    offer(out, row, other, cosine);
    lowest[row] = out.scores[(row + 1) * count - 1];
  };
  // Each row's columns in the block and below i.
  const [starts, ends] = [offsets.slice(0, n), offsets.slice(0, n)];
  const blocks = Math.ceil(n / BLOCK);
  const total = blocks * n - (BLOCK * blocks * (blocks - 1)) / 2;
  let done = 0;
  for (let first = 0; first < n; first += BLOCK) {
    starts.set(ends);
    for (let i = first; i < n; i++) {
      if (done++ % 256 === 0) {
        onProgress?.({ step: "neighbours", done, total });
        await turn();
        signal?.throwIfAborted();
      }
      const size = addProducts(rows, i, starts, ends, sums, met);
      for (let m = 0; m < size; m++) {
        const j = met[m];
        const cosine = Math.min(1, Math.fround(sums[j] * inverse[i] * inverse[j]));
        sums[j] = 0;
        if (cosine >= lowest[i]) put(i, j, cosine);
        if (cosine >= lowest[j]) put(j, i, cosine);
      }
      if (i < first + BLOCK) {
        for (let at = offsets[i]; at < offsets[i + 1]; at++) ends[columns[at]]++;
      }
    }
  }
  fillWithStrangers(out, rows);
  onProgress?.({ step: "neighbours", done, total });
  return out;
}

/** Adds row i's products with the block's rows before it to `sums`, lists those rows in `met` and gives their number. */
function addProducts(
  { offsets, columns, values }: SparseProfiles,
  i: number,
  starts: Uint32Array,
  ends: Uint32Array,
  sums: Float64Array,
  met: Uint32Array,
): number {
  let size = 0;
  for (let at = offsets[i]; at < offsets[i + 1]; at++) {
    const partner = columns[at];
    const value = values[at];
    const end = ends[partner];
    for (let b = starts[partner]; b < end; b++) {
      const j = columns[b];
      if (sums[j] === 0) met[size++] = j;
      sums[j] += value * values[b];
    }
  }
  return size;
}

/** Fills the lists of rows that have some partner with the lowest such rows, at cosine 0, as the dense product does. */
function fillWithStrangers({ count, indices }: Neighbours, { n, offsets }: SparseProfiles): void {
  const live = Array.from({ length: n }, (_, i) => i).filter((i) => offsets[i] < offsets[i + 1]);
  for (const row of live) {
    const list = indices.subarray(row * count, (row + 1) * count);
    let end = list.indexOf(NO_NEIGHBOUR);
    if (end < 0) continue;
    const known = new Set([row, ...list.subarray(0, end)]);
    for (const other of live) {
      if (end === count) break;
      if (!known.has(other)) list[end++] = other;
    }
  }
}
