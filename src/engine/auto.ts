import type { Device, Engine } from "./engine.js";
import { createOnnxEngine } from "./onnx.js";
import { type DeviceReport, probeDevices, seesGpu } from "./probe.js";

const probes = new Map<Device, Promise<DeviceReport>>();

/**
 * The engine on a device. "auto" takes CUDA, else WebGPU on real hardware, else the CPU; what a device answered is
 * remembered for the life of the process. A software adapter is used only where "webgpu" is asked for by name.
 * Throws Error with the reason and what to do where a named device cannot be used.
 */
export async function openEngine(device: Device | "auto" = "auto"): Promise<Engine> {
  if (device !== "auto") {
    if (device !== "cpu") requireDevice(await probeOnce(device));
    return createOnnxEngine({ device });
  }
  if (seesGpu()) {
    for (const candidate of ["cuda", "webgpu"] as const) {
      const { available, software = false } = await probeOnce(candidate);
      if (available && !software) return createOnnxEngine({ device: candidate });
    }
  }
  return createOnnxEngine({ device: "cpu" });
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
