import test from "ava";
import {
  createOnnxSession,
  floatTensor,
  integerTensor,
  loadOnnx,
} from "../../../src/engine/onnx/index.js";

const topK = {
  name: "top",
  inputs: [
    { name: "x", type: "float32" as const, shape: ["batch", "width"] },
    { name: "k", type: "int64" as const, shape: [1] },
  ],
  outputs: [
    { name: "values", type: "float32" as const, shape: ["batch", "k"] },
    { name: "indices", type: "int64" as const, shape: ["batch", "k"] },
  ],
  nodes: [{ op: "TopK", inputs: ["x", "k"], outputs: ["values", "indices"] }],
};

test("a session runs a graph on the CPU", async (t) => {
  const onnx = await loadOnnx();
  const session = await createOnnxSession(topK, { threads: 1 });
  const { values, indices } = await session.run({
    x: floatTensor(onnx, Float32Array.of(1, 3, 2), [1, 3]),
    k: integerTensor(onnx, 2),
  });
  t.deepEqual(Array.from(values.data as Float32Array), [3, 2]);
  t.deepEqual(Array.from(indices.data as BigInt64Array, Number), [1, 2]);
  await session.release();
});

test("a graph that does not fit together is refused with its name and the device", async (t) => {
  const broken = { ...topK, nodes: [{ op: "NoSuch", inputs: ["x"], outputs: ["values"] }] };
  await t.throwsAsync(createOnnxSession(broken), { message: /cannot run graph top on cpu/ });
});

test("TopK lists equal values by ascending index", async (t) => {
  const onnx = await loadOnnx();
  const session = await createOnnxSession(topK);
  for (const [width, k] of [
    [7, 5],
    [1024, 16],
    [1024, 900],
    [9216, 64],
  ]) {
    const row = Float32Array.from({ length: width }, (_, i) => (i * 7919) % 5);
    const { indices } = await session.run({
      x: floatTensor(onnx, row, [1, width]),
      k: integerTensor(onnx, k),
    });
    const expected = Array.from(row, (_, i) => i)
      .sort((a, b) => row[b] - row[a] || a - b)
      .slice(0, k);
    t.deepEqual(Array.from(indices.data as BigInt64Array, Number), expected, `${width} ${k}`);
  }
});
