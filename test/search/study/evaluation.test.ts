import test from "ava";
import { createCodes, createMatrix, dot, invertCodes, matrixRow } from "../../../src/core/index.js";
import { createOnnxEngine } from "../../../src/engine/onnx/index.js";
import { createSae, encodeEmbeddings } from "../../../src/sae/index.js";
import {
  type SteeringMethod,
  type SteeringTrial,
  compareAtEqualCosine,
  documentDirections,
  drawCases,
  drawQueries,
  evaluateSteering,
  optimiseEdits,
  steerQueries,
  typicalActivations,
} from "../../../src/search/index.js";
import {
  createBootstrap,
  measureLatent,
  measuresFrom,
  overlapOf,
} from "../../../src/search/study/index.js";

const codes = createCodes(
  3,
  2,
  4,
  Uint32Array.of(0, 1, 1, 2, 0, 3),
  Float32Array.of(3, 1, 4, 2, 2, 0),
);

test("a latent is measured over the results, in its typical value, and slots of 0 do not count", (t) => {
  t.deepEqual(measureLatent(codes, [0, 1], 1, 2), { activation: 1.25, share: 1 });
  t.deepEqual(measureLatent(codes, [0, 1, 2], 0, 1), { activation: 5 / 3, share: 2 / 3 });
  t.deepEqual(measureLatent(codes, [2], 3, 1), { activation: 0, share: 0 });
  t.deepEqual(measureLatent(codes, [], 1, 1), { activation: 0, share: 0 });
  t.is(overlapOf([1, 2, 3], [3, 4, 1, 9]), 0.5);
});

test("queries are drawn without replacement unless asked, the same for the same seed", (t) => {
  const rows = Array.from({ length: 20 }, (_, i) => 2 * i);
  const drawn = drawQueries(rows, { count: 10, seed: 3 });
  t.deepEqual(drawn, drawQueries(rows, { count: 10, seed: 3 }));
  t.notDeepEqual(drawn, drawQueries(rows, { count: 10, seed: 4 }));
  t.is(new Set(drawn).size, 10);
  t.true(drawn.every((row) => rows.includes(row)));
  t.is(drawQueries(rows, { count: 99 }).length, 20);
  const again = drawQueries([1, 2], { count: 30, withReplacement: true });
  t.deepEqual([...new Set(again)].sort(), [1, 2]);
  t.throws(() => drawQueries([], { count: 1 }), { instanceOf: RangeError });
});

test("a case makes more of a clean latent that is not active and less of one that is", (t) => {
  const cases = drawCases({ codes, rows: [7, 8, 9], clean: [1, 3] });
  t.deepEqual(cases, [
    { query: 0, row: 7, down: 1, up: 3 },
    { query: 1, row: 8, down: 1, up: 3 },
  ]);
});

test("a bootstrap counts what is not NaN, and its interval holds the mean", (t) => {
  const bootstrap = createBootstrap(5, { seed: 1 });
  const { mean, interval, n } = bootstrap([1, 2, 3, 6, NaN]);
  t.is(mean, 3);
  t.is(n, 4);
  t.true(interval[0] >= 1 && interval[0] < 3 && interval[1] > 3 && interval[1] <= 6);
  t.deepEqual(bootstrap([2, 2, 2, 2, 2]).interval, [2, 2]);
  t.deepEqual(bootstrap([NaN, NaN, NaN, NaN, NaN]), { mean: NaN, interval: [NaN, NaN], n: 0 });
});

/** A trial whose measures are all the same number. */
function trial(
  method: SteeringMethod,
  at: number,
  [up, down]: [number, number],
  cosine: number,
  value: number,
): SteeringTrial {
  const measures = measuresFrom(() => value);
  return { method, case: at, up, down, cosine, measures, found: new Uint32Array() };
}

