// Run as a program by kernels-process.test.ts, which says what is asked for.
import { createHash } from "node:crypto";
import { type Matrix, createRandom } from "../../../src/core/index.js";
import type { Trainer } from "../../../src/engine/index.js";
import type { KernelTrainerOptions } from "../../../src/engine/kernels/index.js";

/** What the child sends. */
export interface KernelsAnswer {
  description: string;
  /** SHA-256 of all parameters and moments after the steps. */
  digest: string;
  /** Arrays and buffers that JavaScript made in 5 steps, by class. */
  made: Record<string, number>;
  /** The same in one readState, which is known to make some. */
  madeByRead: Record<string, number>;
  /** Bytes on the heap that a step leaves to the garbage collector, for a batch of 16 and of 512 documents. */
  garbage: { small: number; large: number };
}

const [d, n] = [40, 600];
const CLASSES = [
  ...["ArrayBuffer", "SharedArrayBuffer", "Float32Array", "Float64Array"],
  ...["Int32Array", "Uint32Array", "BigInt64Array"],
];

function random(rows: number, cols: number, seed: number): Matrix {
  const next = createRandom(seed);
  const data = Float32Array.from({ length: rows * cols }, () => 2 * next() - 1);
  return { rows, cols, data };
}

async function createTrainer(options?: KernelTrainerOptions): Promise<Trainer> {
  const { createKernelTrainer } = await import("../../../src/engine/kernels/kernel-trainer.js");
  const { initialState } = await import("../../../src/engine/trainer.js");
  const { normalizeRows } = await import("../../../src/core/matrix.js");
  const state = initialState({
    encoder: random(n, d, 1),
    decoder: normalizeRows(random(n, d, 2)),
    preBias: new Float32Array(d),
    latentBias: new Float32Array(n),
  });
  const settings = { k: 16, auxk: 24, auxkCoef: 0.5, multikCoef: 0.25, clip: 1, deadSteps: 1 };
  return createKernelTrainer(state, settings, options);
}

async function takeSteps(trainer: Trainer, batch: Matrix, count: number): Promise<void> {
  for (let step = 0; step < count; step++) await trainer.step(batch, 1e-3);
}

async function digestOf(trainer: Trainer): Promise<string> {
  const { parameters, firstMoment, secondMoment, sinceFired } = await trainer.readState();
  const hash = createHash("sha256").update(sinceFired);
  for (const { encoder, decoder, preBias, latentBias } of [parameters, firstMoment, secondMoment]) {
    for (const data of [encoder.data, decoder.data, preBias, latentBias]) hash.update(data);
  }
  return hash.digest("hex");
}

/** Counts what is constructed while `work` runs, by views and slices of arrays too. */
async function countMade(work: () => Promise<unknown>): Promise<Record<string, number>> {
  const made: Record<string, number> = {};
  const scope = globalThis as unknown as Record<string, NewableFunction | undefined>;
  const originals = CLASSES.map((name) => [name, scope[name]] as const);
  for (const [name, original] of originals) {
    if (!original) continue;
    const counted = new Proxy(original, {
      construct(target, args, newTarget) {
        made[name] = (made[name] ?? 0) + 1;
        return Reflect.construct(target, args, newTarget) as object;
      },
    });
    scope[name] = counted;
    (original.prototype as { constructor: unknown }).constructor = counted;
  }
  await work();
  for (const [name, original] of originals) {
    if (!original) continue;
    scope[name] = original;
    (original.prototype as { constructor: unknown }).constructor = original;
  }
  return made;
}

async function garbageOf(trainer: Trainer, batch: Matrix): Promise<number> {
  const steps = 5;
  const collect = (globalThis as unknown as { gc: () => void }).gc;
  await takeSteps(trainer, batch, 5);
  collect();
  const before = process.memoryUsage().heapUsed;
  await takeSteps(trainer, batch, steps);
  return (process.memoryUsage().heapUsed - before) / steps;
}

async function answer(): Promise<KernelsAnswer> {
  const trainer = await createTrainer();
  const [small, large] = [random(16, d, 3), random(512, d, 4)];
  await takeSteps(trainer, small, 3);
  await takeSteps(trainer, large, 3);
  const digest = await digestOf(trainer);
  const made = await countMade(() => takeSteps(trainer, large, 5));
  const madeByRead = await countMade(() => trainer.readState());
  const garbage = {
    small: await garbageOf(trainer, small),
    large: await garbageOf(trainer, large),
  };
  await trainer.dispose();
  return { description: trainer.description, digest, made, madeByRead, garbage };
}

if (process.send) {
  // Before anything is imported that might look for it.
  if (process.argv[2] === "unshared") Reflect.deleteProperty(globalThis, "SharedArrayBuffer");
  void answer().then((found) => process.send?.(found, () => process.exit()));
}
