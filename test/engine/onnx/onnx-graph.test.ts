import test from "ava";
import * as ort from "onnxruntime-node";
import { serializeGraph } from "../../../src/engine/onnx/index.js";

test("a graph built in memory runs in ONNX Runtime with dynamic sizes, attributes and constants", async (t) => {
  const model = serializeGraph({
    name: "pick",
    inputs: [
      { name: "x", type: "float32", shape: ["batch", "width"] },
      { name: "k", type: "int64", shape: [1] },
    ],
    outputs: [
      { name: "values", type: "float32", shape: ["batch", "k"] },
      { name: "indices", type: "int64", shape: ["batch", "k"] },
    ],
    nodes: [
      { op: "Mul", inputs: ["x", "half"], outputs: ["scaled"] },
      {
        op: "TopK",
        inputs: ["scaled", "k"],
        outputs: ["values", "indices"],
        attributes: { axis: -1 },
      },
    ],
    constants: [{ name: "half", type: "float32", shape: [1], values: [0.5] }],
  });
  const session = await ort.InferenceSession.create(model);
  const { values, indices } = await session.run({
    x: new ort.Tensor("float32", Float32Array.of(1, 8, 4, -2, -6, -4), [2, 3]),
    k: new ort.Tensor("int64", BigInt64Array.of(2n), [1]),
  });
  t.deepEqual(Array.from(values.data as Float32Array), [4, 2, -1, -2]);
  t.deepEqual(Array.from(indices.data as BigInt64Array, Number), [1, 2, 0, 2]);
});
