import test from "ava";
import { type Matrix, createMatrix, createRandom, normalizeRows } from "../../src/core/index.js";
import {
  type CreateTrainer,
  type SaeParameters,
  type TrainerSettings,
  type TrainerState,
  trainerOf,
} from "../../src/engine/index.js";
import { createKernelTrainer, initialState } from "../../src/engine/kernels/index.js";
import { createDenseTrainer } from "../support/dense-trainer.js";

// A second, independent form of the loss: plain loops in float64 over flat parameters.
const [d, n, batch] = [4, 6, 5];
const SIZES = { encoder: n * d, decoder: n * d, preBias: d, latentBias: n };
type Name = keyof typeof SIZES;
type Flat = Record<Name, Float64Array>;
const NAMES = Object.keys(SIZES) as Name[];
const SETTINGS: TrainerSettings = {
  k: 2,
  auxk: 2,
  auxkCoef: 0.5,
  multikCoef: 0,
  clip: 1e9,
  deadSteps: 3,
};

function data() {
  const random = createRandom(7);
  const uniform = (rows: number, cols: number): Matrix =>
    createMatrix(
      rows,
      cols,
      Float32Array.from({ length: rows * cols }, () => 2 * random() - 1),
    );
  const parameters: SaeParameters = {
    encoder: uniform(n, d),
    decoder: normalizeRows(uniform(n, d)),
    preBias: uniform(1, d).data,
    latentBias: uniform(1, n).data,
  };
  // Latents 1 and 4 count as dead: too weak to be among the top 2, yet positive in some rows.
  parameters.latentBias.forEach((bias, latent) => (parameters.latentBias[latent] = bias + 1.5));
  for (const latent of [1, 4]) {
    parameters.latentBias[latent] = 0.1;
    for (let c = latent * d; c < (latent + 1) * d; c++) parameters.encoder.data[c] *= 0.2;
  }
  const state = initialState(parameters);
  for (const latent of [1, 4]) state.sinceFired[latent] = 9;
  return { x: uniform(batch, d), state };
}

const array = (value: Matrix | Float32Array) =>
  Float64Array.from(value instanceof Float32Array ? value : value.data);
const flatten = (parameters: SaeParameters) =>
  Object.fromEntries(NAMES.map((name) => [name, array(parameters[name])])) as Flat;
const topOf = (values: number[], allowed: number[], count: number) =>
  [...allowed].sort((a, b) => values[b] - values[a]).slice(0, count);
const all = Array.from({ length: n }, (_, i) => i);

function decode(p: Flat, pre: number[], latents: number[], base: (c: number) => number) {
  return Array.from({ length: d }, (_, c) =>
    latents.reduce((sum, f) => sum + Math.max(0, pre[f]) * p.decoder[f * d + c], base(c)),
  );
}

function normalizedError(decoded: number[][], target: number[][]): number {
  let error = 0;
  let variance = 0;
  for (let c = 0; c < d; c++) {
    const mean = target.reduce((sum, row) => sum + row[c], 0) / batch;
    for (let i = 0; i < batch; i++) {
      error += (decoded[i][c] - target[i][c]) ** 2;
      variance += (mean - target[i][c]) ** 2;
    }
  }
  return error / variance;
}

/** The losses; `errors` are the detached targets of AuxK, by default those of these parameters. */
function losses(p: Flat, x: Matrix, settings: TrainerSettings, errors?: number[][]) {
  const rows = Array.from({ length: batch }, (_, i) => [...x.data.subarray(i * d, (i + 1) * d)]);
  const pre = rows.map((row) =>
    all.map((f) =>
      row.reduce((sum, v, c) => sum + (v - p.preBias[c]) * p.encoder[f * d + c], p.latentBias[f]),
    ),
  );
  const bias = (c: number) => p.preBias[c];
  // Of the batch's largest, all that are not under the least.
  const largest = pre.flatMap((z) => z.map((v) => Math.max(0, v))).sort((a, b) => b - a);
  const least = largest[batch * settings.k - 1];
  const topOfMain = (z: number[]) =>
    settings.batchTopK
      ? topOf(z, all, 4 * settings.k).filter((f) => Math.max(0, z[f]) >= least)
      : topOf(z, all, settings.k);
  const decoded = pre.map((z) => decode(p, z, topOfMain(z), bias));
  const wide = pre.map((z) => decode(p, z, topOf(z, all, Math.min(4 * settings.k, n)), bias));
  const target = errors ?? rows.map((row, i) => row.map((v, c) => v - decoded[i][c]));
  const explained = pre.map((z) => decode(p, z, topOf(z, [1, 4], settings.auxk), () => 0));
  const [reconstruction, aux, multik] = [
    normalizedError(decoded, rows),
    normalizedError(explained, target),
    normalizedError(wide, rows),
  ];
  // The latents below each end, among those that the whole keeps.
  const nested = (settings.prefixes ?? [n]).map((end) =>
    normalizedError(
      pre.map((z) =>
        decode(
          p,
          z,
          topOfMain(z).filter((f) => f < end),
          bias,
        ),
      ),
      rows,
    ),
  );
  const main = nested.reduce((sum, each) => sum + each, 0) / nested.length;
  const loss = main + settings.auxkCoef * aux + settings.multikCoef * multik;
  return { loss, reconstruction, aux, multik, errors: target };
}

