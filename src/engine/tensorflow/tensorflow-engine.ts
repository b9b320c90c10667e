import type { Tensor, Tensor2D } from "@tensorflow/tfjs-core";
import { type Matrix, matrixRows } from "../../core/matrix.js";
import { type Activation, activationVectors } from "../activation.js";
import { checkActive, checkWeights, chooseRows } from "../onnx/onnx-encoder.js";
import type { Device, Encoder, EncoderWeights, Engine } from "../engine.js";
import { type PlacedBlock, searchBlocks } from "../nearest.js";
import {
  type TensorflowBackend,
  type TensorflowModule,
  openTensorflow,
} from "./tensorflow-backend.js";

type Vectors = Record<string, Tensor>;

/**
 * The engine on TensorFlow.js: WebGPU over Dawn, CUDA where tfjs-node-gpu is installed, or plain JavaScript on the CPU
 * (slow: for comparison). Throws Error with the command that installs what is missing.
 */
export async function openTensorflowEngine({ device }: { device: Device }): Promise<Engine> {
  const backend = await openTensorflow(device);
  return {
    device,
    description: backend.description,
    createEncoder: (weights) => Promise.resolve(createTensorflowEncoder(weights, backend, device)),
    nearest: (queries, base, count, options) =>
      searchBlocks(queries, base, count, (block) => placeBlock(backend, block), options),
    // Tensors belong to encoders and searches, which free them; the backend serves the whole process.
    dispose: () => Promise.resolve(),
  };
}

function createTensorflowEncoder(
  weights: EncoderWeights,
  backend: TensorflowBackend,
  device: Device,
): Encoder {
  checkWeights(weights);
  const { tf, use } = backend;
  const { k, activation = { kind: "topk" } } = weights;
  const { rows: n, cols: d } = weights.encoder;
  use();
  const encoder = tf.tensor2d(weights.encoder.data, [n, d]);
  const gated = activation.kind === "gated";
  const vectors: Vectors = Object.fromEntries(
    Object.entries({
      preBias: weights.preBias,
      latentBias: gated ? new Float32Array(n) : weights.latentBias,
      ...activationVectors(activation),
    }).map(([name, values]) => [name, tf.tensor1d(values)]),
  );
  const rowsPerRun = chooseRows(n, d, device);

  const encodeRows = async (
    batch: Matrix,
  ): Promise<{ values: Float32Array; indices: Uint32Array }> => {
    use();
    const [values, indices, active] = tf.tidy((): [Tensor, Tensor, Tensor?] => {
      const x = tf.tensor2d(batch.data, [batch.rows, d]);
      const pre = tf.add(
        tf.matMul(tf.sub<Tensor2D>(x, vectors.preBias), encoder, false, true),
        vectors.latentBias,
      );
      const activations = activate(tf, pre, activation.kind, vectors);
      // Every backend gives equal values by ascending index.
      const top = tf.topk(activations, k, true);
      if (activation.kind === "topk") return [tf.relu(top.values), top.indices];
      const above = tf.cast(tf.greater(activations, 0), "float32");
      return [top.values, top.indices, tf.sum(above, 1)];
    });
    const found = await Promise.all([values.data(), indices.data(), active?.data()]);
    tf.dispose(active ? [values, indices, active] : [values, indices]);
    if (found[2]) checkActive(found[2] as Float32Array, batch.rows, k);
    return { values: found[0] as Float32Array, indices: Uint32Array.from(found[1]) };
  };

  return {
    d,
    n,
    k,
    rowsPerRun,
    async encode(batch) {
      if (batch.cols !== d) {
        throw new RangeError(`encode: embeddings must be ${d} wide, got ${batch.cols}`);
      }
      const indices = new Uint32Array(batch.rows * k);
      const values = new Float32Array(batch.rows * k);
      for (let start = 0; start < batch.rows; start += rowsPerRun) {
        const end = Math.min(batch.rows, start + rowsPerRun);
        const part = await encodeRows(matrixRows(batch, start, end));
        indices.set(part.indices, start * k);
        values.set(part.values, start * k);
      }
      return { rows: batch.rows, k, n, indices, values };
    },
    dispose() {
      tf.dispose([encoder, ...Object.values(vectors)]);
      return Promise.resolve();
    },
  };
}

/** What is selected from: pre-activations for "topk", else the activations; see activation.ts. */
function activate(
  tf: TensorflowModule,
  pre: Tensor,
  kind: Activation["kind"],
  vectors: Vectors,
): Tensor {
  const open = (value: Tensor, threshold: Tensor | number): Tensor =>
    tf.cast(tf.greater(value, threshold), "float32");
  switch (kind) {
    case "topk":
      return pre;
    case "relu":
      return tf.relu(pre);
    case "jumprelu":
      return tf.mul(tf.relu(pre), open(pre, vectors.threshold));
    case "gated": {
      const magnitude = tf.relu(tf.add(tf.mul(pre, vectors.scale), vectors.bias));
      return tf.mul(magnitude, open(tf.add(pre, vectors.gateBias), 0));
    }
  }
}

function placeBlock({ tf, use }: TensorflowBackend, block: Matrix): Promise<PlacedBlock> {
  use();
  const base = tf.tensor2d(block.data, [block.rows, block.cols]);
  return Promise.resolve({
    async best(queries, count) {
      use();
      const [values, indices] = tf.tidy(() => {
        const some = tf.tensor2d(queries.data, [queries.rows, queries.cols]);
        const top = tf.topk(tf.matMul(some, base, false, true), count, true);
        return [top.values, top.indices];
      });
      const [scores, found] = await Promise.all([values.data(), indices.data()]);
      tf.dispose([values, indices]);
      return { scores: scores as Float32Array, indices: found as Int32Array };
    },
    release() {
      tf.dispose(base);
      return Promise.resolve();
    },
  });
}
