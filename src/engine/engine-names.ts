import type { Device } from "./engine.js";

/** What may be asked for: a device of ONNX Runtime, the best of them ("auto"), or TensorFlow.js on a device. */
export type EngineName = Device | "auto" | `tensorflow-${Device}`;

/** All of them. */
export const ENGINE_NAMES: readonly EngineName[] = [
  "auto",
  "cpu",
  "webgpu",
  "cuda",
  "tensorflow-webgpu",
  "tensorflow-cuda",
  "tensorflow-cpu",
];
