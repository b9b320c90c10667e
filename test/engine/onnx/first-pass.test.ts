import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import test from "ava";
import { type Codes, type Matrix, createMatrix, createRandom } from "../../../src/core/index.js";
import {
  chooseEncoder,
  createFirstPass,
  createOnnxEncoder,
  encodeBy,
  tryFirstPass,
} from "../../../src/engine/onnx/index.js";
import type { Encoder, EncoderWeights } from "../../../src/engine/index.js";
import { atLength, campaign } from "../../support/campaign.js";

const RELAXED = Number(process.versions.node.split(".")[0]) >= 22;

interface Case {
  weights: EncoderWeights;
  x: Matrix;
}

type Value = (i: number) => number;

function matrix(rows: number, cols: number, value: Value): Matrix {
  return createMatrix(
    rows,
    cols,
    Float32Array.from({ length: rows * cols }, (_, i) => value(i)),
  );
}

/** Weights and rows in which the bound is near, or what it does without is large. */
const KINDS: Record<
  string,
  (random: () => number, size: { n: number; d: number; B: number }) => [Matrix, Value, Matrix]
> = {
  random: (random, { n, d, B }) => [
    matrix(n, d, () => random() - 0.5),
    () => random() - 0.5,
    matrix(B, d, () => random() - 0.5),
  ],
  "all ties": (_, { n, d, B }) => [matrix(n, d, () => 1), () => 0.5, matrix(B, d, () => 0.25)],
  "ties of a few values": (random, { n, d, B }) => {
    const few: Value = () => Math.floor(random() * 3) - 1;
    return [matrix(n, d, few), () => 0, matrix(B, d, few)];
  },
  denormals: (random, { n, d, B }) => [
    matrix(n, d, () => (random() - 0.5) * 1e-20),
    () => (random() - 0.5) * 1e-40,
    matrix(B, d, () => (random() - 0.5) * 1e-20),
  ],
  "one huge coordinate": (random, { n, d, B }) => [
    matrix(n, d, (i) => (i % d === 3 ? 1e6 : 1) * (random() - 0.5)),
    () => 0,
    matrix(B, d, (i) => (i % d === 3 ? 1e8 : 1) * (random() - 0.5)),
  ],
  cancelling: (random, { n, d, B }) => {
    const x = matrix(B, d, () => 0);
    for (let i = 0; i < B * d; i += 2) {
      const value = 100 * (random() - 0.5);
      x.data[i] = value;
      if ((i % d) + 1 < d) x.data[i + 1] = -value;
    }
    return [matrix(n, d, (i) => 1 + (i % 2) * 1e-6 + 1e-6 * random()), () => 0, x];
  },
  "half a step off": (random, { n, d, B }) => {
    const half: Value = () => (Math.floor(random() * 254) - 126.5) / 127;
    return [
      matrix(n, d, (i) => (i % d === 0 ? 1 : half(i))),
      () => 0,
      matrix(B, d, (i) => (i % d === 0 ? 1 : half(i))),
    ];
  },
  "beside the k-th": (random, { n, d, B }) => [
    matrix(n, d, (i) =>
      i % d === 0 ? 1 + Math.floor(random() * 4) * 2 ** -23 : (random() - 0.5) / 64,
    ),
    () => 0,
    matrix(B, d, (i) => (i % d === 0 ? 1 : 0)),
  ],
  "many sizes": (random, { n, d, B }) => [
    matrix(n, d, () => (random() - 0.5) * 10 ** (8 * random() - 4)),
    () => random() - 0.5,
    matrix(B, d, () => (random() - 0.5) * 10 ** (8 * random() - 4)),
  ],
  "not finite": (random, { n, d, B }) => [
    matrix(n, d, () => random() - 0.5),
    () => 0,
    matrix(B, d, (i) => (i % (3 * d) === 1 ? [NaN, Infinity, 1e38][i % 3] : random() - 0.5)),
  ],
};

function makeCase(
  kind: string,
  seed: number,
  size: { n: number; d: number; B: number; k: number },
): Case {
  const random = createRandom(seed);
  const [encoder, bias, x] = KINDS[kind](random, size);
  const latentBias = Float32Array.from({ length: size.n }, (_, i) => bias(i));
  const preBias = Float32Array.from({ length: size.d }, () => (seed % 2 ? 0.01 * random() : 0));
  return { weights: { encoder, preBias, latentBias, k: size.k }, x };
}

