import { setImmediate as turn } from "node:timers/promises";
import { UMAP } from "umap-js";
import type { Neighbours } from "../engine/engine.js";
import { type Matrix, createMatrix } from "../core/matrix.js";
import type { OnProgress } from "../core/progress.js";
import { createRandom } from "../core/random.js";
import { useCompactGraph } from "./fuzzy-graph.js";
import { NO_NEIGHBOUR, hasNeighbours } from "./neighbours.js";
import { neighbourGraph, spectralPlaces } from "./spectral.js";
import { interruptible } from "../core/interrupt.js";

/** Half the side of the square that the starting places fill, as in the reference implementation. */
const START_RADIUS = 10;
const START_NOISE = 1e-3;

/** How a map is laid out. */
export interface UmapOptions {
  /** Default 0. */
  seed?: number;
  /**
   * Rounds of layout, rounded up to a multiple of 3 (umap-js hangs on others when it places new points).
   * Default as umap-js: 501 up to 2,500 rows, 402 up to 5,000, 300 up to 7,500, 201 above.
   */
  epochs?: number;
  /** Smallest distance between places, in units of the map; small values clump. Default 0.1. */
  minDist?: number;
  /** Scale of the whole map. Default 1. */
  spread?: number;
  /**
   * Where the layout starts: "spectral" (the neighbour graph's smoothest directions, the default), "random" as
   * umap-js does, or places of one's own [n, 2].
   */
  start?: "spectral" | "random" | Matrix;
  onProgress?: OnProgress;
  signal?: AbortSignal;
}

/**
 * Places in the plane [n, 2] by UMAP, from exact neighbours (10 to 30 a row; 15 is usual).
 * Rows without neighbours (dead latents) are placed in a grid below the map. The map is centred on 0 and turned so that
 * its longest extent lies along x. The same neighbours and seed give the same bytes. The event loop gets a turn
 * between rounds. Throws RangeError for neighbours of fewer than 2 each, bad epochs or start of another shape.
 */
export async function projectUmap(
  neighbours: Neighbours,
  options: UmapOptions = {},
): Promise<Matrix> {
  const { seed = 0, minDist = 0.1, spread = 1, onProgress } = options;
  const signal = interruptible(options.signal);
  const epochs = checkedEpochs(options.epochs ?? defaultEpochs(neighbours.rows));
  const live = liveNeighbours(neighbours);
  const out = createMatrix(neighbours.rows, 2);
  if (live.rows.length > 0) {
    const { compact, rows } = live;
    const places =
      compact.rows <= 3 || compact.count < 2
        ? circle(compact.rows)
        : await layOut(compact, startPlaces(compact, rows, options), {
            seed,
            epochs,
            minDist,
            spread,
            onProgress,
            signal,
          });
    alignInPlace(places);
    for (let i = 0; i < rows.length; i++) {
      out.data[2 * rows[i]] = places.data[2 * i];
      out.data[2 * rows[i] + 1] = places.data[2 * i + 1];
    }
  }
  placeDeadInPlace(out, neighbours);
  return out;
}

function defaultEpochs(rows: number): number {
  if (rows <= 2500) return 501;
  if (rows <= 5000) return 402;
  return rows <= 7500 ? 300 : 201;
}

function checkedEpochs(epochs: number): number {
  if (!Number.isInteger(epochs) || epochs < 1) {
    throw new RangeError(`projectUmap: epochs must be a whole number from 1, got ${epochs}`);
  }
  return 3 * Math.ceil(epochs / 3);
}

// Only the live rows, renumbered; at most rows - 2 neighbours each, as umap-js wants fewer neighbours than rows.
function liveNeighbours(neighbours: Neighbours): { compact: Neighbours; rows: Uint32Array } {
  const rows = Uint32Array.from({ length: neighbours.rows }, (_, i) => i).filter((i) =>
    hasNeighbours(neighbours, i),
  );
  const position = new Uint32Array(neighbours.rows);
  rows.forEach((row, i) => (position[row] = i));
  let count = Math.max(1, Math.min(neighbours.count, rows.length - 2));
  for (const row of rows) {
    while (count > 1 && neighbours.indices[row * neighbours.count + count - 1] === NO_NEIGHBOUR) {
      count--;
    }
  }
  const compact: Neighbours = {
    rows: rows.length,
    count,
    indices: new Uint32Array(rows.length * count),
    scores: new Float32Array(rows.length * count),
  };
  rows.forEach((row, i) => {
    for (let s = 0; s < count; s++) {
      compact.indices[i * count + s] = position[neighbours.indices[row * neighbours.count + s]];
      compact.scores[i * count + s] = neighbours.scores[row * neighbours.count + s];
    }
  });
  return { compact, rows };
}

function startPlaces(
  compact: Neighbours,
  rows: Uint32Array,
  { start = "spectral", seed = 0 }: UmapOptions,
): Matrix | undefined {
  if (start === "random") return undefined;
  if (start !== "spectral") return givenStart(start, rows);
  const places = spectralPlaces(neighbourGraph(compact), { seed });
  const random = createRandom(seed);
  for (let column = 0; column < 2; column++) {
    let largest = 0;
    for (let at = column; at < places.data.length; at += 2) {
      largest = Math.max(largest, Math.abs(places.data[at]));
    }
    const factor = largest > 0 ? START_RADIUS / largest : 0;
    for (let at = column; at < places.data.length; at += 2) {
      places.data[at] = places.data[at] * factor + START_NOISE * (random() - 0.5);
    }
  }
  return places;
}

