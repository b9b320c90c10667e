import type { Tensor } from "onnxruntime-node";
import { type Codes } from "../codes.js";
import { type Matrix, matrixRows } from "../matrix.js";
import type { Device, Encoder, EncoderWeights } from "./engine.js";
import type { Graph } from "./graph.js";
import { floatTensor, integerTensor } from "./onnx-session.js";
import { type ResidentSession, createResidentSession } from "./resident.js";

// Entries of the score matrix of one run: 40 MB on the CPU, where larger blocks gain nothing; a GPU wants more.
const SCORES_PER_RUN: Record<Device, number> = { cpu: 1e7, webgpu: 2e7, cuda: 4e7 };
// Entries of its input, 32 MB.
const INPUTS_PER_RUN = 8e6;
const MAX_ROWS_PER_RUN = 4096;

const ENCODE_GRAPH: Graph = {
  name: "encode",
  inputs: [
    { name: "x", type: "float32", shape: ["batch", "d"] },
    { name: "encoder", type: "float32", shape: ["n", "d"] },
    { name: "preBias", type: "float32", shape: ["d"] },
    { name: "latentBias", type: "float32", shape: ["n"] },
    { name: "k", type: "int64", shape: [1] },
  ],
  outputs: [
    { name: "values", type: "float32", shape: ["batch", "k"] },
    { name: "indices", type: "int32", shape: ["batch", "k"] },
  ],
  nodes: [
    { op: "Sub", inputs: ["x", "preBias"], outputs: ["centered"] },
    {
      op: "Gemm",
      inputs: ["centered", "encoder", "latentBias"],
      outputs: ["pre"],
      attributes: { transB: 1 },
    },
    {
      op: "TopK",
      inputs: ["pre", "k"],
      outputs: ["top", "top64"],
      attributes: { axis: -1, largest: 1, sorted: 1 },
    },
    { op: "Relu", inputs: ["top"], outputs: ["values"] },
    { op: "Cast", inputs: ["top64"], outputs: ["indices"], attributes: { to: 6 } },
  ],
};

/**
 * Puts an SAE's encoder on a device of ONNX Runtime.
 * Throws RangeError where the weights' shapes do not fit each other or k is not from 1 to n.
 */
export async function createOnnxEncoder(weights: EncoderWeights, device: Device): Promise<Encoder> {
  checkWeights(weights);
  const { encoder, preBias, latentBias, k } = weights;
  const { rows: n, cols: d } = encoder;
  const session = await createResidentSession(
    ENCODE_GRAPH,
    { encoder, preBias, latentBias },
    device,
  );
  const count = integerTensor(session.onnx, k);
  const rowsPerRun = chooseRows(n, d, device);
  return {
    d,
    n,
    k,
    rowsPerRun,
    async encode(batch) {
      if (batch.cols !== d) {
        throw new RangeError(`encode: embeddings must be ${d} wide, got ${batch.cols}`);
      }
      if (batch.rows > 0 && batch.rows <= rowsPerRun) {
        return { rows: batch.rows, k, n, ...(await encodeRows(session, batch, count)) };
      }
      const indices = new Uint32Array(batch.rows * k);
      const values = new Float32Array(batch.rows * k);
      for (let start = 0; start < batch.rows; start += rowsPerRun) {
        const end = Math.min(batch.rows, start + rowsPerRun);
        const part = await encodeRows(session, matrixRows(batch, start, end), count);
        indices.set(part.indices, start * k);
        values.set(part.values, start * k);
      }
      return { rows: batch.rows, k, n, indices, values };
    },
    dispose: () => session.release(),
  };
}

function chooseRows(n: number, d: number, device: Device): number {
  const fitting = Math.min(SCORES_PER_RUN[device] / n, INPUTS_PER_RUN / d, MAX_ROWS_PER_RUN);
  return Math.max(1, Math.floor(fitting));
}

async function encodeRows(
  session: ResidentSession,
  batch: Matrix,
  k: Tensor,
): Promise<Pick<Codes, "indices" | "values">> {
  const { rows, cols, data } = padSingleRow(batch);
  const x = floatTensor(session.onnx, data, [rows, cols]);
  const out = await session.run({ x, k });
  const values = out.values.data as Float32Array;
  const indices = out.indices.data as Int32Array;
  const size = (values.length / rows) * batch.rows;
  return {
    values: values.subarray(0, size),
    indices: new Uint32Array(indices.buffer, indices.byteOffset, size),
  };
}

/**
 * A matrix of one row, doubled. ONNX Runtime's CPU sums a single row in another order than several, so its last bits
 * would depend on the size of the batch.
 */
export function padSingleRow(matrix: Matrix): Matrix {
  if (matrix.rows !== 1) return matrix;
  const data = new Float32Array(2 * matrix.cols);
  data.set(matrix.data.subarray(0, matrix.cols));
  data.set(matrix.data.subarray(0, matrix.cols), matrix.cols);
  return { rows: 2, cols: matrix.cols, data };
}

function checkWeights({ encoder, preBias, latentBias, k }: EncoderWeights): void {
  const { rows: n, cols: d } = encoder;
  if (preBias.length !== d) {
    throw new RangeError(`createEncoder: preBias must have ${d} values, got ${preBias.length}`);
  }
  if (latentBias.length !== n) {
    throw new RangeError(
      `createEncoder: latentBias must have ${n} values, got ${latentBias.length}`,
    );
  }
  if (!(Number.isInteger(k) && k >= 1 && k <= n)) {
    throw new RangeError(`createEncoder: k must be a whole number from 1 to ${n}, got ${k}`);
  }
}
