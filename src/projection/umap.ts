import { createMatrix, type Matrix } from "../core/matrix.js";
import { interruptible } from "../core/interrupt.js";
import type { OnProgress } from "../core/progress.js";
import { createRandom } from "../core/random.js";
import type { Neighbours } from "../engine/engine.js";
import { fitCurve } from "./layout/curve.js";
import { type NeighbourGraph, uniteDirections, weighNeighbours } from "./layout/fuzzy-graph.js";
import { type LayoutKernels, PHASE, openLayoutKernels } from "./layout/layout-kernels.js";
import { NO_NEIGHBOUR, hasNeighbours, liveRows } from "./neighbours.js";
import { spectralPlaces } from "./layout/spectral.js";

/** Half the side of the square that the starting places fill, as in the reference implementation. */
const START_RADIUS = 10;
const START_NOISE = 1e-3;
/** Root mean squares along each axis beyond which no row starts. */
const START_SPREAD = 2.5;
/** A new row begins where it belongs, and so with smaller steps. */
const START_STEP_OF_NEW = 0.25;

/** How a map is laid out. */
export interface UmapOptions {
  /** Default 0. */
  seed?: number;
  /** Rounds of layout. Default 500 up to 2,500 rows, 400 up to 5,000, 300 up to 7,500, 200 above. */
  epochs?: number;
  /** Smallest distance between places, in units of the map; small values clump. Default 0.1. */
  minDist?: number;
  /** Scale of the whole map. Default 1. */
  spread?: number;
  /**
   * Where the layout starts: "spectral" (the neighbour graph's smoothest directions, the default), "random", or places of
   * one's own [n, 2].
   */
  start?: "spectral" | "random" | Matrix;
  /** Default: what the machine has. The places are the same for any number. */
  threads?: number;
  onProgress?: OnProgress;
  signal?: AbortSignal;
}

/**
 * Places in the plane [n, 2] by UMAP, from neighbours (10 to 30 per row; 15 is usual).
 * Rows without neighbours (dead latents) are placed in a grid below the map. The map is centred on 0 and turned so that
 * its longest extent lies along x. The same neighbours and seed give the same bytes on every engine, for any number of
 * threads. Throws RangeError for bad epochs or a start of another shape, and where the graph takes over 4 GB.
 */
export async function projectUmap(
  neighbours: Neighbours,
  options: UmapOptions = {},
): Promise<Matrix> {
  const signal = interruptible(options.signal);
  const epochs = checkedEpochs(options.epochs ?? defaultEpochs(neighbours.rows));
  const { compact, rows } = liveNeighbours(neighbours);
  const places =
    rows.length <= 3
      ? triangle(rows.length)
      : await layOut(compact, rows, { ...options, epochs, signal });
  alignInPlace(places);
  const out = createMatrix(neighbours.rows, 2);
  rows.forEach((row, i) => out.data.set(places.data.subarray(2 * i, 2 * i + 2), 2 * row));
  placeDeadInPlace(out, neighbours);
  return out;
}

/**
 * Places of new rows [n, 2] on a map whose own places stay as they are, by each new row's neighbours among the map's rows
 * (indices into `places`): it starts at their weighted mean and moves by the forces of the map. NaN where a row has no
 * neighbours. Same options, seed and bytes as projectUmap; default a third of its rounds.
 */
export async function placeOnMap(
  neighbours: Neighbours,
  places: Matrix,
  options: Omit<UmapOptions, "start"> = {},
): Promise<Matrix> {
  const { rows, count, indices } = neighbours;
  const fixed = places.rows;
  const outside = indices.find((index) => index !== NO_NEIGHBOUR && index >= fixed);
  if (places.cols !== 2 || outside !== undefined) {
    throw new RangeError(
      `placeOnMap: neighbours must be rows of the map [${fixed}, 2], got ${outside ?? `[${fixed}, ${places.cols}]`}`,
    );
  }
  const signal = interruptible(options.signal);
  const epochs = checkedEpochs(options.epochs ?? Math.ceil(defaultEpochs(fixed) / 3));
  const layout = await openLayoutKernels(fixed + rows, count, { fixed, ...options });
  try {
    const weights = await weighNeighbours(layout, neighbours, signal);
    const [start] = layout.places;
    start.set(places.data);
    let size = 0;
    for (let i = 0; i < rows; i++) {
      let [x, y, sum, largest] = [0, 0, 0, 0];
      layout.offsets[fixed + i] = size;
      const end = (i + 1) * count;
      for (let at = i * count; at < end && indices[at] !== NO_NEIGHBOUR; at++) {
        x += weights[at] * places.data[2 * indices[at]];
        y += weights[at] * places.data[2 * indices[at] + 1];
        sum += weights[at];
        largest = Math.max(largest, weights[at]);
        layout.targets[size] = indices[at];
        layout.rates[size++] = weights[at];
      }
      start[2 * (fixed + i)] = x / sum;
      start[2 * (fixed + i) + 1] = y / sum;
    }
    layout.offsets[fixed + rows] = size;
    await runRounds(layout, fixed, { ...options, epochs, signal, step: START_STEP_OF_NEW });
    return createMatrix(rows, 2, layout.places[0].slice(2 * fixed));
  } finally {
    await layout.close();
  }
}

function defaultEpochs(rows: number): number {
  if (rows <= 2500) return 500;
  if (rows <= 5000) return 400;
  return rows <= 7500 ? 300 : 200;
}

function checkedEpochs(epochs: number): number {
  if (!Number.isInteger(epochs) || epochs < 1) {
    throw new RangeError(`projectUmap: epochs must be a whole number from 1, got ${epochs}`);
  }
  return epochs;
}

