import test from "ava";
import { execFile } from "node:child_process";
import type { Worker } from "node:worker_threads";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { type Matrix, createMatrix, createRandom, normalizeRows } from "../../src/core/index.js";
import type { StepReport, Trainer, TrainerSettings, TrainerState } from "../../src/engine/index.js";
import {
  createKernelPool,
  createKernelTrainer,
  initialState,
  selectGraph,
} from "../../src/engine/kernels/index.js";
import { createOnnxSession, floatTensor, loadOnnx } from "../../src/engine/onnx/index.js";
import { atLength } from "../support/campaign.js";
import { createDenseTrainer } from "../support/dense-trainer.js";

const SETTINGS: TrainerSettings = {
  k: 7,
  auxk: 9,
  auxkCoef: 0.5,
  multikCoef: 0,
  clip: 0.2,
  deadSteps: 2,
};

function data(d: number, n: number, batch: number) {
  const random = createRandom(3);
  const uniform = (rows: number, cols: number): Matrix =>
    createMatrix(
      rows,
      cols,
      Float32Array.from({ length: rows * cols }, () => 2 * random() - 1),
    );
  const state = initialState({
    encoder: uniform(n, d),
    decoder: normalizeRows(uniform(n, d)),
    preBias: uniform(1, d).data,
    latentBias: uniform(1, n).data,
  });
  return { state, batches: [uniform(batch, d), uniform(batch + 3, d), uniform(batch, d)] };
}

async function trained(trainer: Trainer, batches: Matrix[]) {
  const reports: StepReport[] = [];
  for (let at = 0; at < 6; at++) reports.push(await trainer.step(batches[at % 3], 1e-3));
  const error = await trainer.squaredError(batches[0]);
  const state = await trainer.readState();
  await trainer.dispose();
  return { reports, state, error };
}

const arrays = ({ parameters, firstMoment, secondMoment, sinceFired }: TrainerState) => [
  ...[parameters, firstMoment, secondMoment].flatMap((part) => [
    ...[part.encoder.data, part.decoder.data, part.preBias, part.latentBias],
  ]),
  sinceFired,
];

const furthest = (a: Float32Array, b: Float32Array) => {
  const scale = a.reduce((most, v) => Math.max(most, Math.abs(v)), 1e-12);
  return a.reduce((most, v, i) => Math.max(most, Math.abs(v - b[i]) / scale), 0);
};

const CASES: [string, number, number, number, number, Partial<TrainerSettings>][] = [
  ["odd sizes", 37, 53, 11, 0, {}],
  ["whole chunks", 64, 96, 16, 0, {}],
  ["the wide branch", 35, 61, 10, 0, { multikCoef: 0.25 }],
  ["no dead latents", 33, 41, 9, 0, { deadSteps: 99 }],
  ["all latents over the limit but those that fire", 33, 41, 9, 50, { clip: 1e9 }],
  ["no document's latents all dead", 5, 8, 2, 0, { k: 8, auxk: 3 }],
];

for (const [name, d, n, batch, age, changes] of CASES) {
  test(`kernels take the dense trainer's steps on any number of threads: ${name}`, async (t) => {
    const { state, batches } = data(d, n, batch);
    state.sinceFired.fill(age);
    const settings = { ...SETTINGS, ...changes };
    const dense = await trained(await createDenseTrainer(state, settings), batches);
    const one = await trained(await createKernelTrainer(state, settings, { threads: 1 }), batches);
    const three = await trained(
      await createKernelTrainer(state, settings, { threads: 3 }),
      batches,
    );
    t.deepEqual(three, one);
    for (const [at, report] of one.reports.entries()) {
      for (const key of Object.keys(report) as (keyof StepReport)[]) {
        const wanted = dense.reports[at][key];
        t.true(Math.abs(report[key] - wanted) <= 2e-5 * Math.abs(wanted), `${key} ${at}`);
      }
    }
    t.true(Math.abs(one.error - dense.error) < 1e-4 * dense.error);
    const wanted = arrays(dense.state);
    for (const [at, found] of arrays(one.state).entries()) {
      t.true(furthest(wanted[at], found) < 2e-4, `array ${at}: ${furthest(wanted[at], found)}`);
    }
  });
}

