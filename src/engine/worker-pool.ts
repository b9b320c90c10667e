import { setImmediate as turn } from "node:timers/promises";
import { Worker } from "node:worker_threads";

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

/** Kernels of assembly/ that were compiled, and how the errors of their pool read. */
export interface KernelModule {
  /** As base64, for a memory that threads share. */
  shared: string;
  /** As base64, for a memory of one thread. Default: none, so that the memory is always a shared one. */
  plain?: string;
  /** What they are for, such as "training". */
  task: string;
  /** What to do where they need more memory than there is. */
  ifTooLarge: string;
  /** What to do where a thread ended. */
  ifLost: string;
}

/** The kernel that the threads run. */
export interface ChunkKernels {
  run(phase: number, chunk: number): void;
}

/** How large a pool's memory is, and how many threads it has. */
export interface WorkerPoolOptions {
  bytes: number;
  /** Upper limit of `reserve`. Default `bytes`. */
  mostBytes?: number;
  /** The caller's thread among them. */
  threads: number;
}

/** Words from 1024 on: 0 generation, 1 next chunk, 2 chunks, 3 phase, 4 workers that are through. */
const CONTROL = 1024;
const PAGE = 65536;
const MOST_PAGES = 65536;
/** Milliseconds of waiting for the other threads before the event loop may report that one has ended. */
const PATIENCE = 250;

// A string, not a file, so that it starts from wherever this module was put. Its loop is the one of `work` below. The
// names of CommonJS, such as module, are taken: Deno runs it as one.
const WORKER = `
const { parentPort, workerData: { kernels, memory } } = require("node:worker_threads");
const { run } = new WebAssembly.Instance(kernels, { env: { memory, abort() {} } }).exports;
const control = new Int32Array(memory.buffer, ${CONTROL}, 5);
parentPort.postMessage("ready");
for (let seen = 0; ; ) {
  Atomics.wait(control, 0, seen);
  seen = Atomics.load(control, 0);
  const [phase, chunks] = [control[3], control[2]];
  for (let at; (at = Atomics.add(control, 1, 1)) < chunks; ) run(phase, at);
  Atomics.add(control, 4, 1);
  Atomics.notify(control, 4);
}`;

/** Threads that run kernels over one memory; the calling thread takes part. */
export class WorkerPool<Kernels extends ChunkKernels = ChunkKernels> {
  private readonly control: Int32Array;
  private failure?: Error;

  private constructor(
    private readonly module: KernelModule,
    readonly memory: Memory,
    readonly kernels: Kernels,
    private readonly workers: Worker[],
  ) {
    this.control = new Int32Array(memory.buffer, CONTROL, 5);
    for (const worker of workers) {
      worker.on("error", (cause) => this.lose(worker, cause));
      worker.on("exit", () => this.lose(worker));
    }
  }

  /**
   * A pool on the caller's thread alone where JavaScript has no shared memory or starts no other thread. Throws
   * RangeError over 4 GB and where the machine does not give so much.
   */
  static async create<Kernels extends ChunkKernels>(
    module: KernelModule,
    { bytes, mostBytes = bytes, threads }: WorkerPoolOptions,
  ): Promise<WorkerPool<Kernels>> {
    const canShare = typeof SharedArrayBuffer !== "undefined";
    const text = canShare ? module.shared : (module.plain ?? module.shared);
    const shared = text === module.shared;
    const [initial, maximum] = [bytes, mostBytes].map((size) => pagesOf(size, module));
    const memory = new WebAssembly.Memory({ initial, maximum, shared });
    const compiled = await WebAssembly.compile(Buffer.from(text, "base64"));
    const imports = { env: { memory, abort: (): void => undefined } };
    const instance = await WebAssembly.instantiate(compiled, imports);
    const workers = await startWorkers(shared ? threads - 1 : 0, { kernels: compiled, memory });
    return new WorkerPool(module, memory, instance.exports as Kernels, workers);
  }

  /** Threads that take part, the caller's among them. */
  get threads(): number {
    return this.workers.length + 1;
  }

