import type { InferenceSession, Tensor } from "onnxruntime-node";
import type { Matrix } from "../../core/matrix.js";
import type { Device } from "../engine.js";
import type { Graph } from "./onnx-graph.js";
import { type OnnxModule, createOnnxSession, floatTensor, loadOnnx } from "./onnx-session.js";

/** An array that stays on the device over many runs: a matrix [rows, cols] or a vector [length]. */
export type Resident = Matrix | Float32Array;

/** A graph whose resident inputs are on the device: a run feeds only the others. */
export interface ResidentSession {
  readonly onnx: OnnxModule;
  run(feeds: Record<string, Tensor>): Promise<Record<string, Tensor>>;
  release(): Promise<void>;
}

/**
 * Opens `graph` on a device with the inputs named in `residents` held there.
 * The CPU takes them as plain inputs, which copies nothing. A GPU gets them as the graph's constants, so that they are
 * uploaded once and not at every run; kept outside the model bytes, they may be over protobuf's 2 GB.
 */
export async function createResidentSession(
  graph: Graph,
  residents: Record<string, Resident>,
  device: Device,
): Promise<ResidentSession> {
  const onnx = await loadOnnx();
  const session = await (device === "cpu"
    ? createOnnxSession(graph, { device })
    : createConstantSession(graph, residents, device));
  const kept: Record<string, Tensor> = Object.fromEntries(
    device === "cpu"
      ? Object.entries(residents).map(([name, value]) => [
          name,
          floatTensor(onnx, arrayOf(value), shapeOf(value)),
        ])
      : [],
  );
  return {
    onnx,
    run: (feeds) => session.run({ ...kept, ...feeds }),
    release: () => session.release(),
  };
}

function createConstantSession(
  graph: Graph,
  residents: Record<string, Resident>,
  device: Device,
): Promise<InferenceSession> {
  const entries = Object.entries(residents);
  return createOnnxSession(
    {
      ...graph,
      inputs: graph.inputs.filter(({ name }) => !Object.hasOwn(residents, name)),
      externalConstants: entries.map(([name, value]) => ({
        name,
        shape: shapeOf(value),
        location: name,
      })),
    },
    {
      device,
      externalData: Object.fromEntries(entries.map(([name, value]) => [name, arrayOf(value)])),
    },
  );
}

function arrayOf(value: Resident): Float32Array {
  return value instanceof Float32Array ? value : value.data;
}

function shapeOf(value: Resident): number[] {
  return value instanceof Float32Array ? [value.length] : [value.rows, value.cols];
}