// Only the live rows, renumbered.
function liveNeighbours(neighbours: Neighbours): { compact: Neighbours; rows: Uint32Array } {
  const { count } = neighbours;
  const rows = Uint32Array.from(liveRows(neighbours));
  if (rows.length === neighbours.rows) return { compact: neighbours, rows };
  const position = new Uint32Array(neighbours.rows).fill(NO_NEIGHBOUR);
  rows.forEach((row, i) => (position[row] = i));
  const compact: Neighbours = {
    rows: rows.length,
    count,
    indices: new Uint32Array(rows.length * count).fill(NO_NEIGHBOUR),
    scores: new Float32Array(rows.length * count),
  };
  rows.forEach((row, i) => {
    let to = i * count;
    for (let at = row * count; at < (row + 1) * count; at++) {
      const index = neighbours.indices[at];
      if (index === NO_NEIGHBOUR || position[index] === NO_NEIGHBOUR) continue;
      compact.indices[to] = position[index];
      compact.scores[to++] = neighbours.scores[at];
    }
  });
  return { compact, rows };
}

type LayoutOptions = UmapOptions & { epochs: number };

async function layOut(
  compact: Neighbours,
  rows: Uint32Array,
  options: LayoutOptions,
): Promise<Matrix> {
  const layout = await openLayoutKernels(compact.rows, compact.count, options);
  try {
    const strengths = await weighNeighbours(layout, compact, options.signal);
    const graph = await uniteDirections(layout, compact, strengths, options);
    layout.places[0].set(await startPlaces(graph, rows, options));
    await runRounds(layout, 0, { ...options, step: 1 });
    return createMatrix(compact.rows, 2, layout.places[0].slice());
  } finally {
    await layout.close();
  }
}

/** Moves the rows from `fixed` on, by steps that shrink from `step` to 0. */
async function runRounds(
  layout: LayoutKernels,
  fixed: number,
  {
    seed = 0,
    epochs,
    minDist = 0.1,
    spread = 1,
    step,
    onProgress,
    signal,
  }: LayoutOptions & { step: number },
): Promise<void> {
  const { words, numbers, places } = layout;
  const { a, b } = fitCurve(minDist, spread, layout.kernels);
  words[13] = Math.floor(seed);
  numbers[14] = a;
  numbers[15] = b;
  places[1].set(places[0]);
  for (let epoch = 0; epoch < epochs; epoch++) {
    words[12] = epoch;
    numbers[16] = step * (1 - epoch / epochs);
    await layout.run(PHASE.move, fixed, places[0].length / 2, signal);
    layout.swap();
    onProgress?.({ step: "map", done: epoch + 1, total: epochs });
    signal?.throwIfAborted();
  }
}

async function startPlaces(
  graph: NeighbourGraph,
  rows: Uint32Array,
  { start = "spectral", seed = 0, onProgress, signal }: UmapOptions,
): Promise<Float32Array> {
  const random = createRandom(seed);
  if (start === "random") {
    return Float32Array.from({ length: 2 * rows.length }, () => START_RADIUS * (2 * random() - 1));
  }
  if (start !== "spectral") return givenStart(start, rows);
  const { data } = await spectralPlaces(graph, { seed, onProgress, signal });
  for (let column = 0; column < 2; column++) {
    let squares = 0;
    for (let at = column; at < data.length; at += 2) squares += data[at] * data[at];
    // A small component that takes a direction for itself would stand so far off that nothing draws or pushes it.
    const most = START_SPREAD * Math.sqrt(squares / rows.length);
    let largest = 0;
    for (let at = column; at < data.length; at += 2) {
      data[at] = Math.max(-most, Math.min(most, data[at]));
      largest = Math.max(largest, Math.abs(data[at]));
    }
    const factor = largest > 0 ? START_RADIUS / largest : 0;
    for (let at = column; at < data.length; at += 2) {
      data[at] = data[at] * factor + START_NOISE * (random() - 0.5);
    }
  }
  return data;
}

function givenStart(start: Matrix, rows: Uint32Array): Float32Array {
  if (start.cols !== 2 || rows.some((row) => row >= start.rows)) {
    throw new RangeError(
      `projectUmap: start must be places [n, 2] for every row, got [${start.rows}, ${start.cols}]`,
    );
  }
  const out = new Float32Array(2 * rows.length);
  rows.forEach((row, i) => out.set(start.data.subarray(2 * row, 2 * row + 2), 2 * i));
  return out;
}

function triangle(rows: number): Matrix {
  const places = createMatrix(rows, 2);
  places.data.set([1, 0, -0.5, Math.sqrt(0.75), -0.5, -Math.sqrt(0.75)].slice(0, 2 * rows));
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
  // Half of the angle whose tangent is 2 xy / (xx - yy), by roots, which every engine rounds alike.
  const difference = xx - yy;
  const length = Math.sqrt(difference * difference + 4 * xy * xy);
  const cos = length > 0 ? Math.sqrt(Math.max(0, (1 + difference / length) / 2)) : 1;
  const sin =
    length > 0 ? (xy < 0 ? -1 : 1) * Math.sqrt(Math.max(0, (1 - difference / length) / 2)) : 0;
  const cubes = [0, 0];
  for (let i = 0; i < rows; i++) {
    const x = data[2 * i] - meanX;
    const y = data[2 * i + 1] - meanY;
    data[2 * i] = cos * x + sin * y;
    data[2 * i + 1] = cos * y - sin * x;
    for (let axis = 0; axis < 2; axis++) {
      const value = data[2 * i + axis];
      cubes[axis] += value * value * value;
    }
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
