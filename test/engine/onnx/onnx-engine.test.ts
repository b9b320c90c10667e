import test from "ava";
import {
  type Matrix,
  createMatrix,
  createRandom,
  dot,
  matrixRow,
  matrixRows,
} from "../../../src/core/index.js";
import { createOnnxEngine, partStart, productParts } from "../../../src/engine/onnx/index.js";

function randomMatrix(rows: number, cols: number, seed: number): Matrix {
  const random = createRandom(seed);
  return createMatrix(
    rows,
    cols,
    Float32Array.from({ length: rows * cols }, () => random() - 0.5),
  );
}

test("encode gives the k largest pre-activations, largest first, with a ReLU", async (t) => {
  const engine = await createOnnxEngine({ device: "cpu" });
  const encoder = await engine.createEncoder({
    encoder: createMatrix(4, 2, Float32Array.of(1, 0, 0, 1, -1, 0, 1, 1)),
    preBias: Float32Array.of(1, 0),
    latentBias: Float32Array.of(0, 0, 0.5, -10),
    k: 3,
  });
  // centred rows: (1, 3) -> pre 1, 3, -0.5, -6; (-2, 0) -> -2, 0, 2.5, -12
  const codes = await encoder.encode(createMatrix(2, 2, Float32Array.of(2, 3, -1, 0)));
  t.deepEqual(Array.from(codes.indices), [1, 0, 2, 2, 1, 0]);
  t.deepEqual(Array.from(codes.values), [3, 1, 0, 2.5, 0, 0]);
  t.like(codes, { rows: 2, k: 3, n: 4 });
  await encoder.dispose();
  t.regex(engine.description, /onnxruntime-node \d+\.\d+\.\d+, CPU/);
});

test("encode lists equal pre-activations by ascending latent", async (t) => {
  const engine = await createOnnxEngine({ device: "cpu" });
  const encoder = await engine.createEncoder({
    encoder: createMatrix(300, 1, new Float32Array(300).fill(1)),
    preBias: new Float32Array(1),
    latentBias: Float32Array.from({ length: 300 }, (_, i) => i % 3),
    k: 5,
  });
  const codes = await encoder.encode(createMatrix(1, 1, Float32Array.of(1)));
  t.deepEqual(Array.from(codes.indices), [2, 5, 8, 11, 14]);
});

test("encode gives the same bits whatever the size of the batch", async (t) => {
  const engine = await createOnnxEngine({ device: "cpu" });
  const encoder = await engine.createEncoder({
    encoder: randomMatrix(1024, 96, 1),
    preBias: new Float32Array(96).fill(0.01),
    latentBias: new Float32Array(1024),
    k: 16,
  });
  const x = randomMatrix(301, 96, 2);
  const whole = await encoder.encode(x);
  for (const size of [1, 2, 7, 100]) {
    const indices: number[] = [];
    const values: number[] = [];
    for (let start = 0; start < x.rows; start += size) {
      const part = await encoder.encode(matrixRows(x, start, Math.min(x.rows, start + size)));
      indices.push(...part.indices);
      values.push(...part.values);
    }
    t.deepEqual(indices, Array.from(whole.indices), `batches of ${size}`);
    t.deepEqual(values, Array.from(whole.values), `batches of ${size}`);
  }
});

test("a batch in several products has the codes of its rows alone", async (t) => {
  const [n, d, rows] = [1100, 1030, 830];
  const engine = await createOnnxEngine({ device: "cpu" });
  const encoder = await engine.createEncoder({
    encoder: randomMatrix(n, d, 1),
    preBias: randomMatrix(1, d, 2).data,
    latentBias: randomMatrix(1, n, 3).data,
    k: 9,
  });
  const x = randomMatrix(rows, d, 4);
  const whole = await encoder.encode(x);
  for (const start of [0, 411, 415, rows - 7]) {
    const part = await encoder.encode(matrixRows(x, start, start + 7));
    t.deepEqual(part.indices, whole.indices.slice(start * 9, (start + 7) * 9));
    t.deepEqual(part.values, whole.values.slice(start * 9, (start + 7) * 9));
  }
});

test("a batch is divided into even parts of many rows each", (t) => {
  t.is(productParts(799, 9216, 1536), 1);
  t.is(productParts(0, 9216, 1536), 1);
  // As many parts for any number of threads.
  t.is(productParts(1024, 1e6, 1536), 2);
  for (const rows of [800, 1085, 4096]) {
    const parts = productParts(rows, 1e6, 3000);
    const starts = Array.from({ length: parts + 1 }, (_, part) => partStart(rows, part, parts));
    t.deepEqual([starts[0], starts[parts]], [0, rows]);
    for (let part = 0; part < parts; part++) t.true(starts[part + 1] - starts[part] >= 400);
  }
});

