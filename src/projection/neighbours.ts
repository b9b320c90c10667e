import { setImmediate as turn } from "node:timers/promises";
import type { Engine, NearestOptions, Neighbours } from "../engine/engine.js";
import type { Matrix } from "../core/matrix.js";
import {
  createMatrix,
  dot,
  matrixRow,
  matrixRows,
  normalizeRows,
  takeRows,
} from "../core/matrix.js";

/** Stands in `Neighbours.indices` where a row has no (further) neighbour; its score is 0. */
export const NO_NEIGHBOUR = 0xffffffff;
/** Values that are worked on before other work is let through: a few hundredths of a second. */
export const VALUES_AT_ONCE: number = 2 ** 23;

/**
 * The exact `count` nearest other rows of every row of `matrix` [n, d] by cosine, best first.
 * A row is never its own neighbour, however many duplicates it has. Rows that are zero or not finite (dead latents)
 * have no neighbours and are no row's neighbour: their entries are NO_NEIGHBOUR, as are those past the last live
 * row when fewer than `count + 1` rows are live. Throws RangeError unless count is a whole number from 1.
 */
export async function cosineNeighbours(
  matrix: Matrix,
  count: number,
  engine: Pick<Engine, "nearest">,
  { onProgress, signal }: NearestOptions = {},
): Promise<Neighbours> {
  const out = emptyNeighbours(matrix.rows, count);
  const { unit, live } = await unitRows(matrix, signal);
  const asked = Math.min(count + 1, live.length);
  if (asked < 2) return out;
  const found = await engine.nearest(unit, unit, asked, {
    signal,
    onProgress:
      onProgress && (({ done, total }): void => onProgress({ step: "neighbours", done, total })),
  });
  for (let i = 0; i < live.length; i++) copyWithoutSelf(found, i, live, out);
  return out;
}

/** Whether a row has at least one neighbour: false for dead latents. */
export function hasNeighbours(neighbours: Neighbours, row: number): boolean {
  return neighbours.indices[row * neighbours.count] !== NO_NEIGHBOUR;
}

/** The rows that have neighbours, ascending. */
export function liveRows(neighbours: Neighbours): number[] {
  return Array.from({ length: neighbours.rows }, (_, i) => i).filter((i) =>
    hasNeighbours(neighbours, i),
  );
}

/** Row `i` of `neighbours`, without the NO_NEIGHBOUR entries. */
export function neighboursOf(
  neighbours: Neighbours,
  row: number,
): { index: number; score: number }[] {
  const out: { index: number; score: number }[] = [];
  for (let at = row * neighbours.count; at < (row + 1) * neighbours.count; at++) {
    const index = neighbours.indices[at];
    if (index !== NO_NEIGHBOUR) out.push({ index, score: neighbours.scores[at] });
  }
  return out;
}

/** Rows that are finite and not zero at unit length, and which they are. Gives way to other work at every few million values. */
export async function unitRows(
  matrix: Matrix,
  signal?: AbortSignal,
): Promise<{ unit: Matrix; live: Uint32Array }> {
  const { rows, cols } = matrix;
  const live: number[] = [];
  let data = new Float32Array(rows * cols);
  const rowsAtOnce = Math.max(1, Math.floor(VALUES_AT_ONCE / cols));
  for (let start = 0; start < rows; start += rowsAtOnce) {
    await turn();
    signal?.throwIfAborted();
    const block = matrixRows(matrix, start, Math.min(rows, start + rowsAtOnce));
    const kept = Array.from({ length: block.rows }, (_, i) => i).filter((i) => isLive(block, i));
    const found = kept.length === block.rows ? block : takeRows(block, kept);
    data.set(normalizeRows(found).data, live.length * cols);
    for (const i of kept) live.push(start + i);
  }
  if (live.length < rows) data = data.slice(0, live.length * cols);
  return { unit: createMatrix(live.length, cols, data), live: Uint32Array.from(live) };
}

function isLive(matrix: Matrix, i: number): boolean {
  const row = matrixRow(matrix, i);
  const squared = dot(row, row);
  return squared > 0 && squared < Infinity;
}

/** Lists of no neighbours [rows, count]. Throws RangeError unless count is a whole number from 1. */
export function emptyNeighbours(rows: number, count: number): Neighbours {
  if (!Number.isInteger(count) || count < 1) {
    throw new RangeError(`neighbours: count must be a whole number from 1, got ${count}`);
  }
  return {
    rows,
    count,
    indices: new Uint32Array(rows * count).fill(NO_NEIGHBOUR),
    scores: new Float32Array(rows * count),
  };
}

// A row with more than `asked` duplicates may be missing from its own list: then the last entry is dropped instead.
function copyWithoutSelf(
  found: Neighbours,
  self: number,
  live: Uint32Array,
  out: Neighbours,
): void {
  let at = live[self] * out.count;
  const end = at + Math.min(out.count, found.count - 1);
  for (let s = self * found.count; at < end; s++) {
    if (found.indices[s] === self) continue;
    out.indices[at] = live[found.indices[s]];
    out.scores[at] = Math.max(-1, Math.min(1, found.scores[s]));
    at++;
  }
}

/** Puts `other` into the row's list, best first, ties by lower row, unless `count` are better. */
export function offer(
  { count, indices, scores }: Neighbours,
  row: number,
  other: number,
  score: number,
): void {
  const first = row * count;
  let at = first + count - 1;
  if (score < scores[at] || (score === scores[at] && other > indices[at])) return;
  for (; at > first; at--) {
    const isBehind =
      score > scores[at - 1] || (score === scores[at - 1] && other < indices[at - 1]);
    if (!isBehind) break;
    scores[at] = scores[at - 1];
    indices[at] = indices[at - 1];
  }
  scores[at] = score;
  indices[at] = other;
}
