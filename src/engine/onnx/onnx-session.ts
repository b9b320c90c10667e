import type { InferenceSession, Tensor } from "onnxruntime-node";
import { bytesOf } from "../../core/bytes.js";
import type { Device } from "../engine.js";
import { threadLimit } from "../threads.js";
import { type Graph, serializeGraph } from "./onnx-graph.js";

/** ONNX Runtime's module, imported on first use because loading its native library takes a moment. */
export type OnnxModule = typeof import("onnxruntime-node");

/** Settings of a session. */
export interface OnnxSessionOptions {
  /** Where the graph runs. Default "cpu". */
  device?: Device;
  /** Threads of one operator on the CPU. Default: as limitThreads says, else one a physical core. */
  threads?: number;
  /** The bytes of the graph's external constants, by location. */
  externalData?: Record<string, Float32Array | Int8Array>;
}

/** Settings of every session. */
export const SESSION_SETTINGS: InferenceSession.SessionOptions = {
  graphOptimizationLevel: "all",
  // Warnings on native standard error would break into a caller's output; errors still throw.
  logSeverityLevel: 3,
  // Threads that wait in a loop for the next run, for about 30 ms, take processors from whatever runs until then.
  extra: { session: { force_spinning_stop: "1" } },
};

/** Imports ONNX Runtime. Throws Error with what to do where its native library does not load. */
export async function loadOnnx(): Promise<OnnxModule> {
  try {
    return await import("onnxruntime-node");
  } catch (cause) {
    throw new Error(
      "onnxruntime-node does not load on this machine: run npm install again, or see feature-families doctor",
      { cause },
    );
  }
}

/**
 * A session that runs `graph` on a device. Its `run` takes and gives tensors by name.
 * Throws Error naming the device where ONNX Runtime has no provider for it.
 */
export async function createOnnxSession(
  graph: Graph,
  { device = "cpu", threads = threadLimit(), externalData = {} }: OnnxSessionOptions = {},
): Promise<InferenceSession> {
  const onnx = await loadOnnx();
  try {
    return await onnx.InferenceSession.create(serializeGraph(graph), {
      executionProviders: [device],
      ...SESSION_SETTINGS,
      externalData: Object.entries(externalData).map(([path, data]) => ({
        path,
        data: bytesOf(data),
      })),
      ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
    });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`onnx: cannot run graph ${graph.name} on ${device}: ${reason}`, { cause });
  }
}

/** A float32 tensor over `data` (not copied) of `shape`. */
export function floatTensor(onnx: OnnxModule, data: Float32Array, shape: number[]): Tensor {
  return new onnx.Tensor("float32", data, shape);
}

/** An int64 tensor of one dimension, such as TopK's k. */
export function integerTensor(onnx: OnnxModule, ...values: number[]): Tensor {
  const data = BigInt64Array.from(values, (value) => BigInt(value));
  return new onnx.Tensor("int64", data, [values.length]);
}
