import { GraphBuilder } from "../onnx/onnx-graph-builder.js";
import type { Graph } from "../onnx/onnx-graph.js";
import type { TrainerSettings } from "../trainer.js";

const INT32 = 6;

/**
 * The dense part of a step: pre-activations, and of those only the entries that the step needs. Outputs `indices` and
 * `values` [batch, k] after the ReLU, `aux.` of the dead latents, `multik.` where its weight is not 0,
 * `next.sinceFired`, and `dead`.
 */
export function selectGraph({ k, auxk, multikCoef, deadSteps }: TrainerSettings): Graph {
  const g = new GraphBuilder();
  const pre = preActivations(g);
  const top = (from: string, count: string): [values: string, indices: string] => {
    const [values, indices] = g.ops("TopK", [from, count], 2, { axis: -1, sorted: 0 });
    return [g.op("Relu", [values]), indices];
  };
  const put = (prefix: string, values: string, indices: string): void => {
    g.output(`${prefix}values`, values, ["batch", `${prefix}count`]);
    const narrow = g.op("Cast", [indices], { to: INT32 });
    g.output(`${prefix}indices`, narrow, ["batch", `${prefix}count`], "int32");
  };
  const [values, indices] = top(pre, g.integers(k));
  put("", values, indices);
  const dead = deadLatents(g, indices, deadSteps);
  const count = g.op("Min", [g.integers(auxk), dead.count]);
  const [auxValues, auxAt] = top(g.op("Gather", [pre, dead.indices], { axis: 1 }), count);
  put("aux.", auxValues, g.op("Gather", [dead.indices, auxAt], { axis: 0 }));
  if (multikCoef !== 0) {
    const wide = g.op("Min", [g.integers(4 * k), g.op("Shape", ["latentBias"])]);
    put("multik.", ...top(pre, wide));
  }
  g.output("dead", g.op("Cast", [g.op("Size", [dead.indices])], { to: 1 }), []);
  return g.build("select");
}

/** Sum of the squared reconstruction errors of `x` [batch, d] as the scalar `squaredError`. */
export function squaredErrorGraph(k: number): Graph {
  const g = new GraphBuilder();
  const pre = preActivations(g);
  g.input("decoder", ["n", "d"]);
  const [values, indices] = g.ops("TopK", [pre, g.integers(k)], 2, { axis: -1, sorted: 0 });
  const zeros = g.op("ConstantOfShape", [g.op("Shape", [pre])]);
  const kept = g.op("Relu", [values]);
  const codes = g.op("ScatterElements", [zeros, indices, kept], { axis: 1 });
  const decoded = g.op("Gemm", [codes, "decoder", "preBias"]);
  const error = g.op("Sub", ["x", decoded]);
  g.output("squaredError", g.op("ReduceSumSquare", [error], { keepdims: 0 }), []);
  return g.build("squared error");
}

function preActivations(g: GraphBuilder): string {
  g.input("x", ["batch", "d"]);
  g.input("encoder", ["n", "d"]);
  g.input("preBias", ["d"]);
  g.input("latentBias", ["n"]);
  const centered = g.op("Sub", ["x", "preBias"]);
  return g.op("Gemm", [centered, "encoder", "latentBias"], { transB: 1 });
}

/** Counts the step, resets the latents among a document's top k, and lists those over `deadSteps` [dead]. */
function deadLatents(
  g: GraphBuilder,
  indices: string,
  deadSteps: number,
): { indices: string; count: string } {
  g.input("sinceFired", ["n"]);
  const aged = g.op("Add", ["sinceFired", g.scalar(1)]);
  const flat = g.op("Reshape", [indices, g.integers(-1)]);
  const zeros = g.op("ConstantOfShape", [g.op("Shape", [flat])]);
  const next = g.op("ScatterElements", [aged, flat, zeros], { axis: 0 });
  g.output("next.sinceFired", next, ["n"]);
  const positions = g.op("NonZero", [g.op("Greater", [next, g.scalar(deadSteps)])]);
  const dead = g.op("Squeeze", [positions, g.integers(0)]);
  return { indices: dead, count: g.op("Shape", [dead]) };
}
