import { fork } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { type Matrix, createMatrix, dot, matrixRow } from "../../core/matrix.js";
import { createRandom } from "../../core/random.js";
import type { Device } from "../engine.js";
import { tryFirstPass } from "../onnx/choose-pass.js";
import { createOnnxEncoder } from "../onnx/onnx-encoder.js";
import type { Graph } from "../onnx/onnx-graph.js";
import { floatTensor, loadOnnx } from "../onnx/onnx-session.js";
import { createResidentSession } from "../onnx/resident-session.js";
import { createWebgpuEngine, hasDawn } from "../webgpu/index.js";

export const DEFAULT_TIMEOUT = 30_000;
// Even integrated graphics are above it; Vulkan drivers that run on the CPU are below.
const SLOWEST_HARDWARE = 40;
const WIDTH = 1024;
export const LATENTS = 2048;
// A few rows show whether a device is correct and fast enough to be measured with many.
export const FEW_ROWS = 64;
const MANY_ROWS = 1024;
const SLOW_RUN = 0.05;

const PRODUCT_GRAPH: Graph = {
  name: "probe",
  inputs: [
    { name: "x", type: "float32", shape: ["batch", "d"] },
    { name: "weights", type: "float32", shape: ["n", "d"] },
  ],
  outputs: [{ name: "best", type: "float32", shape: ["batch"] }],
  nodes: [
    { op: "Gemm", inputs: ["x", "weights"], outputs: ["scores"], attributes: { transB: 1 } },
    {
      op: "ReduceMax",
      inputs: ["scores", "axes"],
      outputs: ["best"],
      attributes: { keepdims: 0 },
    },
  ],
  constants: [{ name: "axes", type: "int64", shape: [1], values: [1] }],
};

/** What was found of a device. */
export interface DeviceReport {
  device: Device;
  /** Whether arithmetic was run on it and came out right. */
  available: boolean;
  /** What was found, or why it cannot be used. */
  reason: string;
  /** What to do to get it, where something can be done. */
  hint?: string;
  /** True for a GPU driver that runs on the CPU (SwiftShader, llvmpipe): right, but slower than the CPU itself. */
  software?: boolean;
  /** Measured rate of a dense float32 product, in GFLOP/s. */
  gflops?: number;
}

/** How devices are tried. */
export interface ProbeOptions {
  /** Default all. */
  devices?: readonly Device[];
  /** Longest that a GPU may take, in milliseconds. Default 30,000. */
  timeout?: number;
}

/**
 * Tries every device with a small product and reports the result. GPUs are tried in their own process, because
 * a broken driver may crash or hang the one that loads it. Never throws for a device that is not there.
 */
export async function probeDevices({
  devices = ["cpu", "webgpu", "cuda"],
  timeout = DEFAULT_TIMEOUT,
}: ProbeOptions = {}): Promise<DeviceReport[]> {
  const reports: DeviceReport[] = [];
  // One after the other: rates measured side by side would disturb each other.
  for (const device of devices) {
    reports.push(device === "cpu" ? await probeCpu() : await probeGpu(device, timeout));
  }
  return reports;
}

/**
 * The device that "auto" takes: CUDA, else WebGPU, where they answer and are no software, else the CPU. `ask` is called
 * for one after the other until one is taken.
 */
export async function chooseDevice(
  ask: (device: Device) => Promise<DeviceReport>,
): Promise<Device> {
  for (const device of ["cuda", "webgpu"] as const) {
    const { available, software = false } = await ask(device);
    if (available && !software) return device;
  }
  return "cpu";
}

/** Whether the system shows a GPU at all; true where only a driver could say. */
export function seesGpu(): boolean {
  if (process.platform !== "linux") return true;
  const nodes = ["/dev/nvidia0", "/dev/nvidiactl", "/dev/dxg", "/dev/kfd"];
  if (nodes.some((path) => existsSync(path))) return true;
  try {
    return readdirSync("/dev/dri").some((name) => name.startsWith("render"));
  } catch {
    return false;
  }
}

