import { type Matrix, createMatrix, matrixRow, normalizeRows, takeRows } from "../core/matrix.js";
import { createRandom, sampleIndices } from "../core/random.js";
import type { Engine, NearestOptions, Neighbours } from "../engine/engine.js";
import { NO_NEIGHBOUR, cosineNeighbours, emptyNeighbours, offer, unitRows } from "./neighbours.js";

/** Rows up to which neighbours are exact by default. */
export const EXACT_ROWS = 50_000;
/** Rows of a cell, on average; cells that each row is compared with, and those where that gives too low a recall. */
export const CELL_ROWS = 500;
export const PROBES = 16;
const MORE_PROBES = 64;
const LEAST_RECALL = 0.9;
/** Of the cells' centres: rows for each that they are found from, and rounds. */
const TRAINING_ROWS = 30;
const TRAINING_ROUNDS = 6;
/** Rows whose neighbours are found exactly, too, to measure the recall. */
const CHECKED_ROWS = 200;

/** How near neighbours are found. */
export interface NearNeighboursOptions extends NearestOptions {
  /** Rows up to which they are exact. Default 50,000. */
  exactUpTo?: number;
  /** Of the cells. Default 0. */
  seed?: number;
}

/** Lists of neighbours, and the share of the true ones that is in them: 1 where they are exact. */
export interface FoundNeighbours {
  neighbours: Neighbours;
  recall: number;
}

/**
 * The `count` nearest other rows of every row of `matrix` [n, d] by cosine as cosineNeighbours gives them, exact up to
 * `exactUpTo` rows. Beyond that rows are parted into cells of some 500 around seeded centres, and each row is compared with
 * those of the 16 cells whose centres are nearest to it, or of 64 where the recall, measured on 200 rows, is under 0.9. Throws as cosineNeighbours.
 */
export async function nearNeighbours(
  matrix: Matrix,
  count: number,
  engine: Pick<Engine, "nearest">,
  { exactUpTo = EXACT_ROWS, seed = 0, onProgress, signal }: NearNeighboursOptions = {},
): Promise<FoundNeighbours> {
  const exact = async (): Promise<FoundNeighbours> => ({
    neighbours: await cosineNeighbours(matrix, count, engine, { onProgress, signal }),
    recall: 1,
  });
  const mostExact = Math.max(exactUpTo, count + 1);
  if (matrix.rows <= mostExact) return exact();
  const { unit, live } = await unitRows(matrix, signal);
  if (live.length <= mostExact) return exact();
  const out = emptyNeighbours(matrix.rows, count);
  const random = createRandom(seed);
  const centres = await findCentres(unit, random, engine, { signal });
  const most = Math.min(MORE_PROBES, centres.rows);
  const nearest = await engine.nearest(unit, centres, most, {
    signal,
    onProgress: onProgress && (({ done, total }) => onProgress({ step: "cells", done, total })),
  });
  const members = listRows(nearest, centres.rows, 0, 1);
  const search = async (from: number, to: number): Promise<void> => {
    const visitors = listRows(nearest, centres.rows, from, to);
    const total = live.length * (to - from);
    let done = 0;
    for (let cell = 0; cell < centres.rows; cell++) {
      signal?.throwIfAborted();
      onProgress?.({ step: "neighbours", done, total });
      done += visitors[cell].length;
      if (members[cell].length === 0 || visitors[cell].length === 0) continue;
      const base = takeRows(unit, members[cell]);
      const asked = Math.min(count + 1, base.rows);
      const queries = takeRows(unit, visitors[cell]);
      const { indices, scores } = await engine.nearest(queries, base, asked, { signal });
      visitors[cell].forEach((row, q) => {
        for (let at = q * asked; at < (q + 1) * asked; at++) {
          const other = members[cell][indices[at]];
          const score = Math.max(-1, Math.min(1, scores[at]));
          if (other !== row) offer(out, live[row], live[other], score);
        }
      });
    }
    onProgress?.({ step: "neighbours", done: total, total });
  };
  const measure = (): Promise<number> =>
    measureRecall(out, unit, live, createRandom(seed + 1), engine, signal);
  const first = Math.min(PROBES, most);
  await search(0, first);
  let recall = await measure();
  if (recall < LEAST_RECALL && first < most) {
    await search(first, most);
    recall = await measure();
  }
  return { neighbours: out, recall };
}

/** Unit centres of cells, by spherical k-means of some of the rows. */
async function findCentres(
  unit: Matrix,
  random: () => number,
  engine: Pick<Engine, "nearest">,
  options: NearestOptions,
): Promise<Matrix> {
  const cells = Math.ceil(unit.rows / CELL_ROWS);
  const chosen = sampleIndices(unit.rows, Math.min(unit.rows, cells * TRAINING_ROWS), random);
  const rows = takeRows(unit, chosen);
  let centres = takeRows(unit, chosen.subarray(0, cells));
  for (let round = 0; round < TRAINING_ROUNDS; round++) {
    const { indices } = await engine.nearest(rows, centres, 1, options);
    const sums = createMatrix(cells, unit.cols);
    for (let i = 0; i < rows.rows; i++) {
      const row = matrixRow(rows, i);
      const sum = matrixRow(sums, indices[i]);
      for (let j = 0; j < row.length; j++) sum[j] += row[j];
    }
    const next = normalizeRows(sums);
    for (let cell = 0; cell < cells; cell++) {
      const row = matrixRow(next, cell);
      // A centre that no row is nearest to begins again at some row.
      if (row.every((value) => value === 0)) {
        row.set(matrixRow(rows, Math.floor(random() * rows.rows)));
      }
    }
    centres = next;
  }
  return centres;
}

/** For each cell the rows that have it between `from` and `to` of their list, ascending. */
function listRows(
  { rows, count, indices }: Neighbours,
  cells: number,
  from: number,
  to: number,
): Uint32Array[] {
  const sizes = new Uint32Array(cells);
  const each = (visit: (cell: number, row: number) => void): void => {
    for (let row = 0; row < rows; row++) {
      for (let at = row * count + from; at < row * count + to; at++) visit(indices[at], row);
    }
  };
  each((cell) => void sizes[cell]++);
  const lists = Array.from(sizes, (size) => new Uint32Array(size));
  sizes.fill(0);
  each((cell, row) => void (lists[cell][sizes[cell]++] = row));
  return lists;
}

async function measureRecall(
  found: Neighbours,
  unit: Matrix,
  live: Uint32Array,
  random: () => number,
  engine: Pick<Engine, "nearest">,
  signal: AbortSignal | undefined,
): Promise<number> {
  const checked = sampleIndices(unit.rows, Math.min(CHECKED_ROWS, unit.rows), random);
  const { count } = found;
  const exact = await engine.nearest(takeRows(unit, checked), unit, count + 1, { signal });
  let [hits, total] = [0, 0];
  checked.forEach((row, q) => {
    const first = live[row] * count;
    const known = new Set(found.indices.subarray(first, first + count));
    known.delete(NO_NEIGHBOUR);
    const wanted = Array.from(exact.indices.subarray(q * (count + 1), (q + 1) * (count + 1)))
      .filter((other) => other !== row)
      .slice(0, count);
    for (const other of wanted) if (known.has(live[other])) hits++;
    total += wanted.length;
  });
  return hits / total;
}
