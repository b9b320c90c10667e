import { usableThreads } from "../threads.js";
import { type ChunkKernels, type KernelModule, WorkerPool } from "../worker-pool.js";
import { KERNELS, PLAIN_KERNELS } from "./kernel-bytes.js";

/** The kernels of assembly/training.ts that the main thread calls; addresses are bytes in the memory. */
export interface KernelExports extends ChunkKernels {
  adam(p: number, m: number, v: number, g: number, count: number): void;
  placeTallies(): void;
}

/** Threads that run the training step's kernels. */
export type KernelPool = WorkerPool<KernelExports>;

const MODULE: KernelModule = {
  shared: KERNELS,
  plain: PLAIN_KERNELS,
  task: "training",
  ifTooLarge: "use a smaller n or batch, or another engine",
  ifLost: "continue from the last checkpoint",
};

/** A pool of one page, to be grown as a batch needs it. `threads` default to what the machine has. */
export function createKernelPool(threads: number = usableThreads()): Promise<KernelPool> {
  return WorkerPool.create(MODULE, { bytes: 65536, mostBytes: 2 ** 32, threads });
}