test("kernels take the same steps with prefixes on any number of threads and for a growing batch", async (t) => {
  const { state } = data(37, 53, 4);
  const batches = [11, 400, 30].map((rows) => data(37, 53, rows).batches[0]);
  const settings = { ...SETTINGS, prefixes: [3, 20, 21, 53] };
  const one = await trained(await createKernelTrainer(state, settings, { threads: 1 }), batches);
  const three = await trained(await createKernelTrainer(state, settings, { threads: 3 }), batches);
  t.deepEqual(three, one);
  // One prefix of all latents is no prefix.
  const plain = await trained(await createKernelTrainer(state, SETTINGS), batches);
  const whole = await trained(
    await createKernelTrainer(state, { ...SETTINGS, prefixes: [53] }),
    batches,
  );
  for (const [at, report] of plain.reports.entries()) {
    t.true(Math.abs(whole.reports[at].loss / report.loss - 1) < 1e-5);
  }
});

for (const changes of [{}, { multikCoef: 0.25 }, { batchTopK: true }]) {
  const name = Object.keys(changes).join() || "plain";
  test(`a batch in three products selects what one does: ${name}`, async (t) => {
    const [d, n] = [37, 53];
    const { state, batches } = data(d, n, 11);
    const { data: x } = batches[0];
    const onnx = await loadOnnx();
    const { encoder, preBias, latentBias } = state.parameters;
    const shared = {
      encoder: floatTensor(onnx, encoder.data, [n, d]),
      preBias: floatTensor(onnx, preBias, [d]),
      latentBias: floatTensor(onnx, latentBias, [n]),
      sinceFired: floatTensor(onnx, state.sinceFired.fill(9), [n]),
    };
    const select = async (...starts: number[]): Promise<unknown> => {
      const graph = selectGraph({ ...SETTINGS, ...changes }, starts.length);
      const session = await createOnnxSession(graph);
      const parts = starts.map((start, i) => {
        const end = starts.at(i + 1) ?? 11;
        const rows = x.subarray(start * d, end * d);
        return [`x${i}`, floatTensor(onnx, rows, [end - start, d])] as const;
      });
      const found = await session.run({ ...shared, ...Object.fromEntries(parts) });
      await session.release();
      return Object.entries(found).map(([key, { data: values, dims }]) => [key, values, dims]);
    };
    t.deepEqual(await select(0, 4, 7), await select(0));
  });
}

test("a growing batch keeps the parameters in place", async (t) => {
  const { state } = data(40, 64, 4);
  const batches = [data(40, 64, 4), data(40, 64, 4000), data(40, 64, 30)].map((v) => v.batches[0]);
  const dense = await trained(await createDenseTrainer(state, SETTINGS), batches);
  const found = await trained(await createKernelTrainer(state, SETTINGS), batches);
  t.true(Math.abs(found.reports[5].loss - dense.reports[5].loss) < 1e-4);
});

(atLength ? test : test.skip)("the compiled module is what its source compiles to", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "kernels-test-"));
  const out = join(folder, "module.ts");
  await promisify(execFile)(process.execPath, [resolve("assembly/build.mjs"), out]);
  t.is(await readFile(out, "utf8"), await readFile("src/engine/kernels/kernel-bytes.ts", "utf8"));
  await rm(folder, { recursive: true });
});

test("a thread that ends within a step fails the step, and those after it, with what to do", async (t) => {
  const { state, batches } = data(40, 64, 32);
  const trainer = await createKernelTrainer(state, SETTINGS, { threads: 3 });
  await trainer.step(batches[0], 1e-3);
  const { pool } = (trainer as unknown as { parts: { pool: { workers: Worker[] } } }).parts;
  // It ends while this thread runs the step: the other side of terminate comes only once that gives way.
  void pool.workers[1].terminate();
  const wanted = {
    message: /a thread of the training step ended; continue from the last checkpoint/,
  };
  await t.throwsAsync(trainer.step(batches[0], 1e-3), wanted);
  await t.throwsAsync(trainer.step(batches[1], 1e-3), wanted);
  await trainer.dispose();
});

test("more memory than WebAssembly has is refused with what to do", async (t) => {
  const pool = await createKernelPool(1);
  const message =
    /training needs 5\.0 GB, but WebAssembly is limited to 4: use a smaller n or batch/;
  t.throws(() => pool.reserve(5 * 2 ** 30), { instanceOf: RangeError, message });
  await pool.dispose();
});

test("a trap in another thread fails the phase with its reason", async (t) => {
  const pool = await createKernelPool(2);
  // This thread passes its chunks over; the other meets an address outside of the memory.
  new Uint32Array(pool.memory.buffer, 2048, 48).fill(0xfffffff0);
  const still = new Int32Array(new SharedArrayBuffer(4));
  Object.assign(pool, { kernels: { run: () => Atomics.wait(still, 0, 0, 10) } });
  await t.throwsAsync(pool.share(2, 50), {
    message: /a thread of the training step ended: .*(memory access|out of bounds)/,
  });
  await pool.dispose();
});