  /** Runs all chunks of a phase. Throws Error where another thread ended, which leaves the phase half done. */
  async share(phase: number, chunks: number): Promise<void> {
    this.work(phase, chunks);
    for (let through; (through = this.through()) < this.workers.length;) {
      if (Atomics.wait(this.control, 4, through, PATIENCE) !== "timed-out") continue;
      await turn();
      this.checkThreads();
    }
  }

  /** As `share`, without giving way to anything else: it cannot learn of a thread that ends meanwhile. */
  shareAtOnce(phase: number, chunks: number): void {
    this.work(phase, chunks);
    for (let through; (through = this.through()) < this.workers.length;) {
      Atomics.wait(this.control, 4, through);
    }
  }

  /** Makes the memory at least `bytes` large. Where it is not shared, earlier views of it are empty afterwards. */
  reserve(bytes: number): void {
    const missing = pagesOf(bytes, this.module) - this.memory.buffer.byteLength / PAGE;
    if (missing > 0) this.memory.grow(missing);
  }

  /** Ends the other threads; the memory goes with the last use of it. */
  async dispose(): Promise<void> {
    // Emptied first, so that nothing blocks on a thread that has ended.
    await endWorkers(this.workers.splice(0));
  }

  /** This thread's part of a phase, from its start until no chunk is left. */
  private work(phase: number, chunks: number): void {
    this.checkThreads();
    const { control, kernels, workers } = this;
    if (workers.length === 0) {
      for (let at = 0; at < chunks; at++) kernels.run(phase, at);
      return;
    }
    control[1] = 0;
    control[2] = chunks;
    control[3] = phase;
    Atomics.store(control, 4, 0);
    Atomics.add(control, 0, 1);
    Atomics.notify(control, 0);
    for (let at; (at = Atomics.add(control, 1, 1)) < chunks;) kernels.run(phase, at);
  }

  /** Workers that are through. Without any, the memory may have grown from under `control`. */
  private through(): number {
    return this.workers.length === 0 ? 0 : Atomics.load(this.control, 4);
  }

  private lose(worker: Worker, cause?: Error): void {
    if (!this.workers.includes(worker)) return;
    const { task, ifLost } = this.module;
    const reason = cause ? `: ${cause.message}` : "";
    const message = `kernels: a thread of the ${task} step ended${reason}; ${ifLost}`;
    this.failure ??= new Error(message, { cause });
  }

  private checkThreads(): void {
    if (this.failure) throw this.failure;
  }
}

/** Addresses for arrays of as many bytes, one after the other from behind what the pool itself needs, and their end. */
export function allot<Name extends string>(
  sizes: Record<Name, number>,
): { at: Record<Name, number>; end: number } {
  let end = PAGE;
  const at = { ...sizes };
  for (const name of Object.keys(sizes) as Name[]) {
    at[name] = end;
    end += Math.ceil(sizes[name] / 64) * 64;
  }
  return { at, end };
}

function pagesOf(bytes: number, { task, ifTooLarge }: KernelModule): number {
  const pages = Math.ceil(bytes / PAGE);
  if (pages <= MOST_PAGES) return pages;
  throw new RangeError(
    `kernels: ${task} needs ${(bytes / 2 ** 30).toFixed(1)} GB, but WebAssembly is limited to 4: ${ifTooLarge}`,
  );
}

/** As many workers as asked for, or none where one does not start, such as under Node's permission model. */
async function startWorkers(count: number, workerData: object): Promise<Worker[]> {
  const workers: Worker[] = [];
  try {
    while (workers.length < count) workers.push(new Worker(WORKER, { eval: true, workerData }));
    await Promise.all(workers.map(isReady));
  } catch {
    await endWorkers(workers);
    return [];
  }
  // Left waiting, they keep no process from its end.
  for (const worker of workers) worker.unref();
  return workers;
}

async function endWorkers(workers: readonly Worker[]): Promise<void> {
  await Promise.all(workers.map((worker) => worker.terminate()));
}

function isReady(worker: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", reject);
  });
}
