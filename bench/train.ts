// Times training on ONNX Runtime: one run of the sample's size, and single steps at the paper's size.
// node build/bench/train.js [--sample] [--paper]; prints one JSON line each.
import { parseArgs } from "node:util";
import { createOnnxTrainer } from "../src/engine/onnx-trainer.js";
import { initialState } from "../src/engine/trainer.js";
import { type Matrix, createMatrix, matrixRows, normalizeRows } from "../src/matrix.js";
import { createRandom } from "../src/random.js";
import { initialiseSae } from "../src/sae/initialise.js";
import { trainSae } from "../src/sae/train.js";

const { values: options } = parseArgs({
  options: { sample: { type: "boolean" }, paper: { type: "boolean" } },
});
const both = !options.sample && !options.paper;
if (options.sample || both) await timeSampleRun();
if (options.paper || both) await timePaperStep();

async function timeSampleRun(): Promise<void> {
  const embeddings = mixture(12_000, 512, 400);
  for (const k of [4, 16]) {
    const start = performance.now();
    const run = { k, n: 1024, batch: 1024, epochs: 25, lr: 1e-3 };
    const { log } = await trainSae(embeddings, run);
    const seconds = (performance.now() - start) / 1000;
    const { reconstruction, dead } = log[log.length - 1];
    report({ what: "sample run", N: 12_000, d: 512, ...run, seconds, reconstruction, dead });
  }
}

async function timePaperStep(): Promise<void> {
  const [d, n, k, auxk, batch] = [1536, 9216, 64, 128, 1024];
  const embeddings = mixture(4 * batch, d, 2000);
  const settings = { k, auxk, auxkCoef: 1 / 32, multikCoef: 0, clip: 1, deadSteps: 1 };
  const trainer = await createOnnxTrainer(
    initialState(initialiseSae(embeddings, { k, n })),
    settings,
  );
  const times: number[] = [];
  let dead = 0;
  for (let step = 0; step < 8; step++) {
    const at = (step % 4) * batch;
    const start = performance.now();
    ({ dead } = await trainer.step(matrixRows(embeddings, at, at + batch), 1e-4));
    times.push(performance.now() - start);
  }
  await trainer.dispose();
  const milliseconds = times.slice(2).sort((a, b) => a - b)[3];
  report({ what: "step at the paper's size", d, n, k, auxk, batch, milliseconds, dead });
}

/** Unit rows, each a mixture of 12 of `directions` hidden directions. */
function mixture(rows: number, d: number, directions: number): Matrix {
  const random = createRandom(1);
  const hidden = createMatrix(directions, d);
  for (let i = 0; i < hidden.data.length; i++) hidden.data[i] = random() - 0.5;
  const out = createMatrix(rows, d);
  for (let i = 0; i < rows; i++) {
    for (let part = 0; part < 12; part++) {
      const from = Math.floor(random() * directions) * d;
      const weight = random();
      for (let j = 0; j < d; j++) out.data[i * d + j] += weight * hidden.data[from + j];
    }
  }
  return normalizeRows(out);
}

function report(row: object): void {
  process.stdout.write(`${JSON.stringify(row)}\n`);
}