/** Rate of a device in GFLOP/s. Throws Error where it is absent or computes wrongly. Runs in this process. */
export async function measureDevice(device: Device): Promise<number> {
  const weights = pattern(LATENTS, 7);
  const own = device === "webgpu" && (await hasDawn());
  const product = await (own ? placeOnWebgpu(weights) : placeOnOnnx(weights, device));
  const time = async (x: Matrix): Promise<{ seconds: number; best: Float32Array }> => {
    const start = performance.now();
    const best = await product.best(x);
    return { seconds: (performance.now() - start) / 1000, best };
  };
  try {
    const few = pattern(FEW_ROWS, 11);
    checkProduct(few, weights, (await time(few)).best, device);
    const { seconds } = await time(few);
    if (seconds > SLOW_RUN) return rate(FEW_ROWS, seconds);
    const many = pattern(MANY_ROWS, 11);
    let shortest = Infinity;
    for (let i = 0; i < 4; i++) shortest = Math.min(shortest, (await time(many)).seconds);
    return rate(MANY_ROWS, shortest);
  } finally {
    await product.release();
  }
}

interface PlacedProduct {
  /** The largest product of each row with the weights. */
  best(x: Matrix): Promise<Float32Array>;
  release(): Promise<void>;
}

async function placeOnOnnx(weights: Matrix, device: Device): Promise<PlacedProduct> {
  const session = await createResidentSession(PRODUCT_GRAPH, { weights }, device);
  return {
    async best({ rows, cols, data }) {
      const out = await session.run({ x: floatTensor(session.onnx, data, [rows, cols]) });
      return out.best.data as Float32Array;
    },
    release: () => session.release(),
  };
}

async function placeOnWebgpu(encoder: Matrix): Promise<PlacedProduct> {
  const engine = await createWebgpuEngine();
  const preBias = new Float32Array(encoder.cols);
  const latentBias = new Float32Array(encoder.rows);
  const placed = await engine.createEncoder({ encoder, preBias, latentBias, k: 1 });
  return {
    best: async (x) => (await placed.encode(x)).values,
    release: () => engine.dispose(),
  };
}

/** Rate in GFLOP/s of the product of `rows` rows in so many seconds. */
export function rate(rows: number, seconds: number): number {
  return (2 * rows * WIDTH * LATENTS) / (seconds * 1e9);
}

/** Values without a pattern of their own [rows, 1024]. */
export function pattern(rows: number, step: number): Matrix {
  const size = rows * WIDTH;
  return createMatrix(
    rows,
    WIDTH,
    Float32Array.from({ length: size }, (_, i) => (((i * step) % 101) - 50) / 50),
  );
}

/** Throws Error where `best` is not the largest product of each row. */
export function checkProduct(x: Matrix, weights: Matrix, best: Float32Array, device: Device): void {
  for (const i of [0, x.rows - 1]) {
    let expected = -Infinity;
    for (let f = 0; f < weights.rows; f++) {
      expected = Math.max(expected, dot(matrixRow(x, i), matrixRow(weights, f)));
    }
    if (!(Math.abs(best[i] - expected) <= 1e-2 * Math.abs(expected))) {
      throw new Error(`${device} computes wrongly: expected ${expected}, got ${best[i]}`);
    }
  }
}

/**
 * Which way codes of many documents are made on the CPU, and why: an int8 first pass or the dense product alone. Measured on a small
 * SAE; an encoder measures with its own weights.
 */
export async function describeEncoding(): Promise<string> {
  const random = createRandom(1);
  const [n, k, rows] = [4 * LATENTS, 32, FEW_ROWS * 8];
  const encoder = createMatrix(n, WIDTH, Float32Array.from({ length: n * WIDTH }, random));
  for (let i = 0; i < encoder.data.length; i++) encoder.data[i] -= 0.5;
  const x = createMatrix(rows, WIDTH);
  for (let i = 0; i < rows; i++) {
    for (let slot = 1; slot <= k; slot++) {
      const direction = matrixRow(encoder, Math.floor(random() * n));
      for (let j = 0; j < WIDTH; j++) x.data[i * WIDTH + j] += slot * direction[j];
    }
  }
  const weights = {
    ...{ encoder, k },
    preBias: new Float32Array(WIDTH),
    latentBias: new Float32Array(n),
  };
  const dense = await createOnnxEncoder(weights, "cpu", { firstPass: false });
  const trial = await tryFirstPass((batch) => dense.encode(batch), weights, x, rows);
  await dense.dispose();
  if (typeof trial === "string") return `dense float32 product: ${trial}`;
  await trial.pass.dispose();
  return `int8 first pass, ${trial.gain.toFixed(2)} × the dense product`;
}

