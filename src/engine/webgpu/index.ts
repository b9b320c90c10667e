/** WebGPU by kernels of our own, over the package `webgpu`. */
export * from "./dawn.js";
export * from "./webgpu-engine.js";
