/** WebGPU by kernels of our own, over the package `webgpu`. */
export { adapterName, hasDawn, loadDawn } from "./dawn.js";
export { createWebgpuEngine } from "./webgpu-engine.js";