function denseOf(weights: EncoderWeights): Promise<Encoder> {
  return createOnnxEncoder(weights, "cpu", { firstPass: false });
}

/** Rows whose latents or values differ; NaN is equal to NaN. */
function differing(a: Codes, b: Codes): number[] {
  const rows = new Set<number>();
  for (let i = 0; i < a.indices.length; i++) {
    const same = a.values[i] === b.values[i] || Number.isNaN(a.values[i] + b.values[i]);
    if (a.indices[i] !== b.indices[i] || !same) rows.add(Math.floor(i / a.k));
  }
  return Array.from(rows);
}

for (const kind of Object.keys(KINDS)) {
  test(`the first pass misses no latent of the top k: ${kind}`, async (t) => {
    let checked = 0;
    let passed = 0;
    const rows = campaign(400_000, 900);
    for (let seed = 1; checked < rows; seed++) {
      const random = createRandom(1000 + seed);
      const n = 192 + Math.floor(random() * 400);
      const d = [129, 513, 64, 1030, 1, 200, 128, 7][seed % 8];
      const k = 1 + Math.floor(random() * 20);
      const B = rows === 900 ? 300 : seed % 8 > 4 ? 80 : 2000;
      const { weights, x } = makeCase(kind, seed, { n, d, k, B });
      const dense = await denseOf(weights);
      const pass = await createFirstPass(weights, B);
      if (typeof pass === "string") {
        t.regex(pass, /relaxed SIMD|saturate/);
        t.false(RELAXED && /relaxed SIMD/.test(pass));
        await dense.dispose();
        return;
      }
      const { failed } = await pass.encode(x);
      const found = await encodeBy(pass, x, (batch) => dense.encode(batch));
      const expected = await dense.encode(x);
      t.deepEqual(differing(expected, found.codes), [], `seed ${seed}: n ${n}, d ${d}, k ${k}`);
      checked += B;
      passed += B - failed.length;
      await Promise.all([pass.dispose(), dense.dispose()]);
    }
    t.log(`${checked} rows, ${passed} of them by the pass`);
    t.true(passed > 0 || kind === "all ties");
  });
}

test("a pass is refused with its reason where weights are not finite or k is large", async (t) => {
  const { weights } = makeCase("random", 1, { n: 256, d: 64, B: 80, k: 4 });
  const refused = async (changed: EncoderWeights, reason: RegExp): Promise<void> => {
    const pass = await createFirstPass(changed, 80);
    t.regex(typeof pass === "string" ? pass : "made", RELAXED ? reason : /relaxed SIMD/);
  };
  await refused({ ...weights, k: 65 }, /k 65 is over a quarter/);
  weights.encoder.data[7] = NaN;
  await refused(weights, /not finite|saturate/);
});

test("codes stay the same when a pass is tried, whatever it finds", async (t) => {
  const { weights, x } = makeCase("random", 3, { n: 512, d: 256, B: 200, k: 8 });
  const dense = await denseOf(weights);
  let runs = 0;
  // Slow enough that a pass is prepared after the first batch.
  const slow = async (batch: Matrix): Promise<Codes> => {
    runs++;
    await new Promise((resolve) => setTimeout(resolve, 30));
    return dense.encode(batch);
  };
  const expected = await dense.encode(x);
  const chosen = chooseEncoder(slow, weights, 200);
  for (let i = 0; i < 4; i++) t.deepEqual(await chosen.encode(x), expected);
  t.true(runs >= 3);
  await chosen.dispose();
  const trial = await tryFirstPass(slow, weights, x, 200);
  if (typeof trial === "string") t.regex(trial, /relaxed SIMD|saturate|its time here/);
  else {
    t.true(RELAXED);
    await trial.pass.dispose();
  }
  await dense.dispose();
});

(atLength ? test : test.skip)("the compiled pass is what its source compiles to", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "pass-test-"));
  const out = join(folder, "module.ts");
  await promisify(execFile)(process.execPath, [resolve("assembly/build.mjs"), out, "encode.ts"]);
  t.is(await readFile(out, "utf8"), await readFile("src/engine/onnx/kernel-bytes.ts", "utf8"));
  await rm(folder, { recursive: true });
});
