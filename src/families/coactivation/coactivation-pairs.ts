import { createMatrix } from "../../core/matrix.js";
import type { Matrix } from "../../core/matrix.js";
import type { Coactivation } from "./coactivation.js";

/** Largest n written out as n × n: 1 GiB of float32. */
const LARGEST_DENSE = 16384;

/** The partners of one latent, ascending by latent [partners]. */
export interface CoactivationRow {
  latents: Uint32Array;
  /** C: documents in which both are active. */
  together: Uint32Array;
  /** D: cosine of activations. */
  cosine: Float32Array;
}

/** Place of the pair (i, j) in `coactivation.latents`, -1 where the two never meet or i = j. */
export function findPair(coactivation: Coactivation, i: number, j: number): number {
  const [row, column] = i > j ? [i, j] : [j, i];
  const { offsets, latents } = coactivation;
  let low = offsets[row];
  let high = offsets[row + 1];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (latents[middle] < column) low = middle + 1;
    else high = middle;
  }
  return low < offsets[row + 1] && latents[low] === column && row !== column ? low : -1;
}

/** C at (i, j): documents in which both latents are active; f of the latent where i = j. */
export function pairCount(coactivation: Coactivation, i: number, j: number): number {
  if (i === j) return coactivation.counts[i];
  const at = findPair(coactivation, i, j);
  return at < 0 ? 0 : coactivation.together[at];
}

/** D at (i, j): cosine of the two latents' activations. */
export function pairCosine(coactivation: Coactivation, i: number, j: number): number {
  if (i === j) return coactivation.cosineDiagonal[i];
  const at = findPair(coactivation, i, j);
  return at < 0 ? 0 : coactivation.cosine[at];
}

/** All partners of latent `i`, itself left out. Throws RangeError where i is no latent. */
export function coactivationRow(coactivation: Coactivation, i: number): CoactivationRow {
  const { n, offsets, latents, together, cosine } = coactivation;
  if (!(Number.isInteger(i) && i >= 0 && i < n)) {
    throw new RangeError(`coactivationRow: latent must be from 0 to ${n - 1}, got ${i}`);
  }
  const later: number[] = [];
  const places: number[] = [];
  for (let row = i + 1; row < n; row++) {
    const at = findPair(coactivation, row, i);
    if (at < 0) continue;
    later.push(row);
    places.push(at);
  }
  const earlier = offsets[i + 1] - offsets[i];
  const out = {
    latents: new Uint32Array(earlier + later.length),
    together: new Uint32Array(earlier + later.length),
    cosine: new Float32Array(earlier + later.length),
  };
  out.latents.set(latents.subarray(offsets[i], offsets[i + 1]));
  out.together.set(together.subarray(offsets[i], offsets[i + 1]));
  out.cosine.set(cosine.subarray(offsets[i], offsets[i + 1]));
  for (let p = 0; p < places.length; p++) {
    out.latents[earlier + p] = later[p];
    out.together[earlier + p] = together[places[p]];
    out.cosine[earlier + p] = cosine[places[p]];
  }
  return out;
}

/**
 * The `count` latents that go most with latent `i`, strongest first, ties by lower latent: by cosine of
 * activations (D, the default) or by the documents shared (C).
 */
export function topPartners(
  coactivation: Coactivation,
  i: number,
  count: number,
  by: "cosine" | "together" = "cosine",
): { latent: number; together: number; cosine: number }[] {
  const row = coactivationRow(coactivation, i);
  const order = Array.from(row.latents.keys());
  order.sort((a, b) => row[by][b] - row[by][a] || a - b);
  return order.slice(0, count).map((at) => ({
    latent: row.latents[at],
    together: row.together[at],
    cosine: row.cosine[at],
  }));
}

/** C between the listed latents, f on the diagonal [latents.length, latents.length]; all latents by default. */
export function denseCounts(coactivation: Coactivation, latents?: ArrayLike<number>): Matrix {
  return dense(coactivation, "together", latents, (latent) => coactivation.counts[latent]);
}

/** D between the listed latents [latents.length, latents.length]; all latents by default. */
export function denseCosines(coactivation: Coactivation, latents?: ArrayLike<number>): Matrix {
  return dense(coactivation, "cosine", latents, (latent) => coactivation.cosineDiagonal[latent]);
}

function dense(
  coactivation: Coactivation,
  field: "together" | "cosine",
  chosen: ArrayLike<number> | undefined,
  diagonal: (latent: number) => number,
): Matrix {
  const { n, offsets, latents } = coactivation;
  const size = chosen ? chosen.length : n;
  if (size > LARGEST_DENSE) {
    throw new RangeError(
      `co-activation: ${size} x ${size} is too large to write out, at most ${LARGEST_DENSE}`,
    );
  }
  const out = createMatrix(size, size);
  if (chosen) {
    for (let a = 0; a < size; a++) {
      out.data[a * size + a] = diagonal(chosen[a]);
      for (let b = 0; b < a; b++) {
        const at = findPair(coactivation, chosen[a], chosen[b]);
        const same = chosen[a] === chosen[b];
        const value = same ? diagonal(chosen[a]) : at < 0 ? 0 : coactivation[field][at];
        out.data[a * size + b] = value;
        out.data[b * size + a] = value;
      }
    }
    return out;
  }
  for (let i = 0; i < n; i++) {
    out.data[i * n + i] = diagonal(i);
    for (let at = offsets[i]; at < offsets[i + 1]; at++) {
      out.data[i * n + latents[at]] = coactivation[field][at];
      out.data[latents[at] * n + i] = coactivation[field][at];
    }
  }
  return out;
}