test("encode splits a batch that is larger than one run", async (t) => {
  const engine = await createOnnxEngine({ device: "cpu" });
  const encoder = await engine.createEncoder({
    encoder: createMatrix(3, 1, Float32Array.of(1, -1, 0.5)),
    preBias: new Float32Array(1),
    latentBias: new Float32Array(3),
    k: 1,
  });
  const rows = 2 * encoder.rowsPerRun + 1;
  const signs = Float32Array.from({ length: rows }, (_, i) => (i % 2 === 0 ? i + 1 : -i));
  const codes = await encoder.encode(createMatrix(rows, 1, signs));
  t.is(codes.rows, rows);
  t.deepEqual(Array.from(codes.indices.subarray(rows - 3)), [0, 1, 0]);
  t.is(codes.values[rows - 1], rows);
  t.is((await encoder.encode(createMatrix(0, 1))).indices.length, 0);
});

test("encoders refuse weights and embeddings that do not fit", async (t) => {
  const engine = await createOnnxEngine({ device: "cpu" });
  const weights = {
    encoder: createMatrix(4, 2),
    preBias: new Float32Array(2),
    latentBias: new Float32Array(4),
    k: 2,
  };
  const refused = async (change: object, message: RegExp): Promise<unknown> =>
    t.throwsAsync(engine.createEncoder({ ...weights, ...change }), {
      instanceOf: RangeError,
      message,
    });
  await refused({ k: 5 }, /k must be a whole number from 1 to 4, got 5/);
  await refused({ k: 1.5 }, /got 1.5/);
  await refused({ preBias: new Float32Array(3) }, /preBias must have 2 values, got 3/);
  await refused({ latentBias: new Float32Array(3) }, /latentBias must have 4 values, got 3/);
  const encoder = await engine.createEncoder(weights);
  await t.throwsAsync(encoder.encode(createMatrix(1, 3)), {
    instanceOf: RangeError,
    message: /must be 2 wide, got 3/,
  });
});

function nearestByHand(queries: Matrix, base: Matrix, count: number): number[] {
  const out: number[] = [];
  for (let q = 0; q < queries.rows; q++) {
    const scores = Array.from({ length: base.rows }, (_, i) =>
      dot(matrixRow(queries, q), matrixRow(base, i)),
    );
    const order = Array.from(scores, (_, i) => i);
    order.sort((a, b) => scores[b] - scores[a] || a - b);
    out.push(...order.slice(0, count));
  }
  return out;
}

test("nearest agrees with a search over every pair", async (t) => {
  const engine = await createOnnxEngine({ device: "cpu" });
  const queries = randomMatrix(33, 20, 3);
  const base = randomMatrix(257, 20, 4);
  const found = await engine.nearest(queries, base, 15);
  t.deepEqual(Array.from(found.indices), nearestByHand(queries, base, 15));
  t.is(found.scores.length, 33 * 15);
  const expected = dot(matrixRow(queries, 32), matrixRow(base, found.indices[32 * 15]));
  t.true(Math.abs(found.scores[32 * 15] - expected) < 1e-6);
});

test("nearest merges blocks of a large base, ties by lower row", async (t) => {
  const engine = await createOnnxEngine({ device: "cpu" });
  // whole numbers, so that scores are exact and most of them are ties
  const random = createRandom(5);
  const whole = (rows: number): Matrix =>
    createMatrix(
      rows,
      3,
      Float32Array.from({ length: rows * 3 }, () => Math.floor(random() * 40)),
    );
  const queries = whole(5);
  const base = whole(70_001);
  const found = await engine.nearest(queries, base, 40);
  t.deepEqual(Array.from(found.indices), nearestByHand(queries, base, 40));
});

test("nearest takes a count larger than a block's rest and a single query", async (t) => {
  const engine = await createOnnxEngine({ device: "cpu" });
  const base = createMatrix(
    32_770,
    1,
    Float32Array.from({ length: 32_770 }, (_, i) => -i),
  );
  const found = await engine.nearest(createMatrix(1, 1, Float32Array.of(1)), base, 32_770);
  t.is(found.indices[32_769], 32_769);
  t.deepEqual(Array.from(found.indices.subarray(0, 3)), [0, 1, 2]);
});

test("nearest refuses unequal widths and counts out of range, and stops at a signal", async (t) => {
  const engine = await createOnnxEngine({ device: "cpu" });
  const a = createMatrix(2, 2);
  await t.throwsAsync(engine.nearest(a, createMatrix(2, 3), 1), {
    message: /queries are 2 wide, but base is 3/,
  });
  await t.throwsAsync(engine.nearest(a, a, 3), { message: /from 1 to 2, got 3/ });
  await t.throwsAsync(engine.nearest(a, a, 0), { instanceOf: RangeError });
  const signal = AbortSignal.abort(new Error("stopped"));
  await t.throwsAsync(engine.nearest(a, a, 1, { signal }), { message: "stopped" });
});
