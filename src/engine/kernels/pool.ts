import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { KERNELS } from "./module.js";

interface Memory {
  readonly buffer: SharedArrayBuffer;
  grow(pages: number): number;
}

// TypeScript knows WebAssembly only with the browser's types.
declare const WebAssembly: {
  Memory: new (limits: { initial: number; maximum: number; shared: true }) => Memory;
  compile(bytes: Uint8Array): Promise<object>;
  instantiate(module: object, imports: object): Promise<{ exports: unknown }>;
};

/** The kernels that the main thread calls; addresses are bytes in the shared memory. */
interface KernelExports {
  run(phase: number, chunk: number): void;
  adam(p: number, m: number, v: number, g: number, count: number): void;
}

/** Words from 1024 on: 0 generation, 1 next chunk, 2 chunks, 3 phase, 4 workers that are through. */
const CONTROL = 1024;

// A string, not a file, so that it starts from wherever this module was put. Its loop is the one of `share` below.
const WORKER = `
const { workerData: { module, memory } } = require("node:worker_threads");
const { run } = new WebAssembly.Instance(module, { env: { memory, abort() {} } }).exports;
const control = new Int32Array(memory.buffer, ${CONTROL}, 5);
for (let seen = 0; ; ) {
  Atomics.wait(control, 0, seen);
  seen = Atomics.load(control, 0);
  const [phase, chunks] = [control[3], control[2]];
  for (let at; (at = Atomics.add(control, 1, 1)) < chunks; ) run(phase, at);
  Atomics.add(control, 4, 1);
  Atomics.notify(control, 4);
}`;

/** Threads that run the kernels over one shared memory; the calling thread takes part. */
export class KernelPool {
  private readonly control: Int32Array;
  private readonly workers: Worker[];

  private constructor(
    readonly memory: Memory,
    readonly kernels: KernelExports,
    module: object,
    threads: number,
  ) {
    this.control = new Int32Array(memory.buffer, CONTROL, 5);
    const options = { eval: true, workerData: { module, memory } };
    this.workers = Array.from({ length: threads - 1 }, () => new Worker(WORKER, options));
  }

  /** `bytes` of shared memory and `threads` threads, the caller's among them. Throws RangeError over 4 GB. */
  static async create(
    bytes: number,
    threads: number = availableParallelism(),
  ): Promise<KernelPool> {
    const pages = Math.ceil(bytes / 65536);
    const memory = new WebAssembly.Memory({ initial: pages, maximum: 65536, shared: true });
    const module = await WebAssembly.compile(Buffer.from(KERNELS, "base64"));
    const imports = { env: { memory, abort: (): void => undefined } };
    const instance = await WebAssembly.instantiate(module, imports);
    const pool = new KernelPool(memory, instance.exports as KernelExports, module, threads);
    await Promise.all(pool.workers.map((worker) => once(worker)));
    // Left waiting, they keep no process from its end.
    for (const worker of pool.workers) worker.unref();
    return pool;
  }

  /** Runs all chunks of a phase; returns when every thread is through. */
  share(phase: number, chunks: number): void {
    const { control, workers } = this;
    control[1] = 0;
    control[2] = chunks;
    control[3] = phase;
    Atomics.store(control, 4, 0);
    Atomics.add(control, 0, 1);
    Atomics.notify(control, 0);
    for (let at; (at = Atomics.add(control, 1, 1)) < chunks;) this.kernels.run(phase, at);
    for (let through; (through = Atomics.load(control, 4)) < workers.length;) {
      Atomics.wait(control, 4, through);
    }
  }

  async dispose(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.terminate()));
  }
}

function once(worker: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.once("online", resolve);
    worker.once("error", reject);
  });
}
