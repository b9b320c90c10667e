import type { Tensor } from "onnxruntime-node";
import { type Codes } from "../../core/codes.js";
import { type Matrix, matrixRows } from "../../core/matrix.js";
import { type Activation, activationVectors } from "../activation.js";
import type { Device, Encoder, EncoderWeights } from "../engine.js";
import { type ChosenEncoder, type EncodeBatch, chooseEncoder } from "./choose-pass.js";
import type { Graph, GraphNode, GraphValue } from "./onnx-graph.js";
import { floatTensor, integerTensor } from "./onnx-session.js";
import { partStart, productParts } from "./product-parts.js";
import { type ResidentSession, createResidentSession } from "./resident-session.js";

// Entries of the score matrix of one run: 40 MB on the CPU, where larger blocks gain nothing; a GPU wants more.
const SCORES_PER_RUN: Record<Device, number> = { cpu: 1e7, webgpu: 2e7, cuda: 4e7 };
// Entries of its input, 32 MB.
const INPUTS_PER_RUN = 8e6;
const MAX_ROWS_PER_RUN = 4096;

const INPUTS: Graph["inputs"] = [
  { name: "x", type: "float32", shape: ["batch", "d"] },
  { name: "encoder", type: "float32", shape: ["n", "d"] },
  { name: "preBias", type: "float32", shape: ["d"] },
  { name: "latentBias", type: "float32", shape: ["n"] },
  { name: "k", type: "int64", shape: [1] },
];

const OUTPUTS: Graph["outputs"] = [
  { name: "values", type: "float32", shape: ["batch", "k"] },
  { name: "indices", type: "int32", shape: ["batch", "k"] },
];

const TOP = { axis: -1, largest: 1, sorted: 1 };

const PRE_ACTIVATIONS: GraphNode[] = [
  { op: "Sub", inputs: ["x", "preBias"], outputs: ["centered"] },
  {
    op: "Gemm",
    inputs: ["centered", "encoder", "latentBias"],
    outputs: ["pre"],
    attributes: { transB: 1 },
  },
];

const INDICES: GraphNode = {
  op: "Cast",
  inputs: ["top64"],
  outputs: ["indices"],
  attributes: { to: 6 },
};

const TOPK_GRAPH: Graph = {
  name: "encode",
  inputs: INPUTS,
  outputs: OUTPUTS,
  nodes: [
    ...PRE_ACTIVATIONS,
    { op: "TopK", inputs: ["pre", "k"], outputs: ["top", "top64"], attributes: TOP },
    { op: "Relu", inputs: ["top"], outputs: ["values"] },
    INDICES,
  ],
};

/** Nodes from the pre-activations "pre" to the activations "act", with the further weights [n] that they take. */
const ACTIVATIONS: Record<Exclude<Activation["kind"], "topk">, GraphNode[]> = {
  relu: [{ op: "Relu", inputs: ["pre"], outputs: ["act"] }],
  jumprelu: [
    { op: "Relu", inputs: ["pre"], outputs: ["positive"] },
    { op: "Greater", inputs: ["pre", "threshold"], outputs: ["open"] },
    { op: "Cast", inputs: ["open"], outputs: ["gate"], attributes: { to: 1 } },
    { op: "Mul", inputs: ["positive", "gate"], outputs: ["act"] },
  ],
  gated: [
    { op: "Add", inputs: ["pre", "gateBias"], outputs: ["gatePre"] },
    { op: "Greater", inputs: ["gatePre", "zero"], outputs: ["open"] },
    { op: "Cast", inputs: ["open"], outputs: ["gate"], attributes: { to: 1 } },
    { op: "Mul", inputs: ["pre", "scale"], outputs: ["scaled"] },
    { op: "Add", inputs: ["scaled", "bias"], outputs: ["magnitude"] },
    { op: "Relu", inputs: ["magnitude"], outputs: ["positive"] },
    { op: "Mul", inputs: ["positive", "gate"], outputs: ["act"] },
  ],
};

/** Like TOPK_GRAPH, with an activation before the selection; "active" counts what is above 0 in each document. */
function activationGraph(kind: Exclude<Activation["kind"], "topk">, weights: string[]): Graph {
  return {
    name: `encode-${kind}`,
    inputs: [
      ...INPUTS,
      ...weights.map((name): GraphValue => ({ name, type: "float32", shape: ["n"] })),
    ],
    outputs: [...OUTPUTS, { name: "active", type: "float32", shape: ["batch"] }],
    constants: [
      { name: "zero", type: "float32", shape: [1], values: [0] },
      { name: "lastAxis", type: "int64", shape: [1], values: [1] },
    ],
    nodes: [
      ...PRE_ACTIVATIONS,
      ...ACTIVATIONS[kind],
      { op: "TopK", inputs: ["act", "k"], outputs: ["values", "top64"], attributes: TOP },
      INDICES,
      { op: "Greater", inputs: ["act", "zero"], outputs: ["above"] },
      { op: "Cast", inputs: ["above"], outputs: ["ones"], attributes: { to: 1 } },
      {
        op: "ReduceSum",
        inputs: ["ones", "lastAxis"],
        outputs: ["active"],
        attributes: { keepdims: 0 },
      },
    ],
  };
}

