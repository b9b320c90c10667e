import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type Matrix, createMatrix, createRandom, normalizeRows } from "../../src/core/index.js";
import { type EngineName, ENGINE_NAMES, openEngine, trainerOf } from "../../src/engine/index.js";
import { initialState } from "../../src/engine/kernels/index.js";

// Encoding and a training step on WebGPU and in PyTorch on the same card, in one run: measure.js [--quick] [ENGINE…].
// Prints a Markdown table; the floor is the one dense product of an encode at PyTorch's own rate.

const FULL = { d: 1536, n: 9216, k: 64, auxk: 128, batch: 1024, steps: 12 };
const QUICK = { d: 64, n: 256, k: 8, auxk: 16, batch: 64, steps: 5 };

interface Timed {
  description: string;
  encode: number;
  step?: number;
}

const quick = process.argv.includes("--quick");
const size = quick ? QUICK : FULL;
const named = ENGINE_NAMES.filter((name) => process.argv.includes(name));
const engines: EngineName[] = named.length > 0 ? named : ["webgpu", "tensorflow-webgpu"];

function randomRows(rows: number, seed: number): Matrix {
  const random = createRandom(seed);
  const values = Float32Array.from({ length: rows * size.d }, () => random() - 0.5);
  return normalizeRows(createMatrix(rows, size.d, values));
}

/** Median seconds of the calls after the first two. */
async function median(work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < size.steps; i++) {
    const start = performance.now();
    await work();
    times.push((performance.now() - start) / 1000);
  }
  const later = times.slice(2).sort((a, b) => a - b);
  return later[Math.floor(later.length / 2)];
}

async function measure(name: EngineName): Promise<Timed> {
  const { d, n, k, auxk, batch } = size;
  const x = randomRows(batch, 1);
  const encoder = randomRows(n, 2);
  const parameters = {
    encoder,
    decoder: encoder,
    preBias: new Float32Array(d),
    latentBias: new Float32Array(n),
  };
  const engine = await openEngine(name);
  const placed = await engine.createEncoder({ ...parameters, k });
  const encode = await median(() => placed.encode(x));
  await placed.dispose();
  await engine.dispose();
  const create = name.startsWith("tensorflow") ? trainerOf(name) : undefined;
  if (create === undefined) return { description: engine.description, encode };
  const settings = { k, auxk, auxkCoef: 1 / 32, multikCoef: 0, clip: 1, deadSteps: 1 };
  const trainer = await create(initialState(parameters), settings);
  const step = await median(() => trainer.step(x, 1e-4));
  await trainer.dispose();
  return { description: engine.description, encode, step };
}

function measureTorch(): (Timed & { product: number; absent?: string }) | undefined {
  const { d, n, k, auxk, batch, steps } = size;
  const script = process.env.TORCH_PEER ?? fileURLToPath(new URL("torch-peer.py", import.meta.url));
  const numbers = [d, n, k, auxk, batch, steps].map(String);
  const ran = spawnSync("python3", [script, ...numbers], { encoding: "utf8" });
  if (ran.status !== 0) return undefined;
  const found = JSON.parse(ran.stdout) as Timed & { product: number; absent?: string };
  return found.absent === undefined ? found : undefined;
}

const ms = (seconds?: number): string =>
  seconds === undefined ? "" : (1000 * seconds).toPrecision(3);
const times = (ours?: number, theirs?: number): string =>
  ours === undefined || theirs === undefined ? "" : (theirs / ours).toPrecision(2);

const { d, n, k, auxk, batch } = size;
console.log(`batch ${batch}, d ${d}, n ${n}, k ${k}, auxk ${auxk}; medians in ms\n`);
console.log("| engine | encode | PyTorch / ours | training step | PyTorch / ours |");
console.log("| --- | --: | --: | --: | --: |");
const torch = measureTorch();
if (torch) {
  console.log(`| ${torch.description} | ${ms(torch.encode)} | | ${ms(torch.step)} | |`);
  console.log(`| floor: its dense product alone | ${ms(torch.product)} | | | |`);
} else console.log("| PyTorch is not here | | | | |");
for (const name of engines) {
  try {
    const { description, encode, step } = await measure(name);
    const ratios = [times(encode, torch?.encode), times(step, torch?.step)];
    console.log(`| ${description} | ${ms(encode)} | ${ratios[0]} | ${ms(step)} | ${ratios[1]} |`);
  } catch (error) {
    console.log(`| ${name} | failed: ${error instanceof Error ? error.message : String(error)} |`);
  }
}
process.exit();
