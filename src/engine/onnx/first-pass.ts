import { usableThreads } from "../threads.js";
import type { Tensor } from "onnxruntime-node";
import type { Codes } from "../../core/codes.js";
import type { Matrix } from "../../core/matrix.js";
import type { EncoderWeights } from "../engine.js";
import { type KernelModule, WorkerPool, allot } from "../worker-pool.js";
import { KERNELS } from "./kernel-bytes.js";
import type { Graph } from "./onnx-graph.js";
import { createOnnxSession, loadOnnx } from "./onnx-session.js";
import { NARROW } from "./product-parts.js";

/**
 * Top-k codes by a first pass in int8. It bounds every pre-activation, and only latents that can be among the top k are
 * computed in float32, in the order in which ONNX Runtime's product sums. For a row c (less the pre-bias) and a latent's weights w,
 * each is whole numbers times a scale, and what those miss: c = s·p + r, w = t·q + u. The int8 product gives p·q exactly, and
 *
 *   |c·w - s·t·(p·q)| = |s·p·u + r·w| ≤ (|c| + |r|)·|u| + |r|·|w|   (Cauchy-Schwarz).
 *
 * A float32 sum of m roundings differs from the exact one by at most g = m·2^-24 / (1 - m·2^-24) times the sum of the magnitudes,
 * here at most |b| + |c|·|w|, whatever the order; m = 2·d + 64 covers the product, fused or not, and the arithmetic of the bound.
 * `underflow` covers products too small for float32. So the value lies within
 *
 *   E = (|c| + |r|)·(1 + g)·|u| + (|r| + (|c| + |r|)·g)·|w| + g·|b| + underflow
 *
 * of s·t·(p·q) + b. A number that k lower bounds reach is at most the k-th largest value; a latent whose upper bound is below it has
 * a smaller value than k others and is no tie either. All others are computed. Rows that are not finite, or leave too many latents in
 * question, are listed as failed; the dense product encodes them.
 */
export interface FirstPass {
  /** Codes of a batch [B, d] with B at most `rows`; those of the rows listed in `failed` are not set. */
  encode(batch: Matrix): Promise<{ codes: Codes; failed: number[] }>;
  dispose(): Promise<void>;
}

const MODULE: KernelModule = {
  shared: KERNELS,
  task: "encoding",
  ifTooLarge: "encode without the first pass",
  ifLost: "open the engine again",
};
const CONFIG = 2048;
const BLOCK = 128;
const LATENTS = 64;
const LARGEST = 1e15;
const MOST_ROWS_PER_CHUNK = 512;
// ONNX Runtime's binding copies the products into new memory on one thread; what is small enough to be used again costs less.
const ROWS_PER_PRODUCT = 256;

const GRAPH: Omit<Graph, "externalConstants"> = {
  name: "first pass",
  inputs: [
    { name: "bytes", type: "uint8", shape: ["batch", "d"] },
    { name: "middle", type: "uint8", shape: [] },
  ],
  outputs: [{ name: "products", type: "int32", shape: ["batch", "n"] }],
  nodes: [
    {
      op: "MatMulInteger",
      inputs: ["bytes", "weights", "middle"],
      outputs: ["products"],
    },
  ],
};

// TypeScript knows WebAssembly only with the browser's types.
declare const WebAssembly: { validate(bytes: Uint8Array): boolean };

/** A product of bytes [B, d] less 128 with int8 weights [d, n], exact on CPUs that do not saturate. */
interface Product {
  /** Writes the products [rows, n] to `out`. */
  run(bytes: Uint8Array, rows: number, out: Int32Array): Promise<void>;
  release(): Promise<void>;
}

/**
 * A first pass over top-k weights, for batches of up to `rows`. Gives the reason as a string where there can be none: an
 * engine without relaxed SIMD, a CPU whose int8 products saturate, weights that are not finite or too large for WebAssembly.
 */