async function probeCpu(): Promise<DeviceReport> {
  try {
    const { env } = await loadOnnx();
    const gflops = await measureDevice("cpu");
    const reason = `onnxruntime-node ${env.versions.node ?? ""}, ${availableParallelism()} cores`;
    return { device: "cpu", available: true, reason, gflops };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { device: "cpu", available: false, reason, hint: "run npm install on this machine" };
  }
}

type ChildAnswer = { gflops: number; found?: string; software?: boolean } | { error: string };

async function probeGpu(device: "webgpu" | "cuda", timeout: number): Promise<DeviceReport> {
  const { listSupportedBackends } = await loadOnnx();
  const own = device === "webgpu" && (await hasDawn());
  if (!own && !listSupportedBackends().some(({ name }) => name === device)) {
    const reason = `not part of onnxruntime-node on ${process.platform} ${process.arch}`;
    return { device, available: false, reason };
  }
  const { answer, diagnostics } = await askChild(device, timeout);
  if ("gflops" in answer) {
    const { gflops } = answer;
    const software = device === "webgpu" && isSoftware(gflops);
    const reason = software
      ? `a software adapter at ${gflops.toFixed(0)} GFLOP/s: slower than the CPU itself`
      : "found and tested";
    const hint =
      device === "webgpu" && !own && !software
        ? { hint: "npm install webgpu adds faster kernels for it" }
        : {};
    return { device, available: true, reason, software, gflops, ...hint };
  }
  return { device, available: false, ...explain(device, answer.error, diagnostics) };
}

function isSoftware(gflops: number): boolean {
  const drivers = `${process.env.VK_ICD_FILENAMES ?? ""} ${process.env.VK_DRIVER_FILES ?? ""}`;
  return !seesGpu() || gflops < SLOWEST_HARDWARE || /swiftshader|lvp_icd|lavapipe/i.test(drivers);
}

/** Has a child process try `target`: a device of ONNX Runtime, or an engine name of TensorFlow.js. */
export function askChild(
  target: string,
  timeout: number,
): Promise<{ answer: ChildAnswer; diagnostics: string }> {
  return new Promise((resolve) => {
    // A child process needs the path of its file.
    const child = fork(fileURLToPath(new URL("./probe-child.js", import.meta.url)), [target], {
      execArgv: [],
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    let diagnostics = "";
    let answer: ChildAnswer | undefined;
    child.stderr?.on("data", (chunk: Buffer) => (diagnostics += chunk.toString().slice(0, 10_000)));
    child.on("message", (message) => (answer = message as ChildAnswer));
    const timer = setTimeout(() => {
      answer ??= { error: `no answer within ${timeout / 1000} s: its driver seems to hang` };
      child.kill("SIGKILL");
    }, timeout);
    child.on("error", (error) => (answer ??= { error: error.message }));
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      const end = signal ?? `exit code ${code ?? "unknown"}`;
      resolve({ answer: answer ?? { error: `its driver crashed (${end})` }, diagnostics });
    });
  });
}

/** A native error text in a user's words. */
function explain(
  device: "webgpu" | "cuda",
  error: string,
  diagnostics: string,
): Pick<DeviceReport, "reason" | "hint"> {
  if (device === "cuda" && /cannot open shared object|shared library|not available/i.test(error)) {
    return {
      reason: "CUDA's provider library is not installed",
      hint:
        "with an NVIDIA GPU, CUDA 12 and cuDNN 9 on Linux x64: " +
        "node node_modules/onnxruntime-node/script/install.js --onnxruntime-node-install=cuda12",
    };
  }
  if (device === "webgpu" && /Couldn't load Vulkan/.test(diagnostics)) {
    return {
      reason: "no Vulkan loader",
      hint: "install libvulkan1 and the Vulkan driver of your GPU",
    };
  }
  if (device === "webgpu" && /Failed to get a WebGPU adapter|finds no adapter/.test(error)) {
    return {
      reason: seesGpu()
        ? "no usable adapter, though the system shows a GPU"
        : "no adapter: the system shows no GPU",
      ...(seesGpu() ? { hint: "install the Vulkan driver of your GPU; vulkaninfo lists it" } : {}),
    };
  }
  return { reason: error.split("\n")[0].slice(0, 300) };
}
