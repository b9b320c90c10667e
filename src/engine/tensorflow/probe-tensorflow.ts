import { performance } from "node:perf_hooks";
import type { Device } from "../engine.js";
import {
  DEFAULT_TIMEOUT,
  type DeviceReport,
  FEW_ROWS,
  LATENTS,
  askChild,
  checkProduct,
  pattern,
  rate,
} from "../probe/probe-devices.js";
import { TENSORFLOW_PACKAGES, openTensorflow } from "./tensorflow-backend.js";

/**
 * Tries TensorFlow.js on WebGPU and on CUDA, each in its own process, and reports the result. Never throws for
 * packages or devices that are not there.
 */
export async function probeTensorflow({
  timeout = DEFAULT_TIMEOUT,
}: { timeout?: number } = {}): Promise<DeviceReport[]> {
  const reports: DeviceReport[] = [];
  for (const device of ["webgpu", "cuda"] as const) {
    const { answer } = await askChild(`tensorflow-${device}`, timeout);
    if ("error" in answer) {
      const missing = /not installed: npm install/.test(answer.error);
      reports.push({
        device,
        available: false,
        reason: missing ? "TensorFlow.js's packages for it are not installed" : answer.error,
        ...(missing ? { hint: `npm install ${TENSORFLOW_PACKAGES[device].join(" ")}` } : {}),
      });
      continue;
    }
    const { gflops, found = "found and tested", software = false } = answer;
    const reason = software ? `${found}, in software: slower than the CPU itself` : found;
    reports.push({ device, available: true, reason, gflops, software });
  }
  return reports;
}

/** Tries one product in this process. Throws Error where the device is absent or computes wrongly. */
export async function measureTensorflow(
  device: Device,
): Promise<{ gflops: number; found: string; software: boolean }> {
  const { tf, use, description, software } = await openTensorflow(device);
  const [x, weights] = [pattern(FEW_ROWS, 11), pattern(LATENTS, 7)];
  const rows = software ? FEW_ROWS : 16 * FEW_ROWS;
  use();
  const placed = tf.tensor2d(weights.data, [weights.rows, weights.cols]);
  const time = async (input: typeof x): Promise<{ seconds: number; best: Float32Array }> => {
    use();
    const start = performance.now();
    const best = tf.tidy(() =>
      tf.max(tf.matMul(tf.tensor2d(input.data, [input.rows, input.cols]), placed, false, true), 1),
    );
    const data = (await best.data()) as Float32Array;
    best.dispose();
    return { seconds: (performance.now() - start) / 1000, best: data };
  };
  checkProduct(x, weights, (await time(x)).best, device);
  const many = rows === x.rows ? x : pattern(rows, 11);
  let shortest = Infinity;
  for (let i = 0; i < (software ? 1 : 4); i++) {
    shortest = Math.min(shortest, (await time(many)).seconds);
  }
  placed.dispose();
  return { gflops: rate(rows, shortest), found: description, software };
}
