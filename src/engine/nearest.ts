import { type Matrix, matrixRows } from "../core/matrix.js";
import { padSingleRow } from "./onnx/onnx-encoder.js";
import type { Device, NearestOptions, Neighbours } from "./engine.js";
import type { Graph } from "./onnx/onnx-graph.js";
import { floatTensor, integerTensor } from "./onnx/onnx-session.js";
import { createResidentSession } from "./onnx/resident-session.js";
import { interruptible } from "../core/interrupt.js";

// Base rows held at once: at most 96 MB, under the 128 MB that WebGPU grants every buffer.
const BASE_ENTRIES = 24e6;
const BASE_ROWS = 32_768;
// Entries of one block of scores (32 MB).
const SCORE_ENTRIES = 8e6;

const NEAREST_GRAPH: Graph = {
  name: "nearest",
  inputs: [
    { name: "queries", type: "float32", shape: ["batch", "d"] },
    { name: "base", type: "float32", shape: ["rows", "d"] },
    { name: "count", type: "int64", shape: [1] },
  ],
  outputs: [
    { name: "top", type: "float32", shape: ["batch", "count"] },
    { name: "indices", type: "int32", shape: ["batch", "count"] },
  ],
  nodes: [
    {
      op: "Gemm",
      inputs: ["queries", "base"],
      outputs: ["scores"],
      attributes: { transB: 1 },
    },
    {
      op: "TopK",
      inputs: ["scores", "count"],
      outputs: ["top", "top64"],
      attributes: { axis: -1, largest: 1, sorted: 1 },
    },
    { op: "Cast", inputs: ["top64"], outputs: ["indices"], attributes: { to: 6 } },
  ],
};

/** Base rows on a device. */
export interface PlacedBlock {
  /** The best `count` base rows of each query [queries, count], best first, ties by lower row. */
  best(
    queries: Matrix,
    count: number,
  ): Promise<{ scores: Float32Array; indices: Int32Array | Uint32Array }>;
  release(): Promise<void>;
}

/** Engine.nearest on ONNX Runtime. */
export function findNearest(
  queries: Matrix,
  base: Matrix,
  count: number,
  device: Device,
  options: NearestOptions = {},
): Promise<Neighbours> {
  return searchBlocks(queries, base, count, (block) => placeBlock(block, device), options);
}

async function placeBlock(base: Matrix, device: Device): Promise<PlacedBlock> {
  const session = await createResidentSession(NEAREST_GRAPH, { base }, device);
  return {
    async best(some, count) {
      const { rows, cols, data } = padSingleRow(some);
      const out = await session.run({
        queries: floatTensor(session.onnx, data, [rows, cols]),
        count: integerTensor(session.onnx, count),
      });
      return { scores: out.top.data as Float32Array, indices: out.indices.data as Int32Array };
    },
    release: () => session.release(),
  };
}

/** Engine.nearest on any device: blocks of base rows are placed in turn and met by blocks of queries. */
export async function searchBlocks(
  queries: Matrix,
  base: Matrix,
  count: number,
  place: (block: Matrix, count: number) => Promise<PlacedBlock>,
  { onProgress, signal: given }: NearestOptions = {},
): Promise<Neighbours> {
  const signal = interruptible(given);
  checkArguments(queries, base, count);
  const found: Neighbours = {
    rows: queries.rows,
    count,
    indices: new Uint32Array(queries.rows * count),
    scores: new Float32Array(queries.rows * count),
  };
  const blockRows = Math.max(1, Math.min(BASE_ROWS, Math.floor(BASE_ENTRIES / base.cols)));
  const total = queries.rows * Math.ceil(base.rows / blockRows);
  let done = 0;
  for (let start = 0; start < base.rows; start += blockRows) {
    const block = matrixRows(base, start, Math.min(base.rows, start + blockRows));
    const kept = Math.min(count, block.rows);
    const placed = await place(block, kept);
    try {
      const queryRows = Math.max(2, Math.floor(SCORE_ENTRIES / block.rows));
      for (let q = 0; q < queries.rows; q += queryRows) {
        signal?.throwIfAborted();
        const some = matrixRows(queries, q, Math.min(queries.rows, q + queryRows));
        const { scores, indices } = await placed.best(some, kept);
        for (let i = 0; i < some.rows; i++) {
          const from = i * kept;
          const best = { scores, indices, from, size: kept, offset: start };
          mergeInPlace(found, q + i, Math.min(count, start), best);
        }
        done += some.rows;
        onProgress?.({ step: "nearest", done, total });
      }
    } finally {
      await placed.release();
    }
  }
  return found;
}

interface Candidates {
  scores: Float32Array;
  indices: Int32Array | Uint32Array;
  /** Where the row starts, and how many it has. */
  from: number;
  size: number;
  /** Added to each index. */
  offset: number;
}

/** Merges one row's best of a block into those of the earlier blocks (`filled` of them), which win ties. */
function mergeInPlace(
  found: Neighbours,
  row: number,
  filled: number,
  { scores, indices, from, size, offset }: Candidates,
): void {
  const { count } = found;
  const at = row * count;
  const oldScores = found.scores.slice(at, at + filled);
  const oldIndices = found.indices.slice(at, at + filled);
  const length = Math.min(count, filled + size);
  let a = 0;
  let b = 0;
  for (let i = 0; i < length; i++) {
    const old = a < filled && (b >= size || oldScores[a] >= scores[from + b]);
    found.scores[at + i] = old ? oldScores[a] : scores[from + b];
    found.indices[at + i] = old ? oldIndices[a] : indices[from + b] + offset;
    if (old) a++;
    else b++;
  }
}

function checkArguments(queries: Matrix, base: Matrix, count: number): void {
  if (queries.cols !== base.cols) {
    throw new RangeError(`nearest: queries are ${queries.cols} wide, but base is ${base.cols}`);
  }
  if (!(Number.isInteger(count) && count >= 1 && count <= base.rows)) {
    throw new RangeError(
      `nearest: count must be a whole number from 1 to ${base.rows}, got ${count}`,
    );
  }
}
