import { Worker } from "node:worker_threads";
import { KERNELS } from "./scan-module.js";

interface Memory {
  readonly buffer: SharedArrayBuffer;
}

// TypeScript knows WebAssembly only with the browser's types.
declare const WebAssembly: {
  Memory: new (limits: { initial: number; maximum: number; shared: true }) => Memory;
  compile(bytes: Uint8Array): Promise<object>;
  instantiate(module: object, imports: object): Promise<{ exports: unknown }>;
};

interface KernelExports {
  run(phase: number, chunk: number): void;
}

/** Words from 1024 on: 0 generation, 1 next chunk, 2 chunks, 3 phase, 4 workers that are through. */
const CONTROL = 1024;
const PAGE = 65536;
const MOST_PAGES = 65536;

// A string, not a file, so that it starts from wherever this module was put. Its loop is the one of `share` below.
const WORKER = `
const { parentPort, workerData: { module, memory } } = require("node:worker_threads");
const { run } = new WebAssembly.Instance(module, { env: { memory, abort() {} } }).exports;
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

/** Threads that run the kernels of assembly/nearest.ts over one shared memory; the calling thread takes part. */
export interface ScanPool {
  readonly buffer: SharedArrayBuffer;
  /** Runs all chunks of a phase; returns when every thread is through. */
  share(phase: number, chunks: number): void;
  /** Ends the threads; the memory goes with the last use of it. */
  close(): Promise<void>;
}

/**
 * A pool with `bytes` of memory, on this thread alone where no others can be started. Throws RangeError above 4 GB and
 * where the machine does not give so much.
 */
export async function createScanPool(bytes: number, threads: number): Promise<ScanPool> {
  const pages = Math.ceil(bytes / PAGE);
  if (pages > MOST_PAGES) throw new RangeError(`scan pool: at most 4 GB, got ${bytes} bytes`);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const module = await WebAssembly.compile(Buffer.from(KERNELS, "base64"));
  const imports = { env: { memory, abort: (): void => undefined } };
  const kernels = (await WebAssembly.instantiate(module, imports)).exports as KernelExports;
  const workers = await startWorkers(threads - 1, { module, memory });
  const control = new Int32Array(memory.buffer, CONTROL, 5);
  return {
    buffer: memory.buffer,
    share(phase, chunks) {
      control[1] = 0;
      control[2] = chunks;
      control[3] = phase;
      Atomics.store(control, 4, 0);
      Atomics.add(control, 0, 1);
      Atomics.notify(control, 0);
      for (let at; (at = Atomics.add(control, 1, 1)) < chunks;) kernels.run(phase, at);
      for (let through; (through = Atomics.load(control, 4)) < workers.length;) {
        Atomics.wait(control, 4, through);
      }
    },
    // Emptied first, so that nothing waits for a thread that has ended.
    close: () => endWorkers(workers.splice(0)),
  };
}

/** As many workers as asked for, or none where one does not start. */
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
  });
}
