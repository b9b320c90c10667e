import { onceDone } from "../../core/once.js";
import type { Device } from "../engine.js";
import { adapterName, loadDawn } from "../webgpu/dawn.js";

/** The part of TensorFlow.js that is the same on every backend, imported only when it is chosen. */
export type TensorflowModule = typeof import("@tensorflow/tfjs-core");

/** The npm packages that TensorFlow.js needs on each device, all of them optional. */
export const TENSORFLOW_PACKAGES: Record<Device, string[]> = {
  cpu: ["@tensorflow/tfjs-core", "@tensorflow/tfjs-backend-cpu"],
  webgpu: ["@tensorflow/tfjs-core", "@tensorflow/tfjs-backend-webgpu", "webgpu"],
  cuda: ["@tensorflow/tfjs-node-gpu"],
};

/** TensorFlow.js on one device. */
export interface TensorflowBackend {
  readonly tf: TensorflowModule;
  /** Human-readable: library, version and device. */
  readonly description: string;
  /** Whether the GPU's driver runs on the CPU (SwiftShader, llvmpipe). */
  readonly software: boolean;
  /**
   * Makes this backend the one that tensors and operations go to, before any run of operations without an await
   * between them: TensorFlow.js keeps one current backend a process.
   */
  use(this: void): void;
}

const BACKEND_NAMES: Record<Device, string> = { cpu: "cpu", webgpu: "webgpu", cuda: "tensorflow" };
const SOFTWARE_ADAPTER = /swiftshader|llvmpipe|lavapipe|basic render/i;

const opened = new Map<Device, () => Promise<TensorflowBackend>>();

/**
 * Opens TensorFlow.js on a device, once a process: WebGPU over Dawn (`webgpu` package), CUDA by tfjs-node-gpu, and plain
 * JavaScript on the CPU, which is for tests.
 * Throws Error with the one command that installs what is missing, and where there is no adapter.
 */
export function openTensorflow(device: Device): Promise<TensorflowBackend> {
  const known = opened.get(device) ?? onceDone(() => open(device));
  opened.set(device, known);
  return known();
}

async function open(device: Device): Promise<TensorflowBackend> {
  const { tf, adapter } = await importing(device, loaders[device]);
  // Without this the CPU backend prints a notice on standard error.
  tf.enableProdMode();
  const name = BACKEND_NAMES[device];
  if (!(await tf.setBackend(name))) {
    throw new Error(`tensorflow: backend ${name} does not start on this machine`);
  }
  await tf.ready();
  const where = { cpu: "CPU", webgpu: `WebGPU (${adapter ?? ""})`, cuda: "CUDA" }[device];
  return {
    tf,
    description: `TensorFlow.js ${tf.version_core}, ${where}`,
    software: adapter !== undefined && SOFTWARE_ADAPTER.test(adapter),
    use() {
      // Done when the call returns, as the backend has been initialised above.
      if (tf.getBackend() !== name) void tf.setBackend(name);
    },
  };
}

interface Loaded {
  tf: TensorflowModule;
  adapter?: string;
}

async function importing(device: Device, load: () => Promise<Loaded>): Promise<Loaded> {
  try {
    return await load();
  } catch (cause) {
    const packages = TENSORFLOW_PACKAGES[device];
    const message = cause instanceof Error ? cause.message : String(cause);
    const missing = (cause as { code?: string }).code === "ERR_MODULE_NOT_FOUND";
    if (missing || /cannot find (module|package)/i.test(message)) {
      throw new Error(
        `tensorflow: the packages for ${device} are not installed: npm install ${packages.join(" ")}`,
        { cause },
      );
    }
    throw new Error(`tensorflow: cannot start on ${device}: ${message.split("\n")[0]}`, { cause });
  }
}

const loaders: Record<Device, () => Promise<Loaded>> = {
  async cpu() {
    const tf = await import("@tensorflow/tfjs-core");
    await import("@tensorflow/tfjs-backend-cpu");
    return { tf };
  },
  async cuda() {
    // Not among this package's own packages: its install script downloads several hundred MB.
    const name = "@tensorflow/tfjs-node-gpu";
    const module = (await import(name)) as TensorflowModule & { default?: TensorflowModule };
    const tf = module.default ?? module;
    if (!hasGpu(tf)) throw new Error("libtensorflow runs, but sees no CUDA device");
    return { tf };
  },
  webgpu: loadWebgpu,
};

/** Whether libtensorflow's default device is a GPU; it falls back to the CPU without a word. */
function hasGpu(tf: TensorflowModule): boolean {
  const backend = tf.findBackend("tensorflow") as { isUsingGpuDevice?: boolean } | null;
  return backend?.isUsingGpuDevice === true;
}

async function loadWebgpu(): Promise<Loaded> {
  const { gpu, adapter, globals } = await loadDawn();
  // TensorFlow.js looks for the names of a browser, and for navigator.gpu while it is imported.
  Object.assign(globalThis, globals);
  const scope = globalThis as { navigator?: object };
  if (scope.navigator === undefined) {
    Object.defineProperty(globalThis, "navigator", {
      value: { userAgent: "node" },
      configurable: true,
    });
  }
  Object.defineProperty(scope.navigator, "gpu", { value: gpu, configurable: true });
  const tf = await import("@tensorflow/tfjs-core");
  await import("@tensorflow/tfjs-backend-webgpu");
  return { tf, adapter: adapterName(adapter) };
}
