import { availableParallelism } from "node:os";
import { setImmediate as turn } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { KERNELS, PLAIN_KERNELS } from "./module.js";

interface Memory {
  readonly buffer: ArrayBufferLike;
  grow(pages: number): number;
}

// TypeScript knows WebAssembly only with the browser's types.
declare const WebAssembly: {
  Memory: new (limits: { initial: number; maximum: number; shared: boolean }) => Memory;
  compile(bytes: Uint8Array): Promise<object>;
  instantiate(module: object, imports: object): Promise<{ exports: unknown }>;
};

/** The kernels that the main thread calls; addresses are bytes in the memory. */
interface KernelExports {
  run(phase: number, chunk: number): void;
  adam(p: number, m: number, v: number, g: number, count: number): void;
}

/** A compiled module in both builds, as base64. */
export interface KernelModule {
  shared: string;
  plain: string;
}

/** Words from 1024 on: 0 generation, 1 next chunk, 2 chunks, 3 phase, 4 workers that are through. */
const CONTROL = 1024;
const MOST_PAGES = 65536;
/** Milliseconds of waiting for the other threads after which the event loop may tell that one is gone. */
const PATIENCE = 250;

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

/** How many threads run the kernels, and which kernels. */
export interface KernelPoolOptions {
  /** The caller's thread among them. Default: what the machine has. */
  threads?: number;
  /** Default: those of the training step. */
  module?: KernelModule;
}

/** Threads that run the kernels over one memory; the calling thread takes part. */
export class KernelPool {
  private readonly control: Int32Array;
  private failure?: Error;

  private constructor(
    readonly memory: Memory,
    readonly kernels: KernelExports,
    private readonly workers: Worker[],
  ) {
    this.control = new Int32Array(memory.buffer, CONTROL, 5);
    for (const worker of workers) {
      worker.on("error", (cause) => (this.failure ??= lostThread(cause)));
      worker.on("exit", () => (this.failure ??= lostThread()));
    }
  }

  /**
   * `bytes` of memory and its threads: the caller's alone where JavaScript has no shared memory or may not start
   * threads. Throws RangeError over 4 GB.
   */
  static async create(
    bytes: number,
    {
      threads = availableParallelism(),
      module = { shared: KERNELS, plain: PLAIN_KERNELS },
    }: KernelPoolOptions = {},
  ): Promise<KernelPool> {
    const shared = typeof SharedArrayBuffer !== "undefined";
    const pages = pagesOf(bytes);
    const memory = new WebAssembly.Memory({ initial: pages, maximum: MOST_PAGES, shared });
    const text = shared ? module.shared : module.plain;
    const compiled = await WebAssembly.compile(Buffer.from(text, "base64"));
    const imports = { env: { memory, abort: (): void => undefined } };
    const instance = await WebAssembly.instantiate(compiled, imports);
    const workerData = { module: compiled, memory };
    const workers = shared ? startWorkers(threads - 1, workerData) : [];
    const pool = new KernelPool(memory, instance.exports as KernelExports, workers);
    await Promise.all(workers.map((worker) => once(worker)));
    // Left waiting, they keep no process from its end.
    for (const worker of workers) worker.unref();
    return pool;
  }

  /** Threads that take part, the caller's among them. */
  get threads(): number {
    return this.workers.length + 1;
  }

  /** Runs all chunks of a phase. Throws Error where another thread ended, which leaves the phase half done. */
  async share(phase: number, chunks: number): Promise<void> {
    this.checkThreads();
    if (this.workers.length === 0) {
      for (let at = 0; at < chunks; at++) this.kernels.run(phase, at);
      return;
    }
    const { control, kernels, workers } = this;
    control[1] = 0;
    control[2] = chunks;
    control[3] = phase;
    Atomics.store(control, 4, 0);
    Atomics.add(control, 0, 1);
    Atomics.notify(control, 0);
    for (let at; (at = Atomics.add(control, 1, 1)) < chunks;) kernels.run(phase, at);
    for (let through; (through = Atomics.load(control, 4)) < workers.length;) {
      if (Atomics.wait(control, 4, through, PATIENCE) !== "timed-out") continue;
      await turn();
      this.checkThreads();
    }
  }

  /** Makes the memory at least `bytes` large. Where it is not shared, earlier views of it are empty afterwards. */
  reserve(bytes: number): void {
    const missing = pagesOf(bytes) - this.memory.buffer.byteLength / 65536;
    if (missing > 0) this.memory.grow(missing);
  }

  async dispose(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.terminate()));
  }

  private checkThreads(): void {
    if (this.failure) throw this.failure;
  }
}

function pagesOf(bytes: number): number {
  const pages = Math.ceil(bytes / 65536);
  if (pages <= MOST_PAGES) return pages;
  throw new RangeError(
    `kernels: training needs ${(bytes / 2 ** 30).toFixed(1)} GB, WebAssembly has 4 at most: take a smaller n or batch, or another engine`,
  );
}

function startWorkers(count: number, workerData: object): Worker[] {
  try {
    return Array.from({ length: count }, () => new Worker(WORKER, { eval: true, workerData }));
  } catch {
    // Such as under Node's permission model without --allow-worker.
    return [];
  }
}

function lostThread(cause?: Error): Error {
  const reason = cause ? `: ${cause.message}` : "";
  return new Error(
    `kernels: a thread of the training step ended${reason}; go on from the last checkpoint`,
    { cause },
  );
}

function once(worker: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.once("online", resolve);
    worker.once("error", reject);
  });
}
