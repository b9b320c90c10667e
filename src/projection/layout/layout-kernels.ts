import { availableParallelism } from "node:os";
import { setImmediate as turn } from "node:timers/promises";
import type { ChunkKernels, KernelModule } from "../../engine/worker-pool.js";
import { WorkerPool, allot } from "../../engine/worker-pool.js";
import { KERNELS } from "./kernel-bytes.js";

interface LayoutExports extends ChunkKernels {
  exp: (x: number) => number;
  log: (x: number) => number;
  powerOf: (q: number, b: number) => number;
}

/** Threads that run assembly/layout.ts, and where its arrays lie in their memory. */
export interface LayoutKernels {
  readonly kernels: LayoutExports;
  readonly words: Uint32Array;
  readonly numbers: Float32Array;
  /** Ascending, -1 where there is no neighbour [moved, count], and the weights of these. */
  readonly distances: Float32Array;
  readonly weights: Float32Array;
  /** Each row's first entry, and the end of the last's [rows + 1]. */
  readonly offsets: Uint32Array;
  /** Of each entry: the other row, and how often it is drawn in a round; room for 2 × moved × count. */
  readonly targets: Uint32Array;
  readonly rates: Float32Array;
  /** Places before and after a round, which change parts with each [rows, 2]. */
  readonly places: [Float32Array, Float32Array];
  /** Runs a phase over rows `from` to `to`; gives way to other work at least every 65,536 rows. */
  run(phase: number, from: number, to: number, signal?: AbortSignal): Promise<void>;
  /** Makes the places after a round those before the next. */
  swap(): void;
  close: () => Promise<void>;
}

export const PHASE: { weigh: number; move: number } = { weigh: 0, move: 1 };

const MODULE: KernelModule = {
  shared: KERNELS,
  task: "map",
  ifTooLarge: "map a sample of the rows",
  ifLost: "run it again",
};
const CONFIG = 2048;
const CHUNK = 256;
const ROWS_AT_ONCE = 65_536;

/**
 * Kernels with room for `rows`, of which those from `fixed` on move by the forces of up to 2 × `count` others.
 * Throws RangeError over 4 GB.
 */
export async function openLayoutKernels(
  rows: number,
  count: number,
  { fixed = 0, threads = availableParallelism() }: { fixed?: number; threads?: number },
): Promise<LayoutKernels> {
  const entries = (rows - fixed) * count;
  const { at, end } = allot({
    distances: 4 * entries,
    weights: 4 * entries,
    offsets: 4 * (rows + 1),
    targets: 8 * entries,
    rates: 8 * entries,
    first: 8 * rows,
    second: 8 * rows,
  });
  // A round of few rows takes less than waking the other threads.
  const useful = Math.ceil((rows - fixed) / CHUNK);
  const pool = await WorkerPool.create<LayoutExports>(MODULE, {
    bytes: end,
    threads: Math.min(threads, useful),
  });
  const { buffer } = pool.memory;
  const words = new Uint32Array(buffer, CONFIG, 17);
  words.set([CHUNK, 0, 0, count, at.distances, at.weights, at.offsets, at.targets, at.rates]);
  words.set([at.first, at.second, fixed === 0 ? rows : fixed], 9);
  const places: LayoutKernels["places"] = [
    new Float32Array(buffer, at.first, 2 * rows),
    new Float32Array(buffer, at.second, 2 * rows),
  ];
  return {
    kernels: pool.kernels,
    words,
    numbers: new Float32Array(buffer, CONFIG, 17),
    distances: new Float32Array(buffer, at.distances, entries),
    weights: new Float32Array(buffer, at.weights, entries),
    offsets: new Uint32Array(buffer, at.offsets, rows + 1),
    targets: new Uint32Array(buffer, at.targets, 2 * entries),
    rates: new Float32Array(buffer, at.rates, 2 * entries),
    places,
    async run(phase, from, to, signal) {
      for (let start = from; start < to; start += ROWS_AT_ONCE) {
        words[1] = start;
        words[2] = Math.min(to, start + ROWS_AT_ONCE);
        await pool.share(phase, Math.ceil((words[2] - start) / CHUNK));
        await turn();
        signal?.throwIfAborted();
      }
    },
    swap() {
      [words[9], words[10]] = [words[10], words[9]];
      places.reverse();
    },
    close: () => pool.dispose(),
  };
}