function numericGradient(p: Flat, x: Matrix, settings: TrainerSettings): Flat {
  const { errors } = losses(p, x, settings);
  const step = 1e-6;
  const gradient = Object.fromEntries(
    NAMES.map((name) => [
      name,
      p[name].map((value, i) => {
        const moved = (by: number) => {
          const changed = { ...p, [name]: p[name].slice() };
          changed[name][i] = value + by;
          return losses(changed, x, settings, errors).loss;
        };
        return (moved(step) - moved(-step)) / (2 * step);
      }),
    ]),
  ) as Flat;
  for (let f = 0; f < n; f++) {
    let along = 0;
    for (let c = f * d; c < (f + 1) * d; c++) along += gradient.decoder[c] * p.decoder[c];
    for (let c = f * d; c < (f + 1) * d; c++) gradient.decoder[c] -= along * p.decoder[c];
  }
  return gradient;
}

async function trainedOnce(
  create: CreateTrainer,
  state: TrainerState,
  x: Matrix,
  settings: TrainerSettings,
) {
  const trainer = await create(state, settings);
  const report = await trainer.step(x, 1e-2);
  const after = await trainer.readState();
  await trainer.dispose();
  return { report, after };
}

const near = (a: ArrayLike<number>, b: ArrayLike<number>, tolerance: number) =>
  a.length === b.length &&
  Array.from(a).every((v, i) => Math.abs(v - b[i]) <= tolerance * Math.max(1, Math.abs(b[i])));
const squares = (gradient: Flat) =>
  NAMES.reduce((sum, name) => gradient[name].reduce((part, v) => part + v * v, sum), 0);

const TRAINERS: [string, CreateTrainer][] = [
  ["kernels", createKernelTrainer],
  ["TensorFlow.js", trainerOf("tensorflow-cpu") ?? createDenseTrainer],
  ["dense", createDenseTrainer],
];

const VARIANTS: [string, Partial<TrainerSettings>, string[]][] = [
  ["multik weight 0", {}, ["kernels", "TensorFlow.js", "dense"]],
  ["multik weight 0.25", { multikCoef: 0.25 }, ["kernels", "TensorFlow.js", "dense"]],
  ["prefixes 2, 3, 6", { prefixes: [2, 3, 6] }, ["kernels", "TensorFlow.js"]],
  ["one prefix", { prefixes: [6] }, ["kernels", "TensorFlow.js"]],
  ["batch-top-k", { batchTopK: true, k: 1 }, ["kernels", "TensorFlow.js"]],
  [
    "batch-top-k and prefixes",
    { batchTopK: true, k: 2, prefixes: [3, 6] },
    ["kernels", "TensorFlow.js"],
  ],
  ["prefixes and multik", { prefixes: [3, 6], multikCoef: 0.5 }, ["kernels", "TensorFlow.js"]],
];