/**
 * Puts an SAE's encoder on a device of ONNX Runtime. On the CPU, top-k codes of many rows are made by an int8 first pass where that is
 * faster (choose-pass.ts), unless `firstPass` is false.
 * Throws RangeError where the weights' shapes do not fit each other or k is not from 1 to n.
 */
export async function createOnnxEncoder(
  weights: EncoderWeights,
  device: Device,
  { firstPass = true }: { firstPass?: boolean } = {},
): Promise<Encoder> {
  checkWeights(weights);
  const { encoder, preBias, k } = weights;
  const { rows: n, cols: d } = encoder;
  const { graph, extra, latentBias } = planEncoding(weights);
  const session = await createResidentSession(
    graph,
    { encoder, preBias, latentBias, ...extra },
    device,
  );
  const count = integerTensor(session.onnx, k);
  const rowsPerRun = chooseRows(n, d, device);
  const runRows: EncodeBatch = async (batch) => ({
    ...{ rows: batch.rows, k, n },
    ...(await encodeRows(session, batch, count)),
  });
  const dense: EncodeBatch = (batch) => {
    const parts = device === "cpu" ? productParts(batch.rows, n, d) : 1;
    return parts === 1 ? runRows(batch) : encodeParts(runRows, batch, parts, { k, n });
  };
  const canPass = firstPass && device === "cpu" && (weights.activation?.kind ?? "topk") === "topk";
  const chosen: ChosenEncoder = canPass
    ? chooseEncoder(dense, weights, rowsPerRun)
    : { encode: dense, dispose: () => Promise.resolve() };
  return {
    d,
    n,
    k,
    rowsPerRun,
    async encode(batch) {
      if (batch.cols !== d) {
        throw new RangeError(`encode: embeddings must be ${d} wide, got ${batch.cols}`);
      }
      if (batch.rows > 0 && batch.rows <= rowsPerRun) return chosen.encode(batch);
      const runs = Math.ceil(batch.rows / rowsPerRun);
      return encodeParts((part) => chosen.encode(part), batch, runs, { k, n });
    },
    async dispose() {
      await chosen.dispose();
      await session.release();
    },
  };
}

/** Encodes so many parts of a batch, even but for a row, one after the other. */
async function encodeParts(
  encode: EncodeBatch,
  batch: Matrix,
  parts: number,
  { k, n }: Pick<Codes, "k" | "n">,
): Promise<Codes> {
  const indices = new Uint32Array(batch.rows * k);
  const values = new Float32Array(batch.rows * k);
  for (let part = 0; part < parts; part++) {
    const start = partStart(batch.rows, part, parts);
    const codes = await encode(matrixRows(batch, start, partStart(batch.rows, part + 1, parts)));
    indices.set(codes.indices, start * k);
    values.set(codes.values, start * k);
  }
  return { rows: batch.rows, k, n, indices, values };
}

/** The graph of an activation, its weights, and the bias of the dense product. */
function planEncoding({ encoder, latentBias, activation = { kind: "topk" } }: EncoderWeights): {
  graph: Graph;
  extra: Record<string, Float32Array>;
  latentBias: Float32Array;
} {
  if (activation.kind === "topk") return { graph: TOPK_GRAPH, extra: {}, latentBias };
  const { kind } = activation;
  const extra = activationVectors(activation);
  return {
    graph: activationGraph(kind, Object.keys(extra)),
    extra,
    latentBias: kind === "gated" ? new Float32Array(encoder.rows) : latentBias,
  };
}

/** Rows of one run on a device, by the sizes of its input and of its scores. */
export function chooseRows(n: number, d: number, device: Device): number {
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
  if (out.active !== undefined) {
    checkActive(out.active.data as Float32Array, batch.rows, values.length / rows);
  }
  return {
    values: values.subarray(0, size),
    indices: new Uint32Array(indices.buffer, indices.byteOffset, size),
  };
}

/** Throws RangeError where a row has more active latents than slots. */
export function checkActive(active: Float32Array | Uint32Array, rows: number, slots: number): void {
  let most = 0;
  for (let i = 0; i < rows; i++) most = Math.max(most, active[i]);
  if (most > slots) {
    throw new RangeError(
      `encode: a document has ${most} active latents, but codes have room for only ${slots} per document: pass a k of at least ${most} (--k)`,
    );
  }
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

/** Throws RangeError where the shapes do not fit each other or k is not from 1 to n. */
export function checkWeights({
  encoder,
  preBias,
  latentBias,
  k,
  activation,
}: EncoderWeights): void {
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
  for (const [name, vector] of Object.entries(activationVectors(activation ?? { kind: "topk" }))) {
    if (vector.length !== n) {
      throw new RangeError(`createEncoder: ${name} must have ${n} values, got ${vector.length}`);
    }
  }
}
