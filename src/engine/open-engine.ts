import type { Device, Engine } from "./engine.js";
import { requireChoice } from "../core/arguments.js";
import { ENGINE_NAMES, type EngineName } from "./engine-names.js";
import { createOnnxEngine } from "./onnx/onnx-engine.js";
import { type DeviceReport, chooseDevice, probeDevices, seesGpu } from "./probe/probe-devices.js";
import { openTensorflowEngine } from "./tensorflow/tensorflow-engine.js";
import { tensorflowTrainer } from "./tensorflow/tensorflow-trainer.js";
import type { CreateTrainer } from "./trainer.js";
import { createWebgpuEngine, hasDawn } from "./webgpu/index.js";

export { type EngineName, ENGINE_NAMES } from "./engine-names.js";

const probes = new Map<Device, Promise<DeviceReport>>();

/**
 * The engine of a name. "auto" takes CUDA, else WebGPU on real hardware, else the CPU; what a device answered is
 * remembered for the life of the process. WebGPU runs by kernels of our own where the package `webgpu` is installed, else
 * on ONNX Runtime like the other two. A software adapter is used only when requested by name. Throws Error with the reason
 * and what to do where a named engine cannot be used.
 */
export async function openEngine(name: EngineName = "auto"): Promise<Engine> {
  requireChoice("engine", name, ENGINE_NAMES);
  const tensorflow = tensorflowDevice(name);
  if (tensorflow !== undefined) return openTensorflowEngine({ device: tensorflow });
  if (name === "cpu") return createOnnxEngine({ device: name });
  if (name === "webgpu" || name === "cuda") {
    requireDevice(await probeOnce(name));
    return openDevice(name);
  }
  return openDevice(seesGpu() ? await chooseDevice(probeOnce) : "cpu");
}

/** An engine for as long as `use` needs it; throws as openEngine does. */
export async function withEngine<T>(
  name: EngineName | undefined,
  use: (engine: Engine) => Promise<T>,
): Promise<T> {
  const engine = await openEngine(name);
  try {
    return await use(engine);
  } finally {
    await engine.dispose();
  }
}

async function openDevice(device: Device): Promise<Engine> {
  if (device === "webgpu" && (await hasDawn())) return createWebgpuEngine();
  return createOnnxEngine({ device });
}

/**
 * What trains on the engine of a name; undefined for "auto" and "cpu", which stand for trainSae's own.
 * Throws RangeError for "webgpu" and "cuda", on which ONNX Runtime only encodes here.
 */
export function trainerOf(name: EngineName): CreateTrainer | undefined {
  const tensorflow = tensorflowDevice(name);
  if (tensorflow !== undefined) return tensorflowTrainer(tensorflow);
  if (name === "auto" || name === "cpu") return undefined;
  throw new RangeError(`train: ONNX Runtime trains on the CPU only; use tensorflow-${name}`);
}

function tensorflowDevice(name: EngineName): Device | undefined {
  return (["cpu", "webgpu", "cuda"] as const).find((device) => name === `tensorflow-${device}`);
}

function probeOnce(device: Device): Promise<DeviceReport> {
  const known =
    probes.get(device) ?? probeDevices({ devices: [device] }).then(([report]) => report);
  probes.set(device, known);
  return known;
}

function requireDevice({ device, available, reason, hint }: DeviceReport): void {
  if (available) return;
  throw new Error(`engine: ${device} cannot be used: ${reason}${hint ? `; ${hint}` : ""}`);
}