function givenStart(start: Matrix, rows: Uint32Array): Matrix {
  if (start.cols !== 2 || rows.some((row) => row >= start.rows)) {
    throw new RangeError(
      `projectUmap: start must be places [n, 2] for every row, got [${start.rows}, ${start.cols}]`,
    );
  }
  const out = createMatrix(rows.length, 2);
  rows.forEach((row, i) => out.data.set(start.data.subarray(2 * row, 2 * row + 2), 2 * i));
  return out;
}

async function layOut(
  { rows, count, indices, scores }: Neighbours,
  start: Matrix | undefined,
  options: Required<Pick<UmapOptions, "seed" | "epochs" | "minDist" | "spread">> &
    Pick<UmapOptions, "onProgress" | "signal">,
): Promise<Matrix> {
  const { seed, epochs, minDist, spread, onProgress, signal } = options;
  const umap = new UMAP({
    nNeighbors: count + 1,
    nEpochs: epochs,
    minDist,
    spread,
    random: createRandom(seed),
  });
  useCompactGraph(umap);
  const lists = Array.from({ length: rows }, (_, i) => i);
  umap.setPrecomputedKNN(
    lists.map((i) => [i, ...indices.subarray(i * count, (i + 1) * count)]),
    // above 0, since rows whose distances are all 0 take umap-js quadratic time
    lists.map((i) => [
      0,
      ...Array.from(scores.subarray(i * count, (i + 1) * count), (s) => Math.max(1e-9, 1 - s)),
    ]),
  );
  await turn();
  umap.initializeFit(lists.map(() => []));
  // umap-js starts at random only; the rows that it returns are those that it then moves
  const places = umap.getEmbedding();
  if (start !== undefined) {
    places.forEach((place, i) => {
      place[0] = start.data[2 * i];
      place[1] = start.data[2 * i + 1];
    });
  }
  for (let epoch = 1; epoch <= epochs; epoch++) {
    umap.step();
    onProgress?.({ step: "map", done: epoch, total: epochs });
    await turn();
    signal?.throwIfAborted();
  }
  return createMatrix(rows, 2, Float32Array.from(umap.getEmbedding().flat()));
}

function circle(rows: number): Matrix {
  const places = createMatrix(rows, 2);
  for (let i = 0; i < rows; i++) {
    places.data[2 * i] = Math.cos((2 * Math.PI * i) / rows);
    places.data[2 * i + 1] = Math.sin((2 * Math.PI * i) / rows);
  }
  return places;
}

// Centre, turn the longest extent onto x, and mirror so that the longer tail lies on the positive side.
function alignInPlace({ rows, data }: Matrix): void {
  let meanX = 0;
  let meanY = 0;
  for (let i = 0; i < rows; i++) {
    meanX += data[2 * i] / rows;
    meanY += data[2 * i + 1] / rows;
  }
  let xx = 0;
  let xy = 0;
  let yy = 0;
  for (let i = 0; i < rows; i++) {
    const x = data[2 * i] - meanX;
    const y = data[2 * i + 1] - meanY;
    xx += x * x;
    xy += x * y;
    yy += y * y;
  }
  const angle = 0.5 * Math.atan2(2 * xy, xx - yy);
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  const cubes = [0, 0];
  for (let i = 0; i < rows; i++) {
    const x = data[2 * i] - meanX;
    const y = data[2 * i + 1] - meanY;
    data[2 * i] = cos * x + sin * y;
    data[2 * i + 1] = cos * y - sin * x;
    cubes[0] += data[2 * i] ** 3;
    cubes[1] += data[2 * i + 1] ** 3;
  }
  for (let at = 0; at < data.length; at++) if (cubes[at % 2] < 0) data[at] = -data[at];
}

function placeDeadInPlace({ rows, data }: Matrix, neighbours: Neighbours): void {
  let [left, right, bottom, top] = [Infinity, -Infinity, Infinity, -Infinity];
  const dead: number[] = [];
  for (let i = 0; i < rows; i++) {
    if (!hasNeighbours(neighbours, i)) {
      dead.push(i);
      continue;
    }
    left = Math.min(left, data[2 * i]);
    right = Math.max(right, data[2 * i]);
    bottom = Math.min(bottom, data[2 * i + 1]);
    top = Math.max(top, data[2 * i + 1]);
  }
  if (dead.length === 0) return;
  // With no live row, or all of them in one place, there is no extent to go by.
  if (!(right > left)) [left, right] = dead.length === rows ? [-1, 1] : [left - 1, left + 1];
  if (!(top >= bottom)) [bottom, top] = [0, 0];
  const columns = Math.max(20, Math.ceil(Math.sqrt(8 * dead.length)));
  const gap = (right - left) / columns;
  dead.forEach((row, i) => {
    data[2 * row] = left + gap * ((i % columns) + 0.5);
    data[2 * row + 1] = bottom - 0.06 * (top - bottom) - gap * (Math.floor(i / columns) + 0.5);
  });
}
