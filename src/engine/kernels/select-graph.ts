import { GraphBuilder } from "../graph-builder.js";
import type { Graph } from "../graph.js";
import { PARAMETER_SHAPES, deadLatents } from "../train-graph.js";
import type { TrainerSettings } from "../trainer.js";

const INT32 = 6;

/**
 * The dense part of a step: pre-activations, and of those only the entries that the step needs. Outputs `indices` and
 * `values` [batch, k] after the ReLU, `aux.` of the dead latents, `multik.` where its weight is not 0,
 * `next.sinceFired`, and `dead`.
 */
export function selectGraph({ k, auxk, multikCoef, deadSteps }: TrainerSettings): Graph {
  const g = new GraphBuilder();
  g.input("x", ["batch", "d"]);
  for (const name of ["encoder", "preBias", "latentBias"] as const) {
    g.input(name, PARAMETER_SHAPES[name]);
  }
  const centered = g.op("Sub", ["x", "preBias"]);
  const pre = g.op("Gemm", [centered, "encoder", "latentBias"], { transB: 1 });
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
