import type { Matrix } from "../../core/matrix.js";
import type { Encoder, EncoderWeights, Engine } from "../engine.js";
import { type PlacedBlock, searchBlocks } from "../nearest.js";
import { checkActive, checkWeights } from "../onnx/onnx-encoder.js";
import { adapterName, loadDawn } from "./dawn.js";
import { ScoreKernel } from "./score-kernel.js";

// Runs of an encoder that follow each other in one call, so that uploads overlap arithmetic.
const RUNS_PER_CALL = 4;

/**
 * The engine on WebGPU by kernels of our own over the package `webgpu` (Dawn), several times faster than ONNX Runtime's
 * WebGPU, whose top-k takes most of its time. Throws Error where the package or an adapter is missing.
 */
export async function createWebgpuEngine(): Promise<Engine> {
  const { adapter, globals } = await loadDawn();
  // The flags of buffers go by the names that a browser has.
  Object.assign(globalThis, globals);
  const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
  const device = await adapter.requestDevice({
    requiredLimits: { maxBufferSize, maxStorageBufferBindingSize },
  });
  return {
    device: "webgpu",
    description: `WebGPU (${adapterName(adapter)})`,
    createEncoder: (weights) => createEncoder(device, weights),
    nearest: (queries, base, count, options) =>
      searchBlocks(queries, base, count, (block, best) => placeBlock(device, block, best), options),
    dispose() {
      device.destroy();
      return Promise.resolve();
    },
  };
}

async function createEncoder(device: GPUDevice, weights: EncoderWeights): Promise<Encoder> {
  checkWeights(weights);
  const { encoder, preBias, latentBias, k, activation = { kind: "topk" } } = weights;
  const { rows: n, cols: d } = encoder;
  const kernel = await ScoreKernel.create(
    device,
    { weights: encoder, inputBias: preBias, scoreBias: latentBias, activation },
    k,
  );
  return {
    d,
    n,
    k,
    rowsPerRun: RUNS_PER_CALL * kernel.rowsPerRun,
    async encode(batch) {
      if (batch.cols !== d) {
        throw new RangeError(`encode: embeddings must be ${d} wide, got ${batch.cols}`);
      }
      const { values, indices, active } = await kernel.best(batch);
      if (activation.kind === "topk") {
        for (let i = 0; i < values.length; i++) values[i] = Math.max(0, values[i]);
      } else checkActive(active, batch.rows, k);
      return { rows: batch.rows, k, n, indices, values };
    },
    dispose() {
      kernel.release();
      return Promise.resolve();
    },
  };
}

async function placeBlock(device: GPUDevice, block: Matrix, count: number): Promise<PlacedBlock> {
  const kernel = await ScoreKernel.create(
    device,
    {
      weights: block,
      inputBias: new Float32Array(block.cols),
      scoreBias: new Float32Array(block.rows),
      activation: { kind: "topk" },
    },
    count,
  );
  return {
    async best(queries) {
      const { values, indices } = await kernel.best(queries);
      return { scores: values, indices };
    },
    release() {
      kernel.release();
      return Promise.resolve();
    },
  };
}
