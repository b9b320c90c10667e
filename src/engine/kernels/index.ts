/**
 * Training steps on the CPU: products in ONNX Runtime, everything sparse in WebAssembly (assembly/training.ts).
 */
export { ADAM, CLIP_EPSILON, adamScalars } from "../adam.js";
export { selectGraph } from "./graphs.js";
export * from "./kernel-pool.js";
export * from "./kernel-trainer.js";
export { initialState } from "../trainer.js";
export { type KernelModule, type WorkerPoolOptions, WorkerPool } from "../worker-pool.js";
