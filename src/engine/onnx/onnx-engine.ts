import type { Device, Engine } from "../engine.js";
import { createOnnxEncoder } from "./onnx-encoder.js";
import { findNearest } from "../nearest.js";
import { loadOnnx } from "./onnx-session.js";

const DEVICE_NAMES: Record<Device, string> = { cpu: "CPU", webgpu: "WebGPU", cuda: "CUDA" };

/**
 * The engine on ONNX Runtime. Nothing is tried here: an absent device shows when the first encoder is made;
 * openEngine checks first.
 */
export async function createOnnxEngine({ device }: { device: Device }): Promise<Engine> {
  const onnx = await loadOnnx();
  return {
    device,
    description: `onnxruntime-node ${onnx.env.versions.node ?? ""}, ${DEVICE_NAMES[device]}`,
    createEncoder: (weights) => createOnnxEncoder(weights, device),
    nearest: (queries, base, count, options) => findNearest(queries, base, count, device, options),
    // Sessions belong to encoders and searches, which release them.
    dispose: () => Promise.resolve(),
  };
}