export async function createFirstPass(
  { encoder, preBias, latentBias, k }: EncoderWeights,
  rows: number,
): Promise<FirstPass | string> {
  const { rows: n, cols: d } = encoder;
  if (!WebAssembly.validate(Buffer.from(KERNELS, "base64"))) {
    return `this JavaScript engine has no relaxed SIMD in WebAssembly (Node ${process.versions.node})`;
  }
  const padded = Math.ceil(n / LATENTS) * LATENTS;
  const most = Math.min(n, 16 * k + 256);
  if (n <= NARROW) return `n ${n} is at most ${NARROW}, where ONNX Runtime sums in another order`;
  if (4 * k > n) return `k ${k} is over a quarter of n ${n}`;
  const stretch = [64, 32, 16].find((size) => (4 * padded) / size >= 2 * k) ?? 4;
  const size = 4 * BLOCK * Math.ceil(d / (4 * BLOCK));
  const threads = usableThreads();
  const perChunk = Math.min(MOST_ROWS_PER_CHUNK, Math.ceil(rows / threads));
  const chunks = Math.ceil(rows / perChunk);
  const room = 4 * (3 * padded + 2 + 4 * most + perChunk * (1 + 3 * most));
  const layout = allot({
    input: 4 * rows * d,
    preBias: 4 * d,
    bytes: rows * d,
    laid: 4 * rows * size,
    stats: 16 * rows,
    weights: 4 * padded * size,
    table: 20 * padded,
    products: 4 * rows * padded,
    room: room * chunks,
    indices: 4 * rows * k,
    values: 4 * rows * k,
    failed: rows,
  });
  if (layout.end > 2 ** 32) return "its weights and products need over 4 GB";
  if (!(await isExact(d))) return "this CPU's int8 products saturate";
  const gamma = slack(d);
  const pool = await WorkerPool.create(MODULE, { bytes: layout.end, threads });
  const { buffer } = pool.memory;
  const { at } = layout;
  const table = new Float32Array(buffer, at.table, 5 * padded);
  const quantised = quantise(encoder, latentBias, {
    gamma,
    padded,
    table,
    laid: new Float32Array(buffer, at.weights, padded * size),
  });
  if (quantised === undefined) {
    await pool.dispose();
    return "a weight is not finite, or a latent's weights are longer than 1e15";
  }
  const product = await openProduct(quantised, d, padded);
  new Float32Array(buffer, at.preBias, d).set(preBias);
  const config = new Uint32Array(buffer, CONFIG, 22);
  config.set([d, padded, k, 0, perChunk, size, at.input, at.preBias, at.bytes, at.laid, at.stats]);
  config.set([at.weights, at.table, at.products, at.room, room, at.indices, at.values], 11);
  config.set([at.failed, most, stretch], 18);
  new Float32Array(buffer, CONFIG, 22)[21] = gamma;
  return {
    async encode(batch) {
      const count = batch.rows;
      new Float32Array(buffer, at.input, count * d).set(batch.data.subarray(0, count * d));
      config[3] = count;
      const parts = Math.ceil(count / perChunk);
      await pool.share(0, parts);
      for (let row = 0; row < count; row += ROWS_PER_PRODUCT) {
        const some = Math.min(ROWS_PER_PRODUCT, count - row);
        const products = new Int32Array(buffer, at.products + 4 * row * padded, some * padded);
        await product.run(new Uint8Array(buffer, at.bytes + row * d, some * d), some, products);
      }
      await pool.share(1, parts);
      const failed: number[] = [];
      new Uint8Array(buffer, at.failed, count).forEach((flag, i) => flag && failed.push(i));
      const indices = new Uint32Array(buffer, at.indices, count * k).slice();
      const values = new Float32Array(buffer, at.values, count * k).slice();
      return { codes: { rows: count, k, n, indices, values }, failed };
    },
    async dispose() {
      await Promise.all([pool.dispose(), product.release()]);
    },
  };
}

