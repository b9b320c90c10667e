/**
 * Training steps on the CPU: products in ONNX Runtime, everything sparse in WebAssembly (assembly/training.ts).
 */
export { ADAM, CLIP_EPSILON, adamScalars } from "../adam.js";
export { type KernelExports, type KernelPool, createKernelPool } from "./kernel-pool.js";
export { type KernelTrainerOptions, type StepPart, createKernelTrainer } from "./kernel-trainer.js";
export { initialState } from "../trainer.js";
export { type KernelModule, type WorkerPoolOptions, WorkerPool } from "../worker-pool.js";
