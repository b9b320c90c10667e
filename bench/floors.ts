// The machine's limits: the bare matrix product and memory bandwidth.
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { matrixRows } from "../src/core/index.js";
import { type KernelModule, WorkerPool } from "../src/engine/kernels/index.js";
import {
  createResidentSession,
  floatTensor,
  partStart,
  productParts,
} from "../src/engine/onnx/index.js";
import { ROOT } from "./processes.js";
import { randomUnitRows } from "./synthetic.js";

const ROUNDS = 12;
const CONFIG = 2048;
const CHUNK = 98_304;
const PHASES = { read: 0, copy: 1, mix: 2 };

/** Bytes per millisecond on all threads, read or written. */
export interface Bandwidth {
  /** Reading an array larger than the caches. */
  read: number;
  /** Copying one. */
  copy: number;
  /** Reading four and writing three of them, as Adam does. */
  mix: number;
  /** Reading `cached` bytes over and over. */
  cache: number;
}

/** The rate of the bare product of `batch` documents with an encoder [n, d] in ONNX Runtime, at once or in parts, in GFLOP/s. */
export async function measureGemm(d: number, n: number, batch = 1024): Promise<number> {
  const weights = randomUnitRows(n, d, 1);
  const session = await createResidentSession(
    {
      name: "gemm",
      inputs: [
        { name: "x", type: "float32", shape: ["batch", "d"] },
        { name: "w", type: "float32", shape: ["n", "d"] },
      ],
      // Not the product, which the binding would copy.
      outputs: [{ name: "shape", type: "int64", shape: [2] }],
      nodes: [
        { op: "Gemm", inputs: ["x", "w"], outputs: ["y"], attributes: { transB: 1 } },
        { op: "Shape", inputs: ["y"], outputs: ["shape"] },
      ],
    },
    { w: weights },
    "cpu",
  );
  const { rows, cols, data } = matrixRows(weights, 0, batch);
  const time = (parts: number): Promise<number> =>
    leastTime(async () => {
      for (let part = 0; part < parts; part++) {
        const [start, end] = [partStart(rows, part, parts), partStart(rows, part + 1, parts)];
        const some = data.subarray(start * cols, end * cols);
        await session.run({ x: floatTensor(session.onnx, some, [end - start, cols]) });
      }
    });
  const least = Math.min(await time(1), await time(productParts(rows, n, d)));
  await session.release();
  return (2 * rows * d * n) / least / 1e6;
}

/** Bandwidth on the kernels' threads, of arrays of `bytes` each and of one of `cached` bytes. */
export async function measureBandwidth(bytes: number, cached: number): Promise<Bandwidth> {
  const module = await compile("stream.ts");
  const whole = Math.ceil(bytes / CHUNK) * CHUNK;
  const size = 65536 + 4 * whole;
  const pool = await WorkerPool.create(module, { bytes: size, threads: availableParallelism() });
  // Written once, so that every page is there.
  new Uint8Array(pool.memory.buffer, 65536).fill(1);
  const words = [CHUNK, ...[0, 1, 2, 3].map((at) => 65536 + at * whole)];
  new Uint32Array(pool.memory.buffer, CONFIG, 5).set(words);
  const time = (phase: keyof typeof PHASES, size: number): Promise<number> =>
    leastTime(() => pool.share(PHASES[phase], size / CHUNK));
  const near = Math.ceil(cached / CHUNK) * CHUNK;
  const result = {
    read: whole / (await time("read", whole)),
    copy: (2 * whole) / (await time("copy", whole)),
    mix: (7 * whole) / (await time("mix", whole)),
    cache: near / (await time("read", near)),
  };
  await pool.dispose();
  return result;
}

async function compile(source: string): Promise<KernelModule> {
  const { compileKernels } = (await import(join(ROOT, "assembly/compile.mjs"))) as {
    compileKernels: (source: string, options: { shared: boolean }) => Promise<string>;
  };
  const [shared, plain] = await Promise.all(
    [true, false].map((each) => compileKernels(source, { shared: each })),
  );
  return { shared, plain, task: "bandwidth", ifTooLarge: "measure less", ifLost: "measure again" };
}

async function leastTime(work: () => Promise<void>): Promise<number> {
  let least = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    await work();
    if (round >= 2) least = Math.min(least, performance.now() - start);
  }
  return least;
}