test("methods are compared where their paths cross a cosine, pair by pair", (t) => {
  const trials = [0, 1].flatMap((at) => [
    trial("additive", at, [0, 0], 1, 0),
    trial("additive", at, [1, 1], 0.8, 0.2),
    trial("additive", at, [2, 2], 0.4, 0.4),
    trial("residual", at, [0, 0], 1, 0),
    trial("residual", at, [1, 1], 0.6, 0.4 + at),
    trial("residual", at, [2, 2], 0.2, 0.6),
    // A proportion with one pair alone tells nothing of the way there.
    trial("residual", at, [1, 2], 0.5, 9),
  ]);
  const { curves, differences } = compareAtEqualCosine(trials, { levels: [0.6, 0.3] });
  const at = (method: string, cosine: number): number | undefined =>
    curves.find((point) => point.method === method && point.cosine === cosine)?.measures.upShare
      .mean;
  // additive: half way from 0.8 to 0.4; residual: on the point.
  t.true(Math.abs((at("additive", 0.6) ?? 0) - 0.3) < 1e-12);
  t.true(Math.abs((at("residual", 0.6) ?? 0) - 0.9) < 1e-12);
  // additive never comes down to 0.3.
  t.is(at("additive", 0.3), undefined);
  const [first, second] = differences;
  t.like(first, { method: "residual", against: "additive", cosine: 0.6 });
  t.true(Math.abs(first.measures.success.mean - 0.6) < 1e-12);
  t.deepEqual(
    first.measures.success.interval.map((end) => Math.round(end * 10) / 10),
    [0.1, 1.1],
  );
  t.is(second.measures.upShare.n, 0);
});

test("a method whose reconstruction starts below a cosine does not reach it", (t) => {
  const trials = [
    trial("reconstruction", 0, [0, 0], 0.8, 0),
    trial("reconstruction", 0, [1, 0], 0.7, 0.5),
    trial("reconstruction", 0, [2, 0], 0.5, 1),
  ];
  const { curves } = compareAtEqualCosine(trials, { levels: [0.9, 0.6] });
  t.deepEqual(
    curves.map(({ cosine, measures }) => [cosine, measures.upShare.mean, measures.downShare.n]),
    [[0.6, 0.75, 0]],
  );
});

// Six documents around two latents, whose directions are the first two axes.
const embeddings = createMatrix(
  6,
  3,
  Float32Array.of(1, 0, 0, 0.9, 0.1, 0, 0, 1, 0, 0.1, 0.9, 0.2, 0.7, 0.7, 0, 0, 0.2, 1),
);
const directions = createMatrix(2, 3, Float32Array.of(1, 0, 0, 0, 1, 0));
const sae = createSae({
  k: 2,
  encoder: directions,
  decoder: directions,
  preBias: Float32Array.of(0.02, 0.02, 0.1),
  latentBias: Float32Array.of(-0.3, -0.3),
});

test("directions of documents lie between decoder and documents, and can leave documents out", (t) => {
  const own = createCodes(
    6,
    1,
    2,
    Uint32Array.of(0, 0, 1, 1, 0, 1),
    Float32Array.of(1, 1, 1, 1, 0, 0),
  );
  const find = documentDirections(sae, embeddings, invertCodes(own));
  const first = find(0);
  t.is(find(0), first);
  t.true(Math.abs(dot(first, first) - 1) < 1e-9);
  t.true(first[0] > 0.9 && first[1] < 0);
  const without = documentDirections(sae, embeddings, invertCodes(own), { accept: () => false });
  t.deepEqual(Array.from(without(1)), [0, 1, 0]);
  t.throws(() => documentDirections(sae, createMatrix(1, 3), invertCodes(own)), {
    instanceOf: RangeError,
  });
});