for (const [name, create] of TRAINERS) {
  for (const [variant, changes, trainers] of VARIANTS) {
    if (!trainers.includes(name)) continue;
    test(`${name}: gradients equal finite differences of the loss (${variant})`, async (t) => {
      const { x, state } = data();
      const settings = { ...SETTINGS, ...changes };
      const { multikCoef } = settings;
      const p = flatten(state.parameters);
      const expected = losses(p, x, settings);
      const gradient = numericGradient(p, x, settings);
      const { report, after } = await trainedOnce(create, state, x, settings);

      t.is(report.dead, 2);
      t.true(Math.abs(report.aux - expected.aux) < 1e-5);
      t.true(Math.abs(report.reconstruction - expected.reconstruction) < 1e-5);
      t.true(Math.abs(report.loss - expected.loss) < 1e-5);
      t.true(Math.abs(report.gradNorm - Math.sqrt(squares(gradient))) < 1e-5);
      if (multikCoef > 0) t.true(Math.abs(report.multik - expected.multik) < 1e-5);
      const first = flatten(after.firstMoment);
      t.true(gradient.encoder.subarray(d, 2 * d).some((v) => Math.abs(v) > 1e-3));
      for (const name of NAMES) {
        const found = first[name].map((m) => m / 0.1);
        t.true(
          near(found, gradient[name], 2e-5),
          `${name}: ${found.join()} ${gradient[name].join()}`,
        );
      }
    });
  }

  test(`${name}: a step clips the gradient, moves by Adam's rule and keeps decoder rows at unit length`, async (t) => {
    const { x, state } = data();
    const settings = { ...SETTINGS, clip: 0.05 };
    const p = flatten(state.parameters);
    const gradient = numericGradient(p, x, settings);
    const scale = 0.05 / (Math.sqrt(squares(gradient)) + 1e-6);
    // A state some steps old, so that moments and their corrections matter.
    const old = { first: 0.01, second: 0.0004, step: 4 };
    state.step = old.step;
    for (const [moment, value] of [
      [state.firstMoment, old.first],
      [state.secondMoment, old.second],
    ] as const) {
      for (const name of NAMES) {
        const part = moment[name];
        (part instanceof Float32Array ? part : part.data).fill(value);
      }
    }
    const { after } = await trainedOnce(create, state, x, settings);
    const next = flatten(after.parameters);
    t.is(after.step, 5);
    for (const name of NAMES) {
      const moved = p[name].map((value, i) => {
        const g = gradient[name][i] * scale;
        const m = (0.9 * old.first + 0.1 * g) / (1 - 0.9 ** 5);
        const v = (0.999 * old.second + 0.001 * g * g) / (1 - 0.999 ** 5);
        return value - (1e-2 * m) / (Math.sqrt(v) + 1e-8);
      });
      if (name === "decoder") {
        for (let f = 0; f < n; f++) {
          const row = moved.subarray(f * d, (f + 1) * d);
          const length = Math.hypot(...row);
          row.forEach((v, c) => (row[c] = v / length));
        }
      }
      t.true(near(next[name], moved, 1e-5), name);
    }
  });

  test(`${name}: a latent is dead once it has not fired for more than deadSteps steps, whatever its value`, async (t) => {
    const { x, state } = data();
    state.sinceFired.fill(0);
    const trainer = await create(state, SETTINGS);
    const dead: number[] = [];
    for (let i = 0; i < 5; i++) dead.push((await trainer.step(x, 0)).dead);
    const { sinceFired } = await trainer.readState();
    await trainer.dispose();
    const silent = sinceFired.filter((steps) => steps === 5).length;
    t.true(silent >= 2);
    t.is(sinceFired.filter((steps) => steps === 0).length, n - silent);
    t.deepEqual(dead, [0, 0, 0, silent, silent]);
  });

  test(`${name}: without dead latents the aux loss is the error's own square over its variance, without a gradient`, async (t) => {
    const { x, state } = data();
    state.sinceFired.fill(0);
    const { report, after } = await trainedOnce(create, state, x, SETTINGS);
    const weightless = await trainedOnce(create, state, x, { ...SETTINGS, auxkCoef: 0 });
    const p = flatten(state.parameters);
    const { errors } = losses(p, x, SETTINGS);
    const zero = errors.map((row) => row.map(() => 0));
    t.true(Math.abs(report.aux - normalizedError(zero, errors)) < 1e-5);
    t.is(report.dead, 0);
    t.deepEqual(after.parameters, weightless.after.parameters);
  });

  test(`${name}: squaredError sums the reconstruction's squared errors and changes nothing`, async (t) => {
    const { x, state } = data();
    const trainer = await create(state, SETTINGS);
    const before = await trainer.readState();
    const error = await trainer.squaredError(x);
    t.deepEqual(await trainer.readState(), before);
    await trainer.dispose();
    const expected = losses(flatten(state.parameters), x, SETTINGS)
      .errors.flat()
      .reduce((sum, v) => sum + v * v, 0);
    t.true(Math.abs(error - expected) < 1e-5);
  });
}
