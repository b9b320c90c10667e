import { onceDone } from "../../core/once.js";

/** Dawn, Chromium's WebGPU, as the package `webgpu` brings it to Node. */
export interface Dawn {
  gpu: GPU;
  adapter: GPUAdapter;
  /** The names that a browser would have, such as GPUBufferUsage. */
  globals: object;
}

/**
 * Loads Dawn and its adapter of most power, once per process: an instance that is collected takes its devices along.
 * Throws Error without an adapter; the import's own error where the package is not installed.
 */
export const loadDawn: () => Promise<Dawn> = onceDone(async () => {
  const { create, globals } = await import("webgpu");
  const gpu = create([]);
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
  if (adapter === null) throw new Error("Dawn finds no adapter: install your GPU's Vulkan driver");
  return { gpu, adapter, globals };
});

/** Whether the package `webgpu` is installed. */
export async function hasDawn(): Promise<boolean> {
  try {
    await import("webgpu");
    return true;
  } catch {
    return false;
  }
}

/** Vendor, architecture and description of an adapter. */
export function adapterName({ info }: GPUAdapter): string {
  return [info.vendor, info.architecture, info.description].filter(Boolean).join(" ");
}