/** g of the bound, rounded up. */
function slack(d: number): number {
  const share = (2 * d + 64) * 2 ** -24;
  return Math.fround((share / (1 - share)) * 1.000001);
}

/**
 * Weights as int8, column by column [d, padded], and laid out as the kernel takes them; the table gets scales, biases, lengths of what is
 * missed, lengths, and what the bias adds to the bound. Undefined for weights that are not finite or too long.
 */
function quantise(
  { rows: n, cols: d, data }: Matrix,
  bias: Float32Array,
  out: { gamma: number; padded: number; table: Float32Array; laid: Float32Array },
): Int8Array | undefined {
  const { gamma, padded, table, laid } = out;
  const size = laid.length / padded;
  const codes = new Int8Array(d * padded);
  const places = Uint32Array.from({ length: d }, (_, j) => placeOf(j));
  const underflow = (2 * d + 64) * 2 ** -125;
  table.fill(-Infinity, padded + n, 2 * padded);
  for (let f = 0; f < n; f++) {
    let most = 0;
    let squares = 0;
    for (let j = f * d; j < (f + 1) * d; j++) {
      most = Math.max(most, Math.abs(data[j]));
      squares += data[j] * data[j];
    }
    const length = Math.sqrt(squares);
    if (!(length <= LARGEST && Math.abs(bias[f]) <= LARGEST)) return undefined;
    const scale = most > 1e-30 ? Math.fround(most / 127) : 0;
    let missed = 0;
    for (let j = 0; j < d; j++) {
      const value = data[f * d + j];
      const code = scale > 0 ? Math.max(-127, Math.min(127, Math.round(value / scale))) : 0;
      missed += (value - code * scale) ** 2;
      codes[j * padded + f] = code;
      laid[f * size + places[j]] = value;
    }
    table[f] = scale;
    table[padded + f] = bias[f];
    table[2 * padded + f] = Math.sqrt(missed) * 1.00001;
    table[3 * padded + f] = length * 1.00001;
    table[4 * padded + f] = (gamma * Math.abs(bias[f]) + underflow) * 1.00001;
  }
  return codes;
}

/** Where element j of a row stands for the kernel: the same element of four blocks side by side. */
function placeOf(j: number): number {
  const block = Math.floor(j / BLOCK);
  return (block >> 2) * 4 * BLOCK + 4 * (j % BLOCK) + (block & 3);
}

async function openProduct(weights: Int8Array, d: number, n: number): Promise<Product> {
  const onnx = await loadOnnx();
  const graph: Graph = {
    ...GRAPH,
    externalConstants: [{ name: "weights", type: "int8", shape: [d, n], location: "weights" }],
  };
  const session = await createOnnxSession(graph, { externalData: { weights } });
  const middle: Tensor = new onnx.Tensor("uint8", Uint8Array.of(128), []);
  return {
    async run(bytes, rows, out) {
      await session.run(
        { bytes: new onnx.Tensor("uint8", bytes, [rows, d]), middle },
        { products: new onnx.Tensor("int32", out, [rows, n]) },
      );
    },
    release: () => session.release(),
  };
}

/** Whether the largest int8 products come out right: without VNNI, some x86 CPUs saturate sums of two at 16 bits. */
async function isExact(d: number): Promise<boolean> {
  const rows = 64;
  const weights = new Int8Array(d * LATENTS).map((_, i) => (i % 2 === 0 ? 127 : -127));
  const product = await openProduct(weights, d, LATENTS);
  try {
    const bytes = new Uint8Array(rows * d).map((_, i) => (Math.floor(i / d) % 2 === 0 ? 255 : 1));
    const products = new Int32Array(rows * LATENTS);
    await product.run(bytes, rows, products);
    return products.every(
      (value, i) => value === ((Math.floor(i / LATENTS) + i) % 2 === 0 ? 1 : -1) * 127 * 127 * d,
    );
  } finally {
    await product.release();
  }
}
