import { GraphBuilder } from "../onnx/onnx-graph-builder.js";
import type { Graph } from "../onnx/onnx-graph.js";
import type { TrainerSettings } from "../trainer.js";

const INT32 = 6;

/**
 * The dense part of a step: pre-activations of the batch in `parts`, its rows from `x0` on, and of those only the entries that the step
 * needs. Outputs `indices` and `values` [batch, k] after the ReLU, `aux.` of the dead latents, `multik.` where its weight is not 0,
 * `next.sinceFired`, and `dead`.
 */
export function selectGraph(settings: TrainerSettings, parts = 1): Graph {
  const { k, auxk, multikCoef, deadSteps } = settings;
  const g = new GraphBuilder();
  const pre = preActivations(g, parts);
  const top = (from: readonly string[], count: string): [values: string, indices: string] => {
    const [values, indices] = topRows(g, from, count);
    return [g.op("Relu", [values]), indices];
  };
  const put = (prefix: string, values: string, indices: string): void => {
    g.output(`${prefix}values`, values, ["batch", `${prefix}count`]);
    const narrow = g.op("Cast", [indices], { to: INT32 });
    g.output(`${prefix}indices`, narrow, ["batch", `${prefix}count`], "int32");
  };
  const main = mainTop(g, pre, settings);
  put("", main.values, main.indices);
  const dead = deadLatents(g, main.fired, deadSteps);
  const count = g.op("Min", [g.integers(auxk), dead.count]);
  const ofDead = pre.map((part) => g.op("Gather", [part, dead.indices], { axis: 1 }));
  const [auxValues, auxAt] = top(ofDead, count);
  put("aux.", auxValues, g.op("Gather", [dead.indices, auxAt], { axis: 0 }));
  if (multikCoef !== 0) {
    const wide = g.op("Min", [g.integers(4 * k), g.op("Shape", ["latentBias"])]);
    put("multik.", ...top(pre, wide));
  }
  g.output("dead", g.op("Cast", [g.op("Size", [dead.indices])], { to: 1 }), []);
  return g.build("select");
}

/** Sum of the squared reconstruction errors of `x0` [batch, d] as the scalar `squaredError`. */
export function squaredErrorGraph(settings: Pick<TrainerSettings, "k" | "batchTopK">): Graph {
  const g = new GraphBuilder();
  const pre = preActivations(g, 1);
  g.input("decoder", ["n", "d"]);
  const { values, indices } = mainTop(g, pre, settings);
  const zeros = g.op("ConstantOfShape", [g.op("Shape", pre)]);
  const codes = g.op("ScatterElements", [zeros, indices, values], { axis: 1 });
  const decoded = g.op("Gemm", [codes, "decoder", "preBias"]);
  const error = g.op("Sub", ["x0", decoded]);
  g.output("squaredError", g.op("ReduceSumSquare", [error], { keepdims: 0 }), []);
  return g.build("squared error");
}

/** What the main decode keeps: indices and values after the ReLU [batch, room], and the latents that count as fired, in any shape. */
function mainTop(
  g: GraphBuilder,
  pre: readonly string[],
  { k, batchTopK }: Pick<TrainerSettings, "k" | "batchTopK">,
): { values: string; indices: string; fired: string } {
  const room = batchTopK
    ? g.op("Min", [g.integers(4 * k), g.op("Shape", ["latentBias"])])
    : g.integers(k);
  const [top, indices] = topRows(g, pre, room);
  const values = g.op("Relu", [top]);
  if (!batchTopK) return { values, indices, fired: indices };
  const flat = (of: string): string => g.op("Reshape", [of, g.integers(-1)]);
  const rows = g.op("Gather", [g.op("Shape", [values]), g.integers(0)], { axis: 0 });
  const count = g.op("Mul", [rows, g.integers(k)]);
  const [largest, at] = g.ops("TopK", [flat(values), count], 2, { axis: 0, sorted: 0 });
  const least = g.op("ReduceMin", [largest], { keepdims: 0 });
  const isKept = g.op("Cast", [g.op("GreaterOrEqual", [values, least])], { to: 1 });
  const fired = g.op("Gather", [flat(indices), at], { axis: 0 });
  return { values: g.op("Mul", [values, isKept]), indices, fired };
}

/** The largest values of each row of all parts, with their places. */
function topRows(g: GraphBuilder, parts: readonly string[], count: string): string[] {
  const tops = parts.map((part) => g.ops("TopK", [part, count], 2, { axis: -1, sorted: 0 }));
  if (parts.length === 1) return tops[0];
  const joined = (output: number): string => {
    const each = tops.map((top) => top[output]);
    return g.op("Concat", each, { axis: 0 });
  };
  return [joined(0), joined(1)];
}

/** Of each part of the batch [part, n]. */
function preActivations(g: GraphBuilder, parts: number): string[] {
  g.input("encoder", ["n", "d"]);
  g.input("preBias", ["d"]);
  g.input("latentBias", ["n"]);
  return Array.from({ length: parts }, (_, part) => {
    const x = g.input(`x${part}`, [`part${part}`, "d"]);
    const centered = g.op("Sub", [x, "preBias"]);
    return g.op("Gemm", [centered, "encoder", "latentBias"], { transB: 1 });
  });
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
