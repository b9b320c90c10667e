import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import {
  type Matrix,
  createMatrix,
  createRandom,
  matrixRows,
  normalizeRows,
} from "../../src/core/index.js";
import {
  type EncoderWeights,
  type Engine,
  type EngineName,
  ENGINE_NAMES,
  openEngine,
  trainerOf,
} from "../../src/engine/index.js";
import { initialState } from "../../src/engine/kernels/index.js";
import { createOnnxEngine } from "../../src/engine/onnx/index.js";

// Encoding and a training step on WebGPU and in PyTorch on the same card, in one run: measure.js [--quick] [ENGINE…].
// Both take embeddings from the computer's memory and bring the codes back to it. Prints a Markdown table; the floor is the
// one dense product of an encode at PyTorch's own rate, on what is on the card already.

const FULL = { d: 1536, n: 9216, k: 64, auxk: 128, batch: 1024, wide: 4096, steps: 12 };
const QUICK = { d: 64, n: 256, k: 8, auxk: 16, batch: 64, wide: 100, steps: 5 };
/** ONNX Runtime's WebGPU, which openEngine leaves aside where the package webgpu is installed. */
const ONNX = "onnxruntime-webgpu";
const COMPARED = 256;

interface Timed {
  description: string;
  encode: number;
  wide: number;
  step?: number;
}

interface Measured extends Timed {
  /** Share of rows whose latents are those of the CPU, in the same order. */
  same: number;
}

type Name = EngineName | typeof ONNX;

const quick = process.argv.includes("--quick");
const size = quick ? QUICK : FULL;
const names: readonly Name[] = [...ENGINE_NAMES, ONNX];
const named = names.filter((name) => process.argv.includes(name));
const engines: readonly Name[] = named.length > 0 ? named : ["webgpu", ONNX, "tensorflow-webgpu"];

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

const open = (name: Name): Promise<Engine> =>
  name === ONNX ? createOnnxEngine({ device: "webgpu" }) : openEngine(name);

let ofCpu: Uint32Array | undefined;

/** The latents of the first rows by the CPU. */
async function latentsOfCpu(weights: EncoderWeights, x: Matrix): Promise<Uint32Array> {
  const engine = await openEngine("cpu");
  const encoder = await engine.createEncoder(weights);
  const { indices } = await encoder.encode(matrixRows(x, 0, Math.min(COMPARED, x.rows)));
  await encoder.dispose();
  await engine.dispose();
  return indices;
}

function shareOfSameRows(one: Uint32Array, other: Uint32Array, k: number): number {
  const rows = one.length / k;
  let same = 0;
  for (let i = 0; i < rows; i++) {
    const at = i * k;
    same += Number(one.subarray(at, at + k).every((latent, j) => latent === other[at + j]));
  }
  return same / rows;
}

async function measure(name: Name): Promise<Measured> {
  const { d, n, k, auxk, batch } = size;
  const all = randomRows(size.wide, 1);
  const x = matrixRows(all, 0, batch);
  const encoder = randomRows(n, 2);
  const parameters = {
    encoder,
    decoder: encoder,
    preBias: new Float32Array(d),
    latentBias: new Float32Array(n),
  };
  ofCpu ??= await latentsOfCpu({ ...parameters, k }, x);
  const engine = await open(name);
  const placed = await engine.createEncoder({ ...parameters, k });
  const { indices } = await placed.encode(x);
  const same = shareOfSameRows(ofCpu, indices, k);
  const encode = await median(() => placed.encode(x));
  const wide = await median(() => placed.encode(all));
  await placed.dispose();
  await engine.dispose();
  const { description } = engine;
  const create = name === ONNX || !name.startsWith("tensorflow") ? undefined : trainerOf(name);
  if (create === undefined) return { description, encode, wide, same };
  const settings = { k, auxk, auxkCoef: 1 / 32, multikCoef: 0, clip: 1, deadSteps: 1 };
  const trainer = await create(initialState(parameters), settings);
  const step = await median(() => trainer.step(x, 1e-4));
  await trainer.dispose();
  return { description, encode, wide, same, step };
}

function measureTorch(): (Timed & { product: number; absent?: string }) | undefined {
  const { d, n, k, auxk, batch, wide, steps } = size;
  const script = process.env.TORCH_PEER ?? fileURLToPath(new URL("torch-peer.py", import.meta.url));
  const numbers = [d, n, k, auxk, batch, wide, steps].map(String);
  const ran = spawnSync("python3", [script, ...numbers], { encoding: "utf8" });
  if (ran.status !== 0) return undefined;
  const found = JSON.parse(ran.stdout) as Timed & { product: number; absent?: string };
  return found.absent === undefined ? found : undefined;
}

const ms = (seconds?: number): string =>
  seconds === undefined ? "" : (1000 * seconds).toPrecision(3);
const times = (ours?: number, theirs?: number): string =>
  ours === undefined || theirs === undefined ? "" : (theirs / ours).toPrecision(2);

const row = (...cells: string[]): void => console.log(`| ${cells.join(" | ")} |`);
const { d, n, k, auxk, batch, wide: many } = size;
console.log(`d ${d}, n ${n}, k ${k}, auxk ${auxk}; medians in ms\n`);
const ratios = "PyTorch / ours";
const encodes = [`encode ${batch}`, ratios, `encode ${many}`, ratios];
row("engine", ...encodes, `step of ${batch}`, ratios, "rows like the CPU's");
console.log("| --- | --: | --: | --: | --: | --: | --: | --: |");
const torch = measureTorch();
if (torch) {
  const { description, encode, wide, step, product } = torch;
  row(description, ms(encode), "", ms(wide), "", ms(step), "", "");
  row("floor: its dense product alone", ms(product), "", "", "", "", "", "");
} else row("PyTorch is not here", "", "", "", "", "", "", "");
for (const name of engines) {
  try {
    const { description, encode, wide, step, same } = await measure(name);
    const encoded = [ms(encode), times(encode, torch?.encode), ms(wide), times(wide, torch?.wide)];
    row(description, ...encoded, ms(step), times(step, torch?.step), same.toFixed(4));
  } catch (error) {
    row(name, `failed: ${error instanceof Error ? error.message : String(error)}`);
  }
}
process.exit();
