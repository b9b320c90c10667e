import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import test from "ava";
import { TRIALS, runTrials } from "../../../bench/first-pass-trials.js";
import {
  type Codes,
  type Matrix,
  createMatrix,
  createRandom,
  matrixRows,
} from "../../../src/core/index.js";
import {
  chooseEncoder,
  createFirstPass,
  createOnnxEncoder,
  tryFirstPass,
} from "../../../src/engine/onnx/index.js";
import type { Encoder, EncoderWeights } from "../../../src/engine/index.js";
import { atLength, campaign } from "../../support/campaign.js";

const RELAXED = Number(process.versions.node.split(".")[0]) >= 22;

function randomCase(
  seed: number,
  { n, d, B, k }: { n: number; d: number; B: number; k: number },
): { weights: EncoderWeights; x: Matrix } {
  const random = createRandom(seed);
  const matrix = (rows: number, cols: number): Matrix =>
    createMatrix(
      rows,
      cols,
      Float32Array.from({ length: rows * cols }, () => random() - 0.5),
    );
  const weights = {
    ...{ encoder: matrix(n, d), preBias: matrix(1, d).data, latentBias: matrix(1, n).data },
    k,
  };
  return { weights, x: matrix(B, d) };
}

function denseOf(weights: EncoderWeights): Promise<Encoder> {
  return createOnnxEncoder(weights, "cpu", { firstPass: false });
}

for (const kind of TRIALS) {
  test(`the first pass misses no latent of the top k: ${kind}`, async (t) => {
    const most = atLength ? Infinity : 300;
    const found = await runTrials(kind, campaign(200_000, 900), { most });
    if (typeof found === "string") {
      t.regex(found, /relaxed SIMD|saturate/);
      t.false(RELAXED && /relaxed SIMD/.test(found));
      return;
    }
    t.deepEqual(found.differing, []);
    t.log(`${found.rows} rows, ${found.passed} of them by the pass`);
    t.true(found.passed > 0 || kind === "all ties");
  });
}

test("a pass is refused with its reason where weights are not finite or k is large", async (t) => {
  const { weights } = randomCase(1, { n: 256, d: 64, B: 80, k: 4 });
  const refused = async (changed: EncoderWeights, reason: RegExp): Promise<void> => {
    const pass = await createFirstPass(changed, 80);
    t.regex(typeof pass === "string" ? pass : "made", RELAXED ? reason : /relaxed SIMD/);
  };
  await refused({ ...weights, k: 65 }, /k 65 is over a quarter/);
  await refused(randomCase(1, { n: 64, d: 200, B: 80, k: 4 }).weights, /n 64 is at most 64/);
  weights.encoder.data[7] = NaN;
  await refused(weights, /not finite|saturate/);
});

test("codes stay the same when a pass is tried, whatever it finds", async (t) => {
  const { weights, x } = randomCase(3, { n: 512, d: 256, B: 200, k: 8 });
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

test("batches of fewer rows than latents, which the dense product sums in another order, keep its codes", async (t) => {
  const { weights, x } = randomCase(4, { n: 128, d: 200, B: 300, k: 8 });
  const dense = await denseOf(weights);
  const slow = async (batch: Matrix): Promise<Codes> => {
    await new Promise((resolve) => setTimeout(resolve, 30));
    return dense.encode(batch);
  };
  const chosen = chooseEncoder(slow, weights, 300);
  await chosen.encode(x);
  for (const rows of [300, 127, 100, 64]) {
    const some = matrixRows(x, 0, rows);
    t.deepEqual(await chosen.encode(some), await dense.encode(some), `${rows} rows`);
  }
  await chosen.dispose();
  await dense.dispose();
});

(atLength ? test : test.skip)("the compiled pass is what its source compiles to", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "pass-test-"));
  const out = join(folder, "module.ts");
  await promisify(execFile)(process.execPath, [resolve("assembly/build.mjs"), out, "encode.ts"]);
  t.is(await readFile(out, "utf8"), await readFile("src/engine/onnx/kernel-bytes.ts", "utf8"));
  await rm(folder, { recursive: true });
});