test("an evaluation finds that more of a latent brings its documents, and no document finds itself", async (t) => {
  const engine = await createOnnxEngine({ device: "cpu" });
  t.teardown(() => engine.dispose());
  const own = await encodeEmbeddings(sae, embeddings, { engine });
  const postings = invertCodes(own, { skipZeros: true });
  const model = {
    engine,
    sae,
    typical: typicalActivations(postings),
    directions: documentDirections(sae, embeddings, postings),
  };
  const source = {
    model,
    embeddings,
    codes: own,
    queries: embeddings,
    cases: [{ query: 0, row: 0, up: 1, down: 0 }],
  };
  const { evaluation, trials, plain } = await evaluateSteering(source, {
    top: 2,
    ups: [4, 8],
    downs: [4, 8],
  });
  t.deepEqual([...plain[0].found], [1, 4]);
  t.deepEqual(evaluation.ups, [0, 4, 8]);
  t.is(evaluation.cells.length, 5 * 9);
  for (const { method, up, down, measures, found } of trials) {
    t.false(found.includes(0), method);
    if (up > 0 && down > 0) {
      t.true(measures.upShare >= 0 && measures.downShare > 0, `${method} ${up} ${down}`);
    }
    if (up === 0 && down === 0 && method !== "reconstruction") t.is(measures.overlap, 1, method);
  }
  const bad = evaluateSteering(source, { ups: [-1] });
  await t.throwsAsync(bad, { instanceOf: RangeError, message: /got -1/ });
  const none = evaluateSteering({ ...source, cases: [] });
  await t.throwsAsync(none, { instanceOf: RangeError, message: /no cases/ });
  await t.throwsAsync(evaluateSteering(source, { top: 6 }), { message: /6 documents/ });
  // Many queries at once are the same as one by one.
  const edits = [[{ latents: [1], kind: "up" }], [{ latents: [0], kind: "remove" }]] as const;
  const both = await steerQueries(
    model,
    createMatrix(2, 3, embeddings.data.slice(0, 6)),
    edits,
    "documents",
  );
  const alone = await steerQueries(
    model,
    createMatrix(1, 3, matrixRow(embeddings, 1)),
    [edits[1]],
    "documents",
  );
  t.deepEqual(both[1], alone[0]);
  const missing = steerQueries({ ...model, directions: undefined }, embeddings, [], "documents");
  await t.throwsAsync(missing, { instanceOf: TypeError });
  await t.throwsAsync(steerQueries(model, embeddings, []), { instanceOf: RangeError });
});

test("an edited code is read back exactly where directions do not overlap, and ever nearer with a threshold", async (t) => {
  const engine = await createOnnxEngine({ device: "cpu" });
  t.teardown(() => engine.dispose());
  const axes = createMatrix(6, 6);
  for (let i = 0; i < 6; i++) axes.data[7 * i] = 1;
  const plain = createSae({
    k: 3,
    encoder: axes,
    decoder: axes,
    preBias: new Float32Array(6),
    latentBias: new Float32Array(6),
  });
  const rows = createMatrix(
    3,
    6,
    Float32Array.of(1, 2, 0, 0, 0, 0, 0, 0, 3, 1, 0, 0, 0, 1, 0, 0, 0, 2),
  );
  const typical = new Float64Array(6).fill(0.5);
  const exact = await optimiseEdits(plain, rows, engine, { typical, steps: 3 });
  t.deepEqual(exact, { zeroToActive: [0, 0, 0], activeToZero: [0, 0, 0] });
  const biased = { ...plain, latentBias: new Float32Array(6).fill(-0.2) };
  const { zeroToActive, activeToZero } = await optimiseEdits(biased, rows, engine, { typical });
  for (const errors of [zeroToActive, activeToZero]) {
    t.is(errors.length, 10);
    t.true(errors[0] > 0.01);
    // Half of what is missing is added at each step.
    for (let i = 1; i < 10; i++) t.true(Math.abs(errors[i] / errors[i - 1] - 0.25) < 1e-3);
  }
  const again = await optimiseEdits(biased, rows, engine, { typical });
  t.deepEqual(again, { zeroToActive, activeToZero });
  const bad = optimiseEdits(plain, rows, engine, { typical, edits: 4 });
  await t.throwsAsync(bad, { instanceOf: RangeError, message: /got 6/ });
  await t.throwsAsync(optimiseEdits(plain, rows, engine, { typical, steps: 0 }), {
    message: /steps must be 1/,
  });
});
