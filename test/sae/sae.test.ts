import test from "ava";
import { createMatrix } from "../../src/core/index.js";
import { createSae, decodeCodes, encoderDecoderCosine } from "../../src/sae/index.js";
import { randomSae } from "../support/embeddings.js";

const parts = {
  k: 2,
  encoder: createMatrix(3, 2, Float32Array.of(1, 0, 0, 2, 0, 0)),
  decoder: createMatrix(3, 2, Float32Array.of(1, 0, 3, 4, 1, 1)),
  preBias: Float32Array.of(0.5, -0.5),
  latentBias: new Float32Array(3),
};

test("decodeCodes sums the active latents' directions and the pre-bias", (t) => {
  const codes = {
    rows: 2,
    k: 2,
    n: 3,
    indices: Uint32Array.of(1, 0, 2, 1),
    values: Float32Array.of(2, 1, 3, 0),
  };
  const { rows, cols, data } = decodeCodes(createSae(parts), codes);
  t.deepEqual([rows, cols, ...data], [2, 2, 7.5, 7.5, 3.5, 2.5]);
});

test("decodeCodes agrees with a plain sum for every k", (t) => {
  const sae = randomSae(40, 5, 19, 1);
  const indices = Uint32Array.from({ length: 19 }, (_, i) => (i * 7) % 40);
  const values = Float32Array.from({ length: 19 }, (_, i) => 1 / (i + 1));
  const { data } = decodeCodes(sae, { rows: 1, k: 19, n: 40, indices, values });
  for (let j = 0; j < 5; j++) {
    let expected = sae.preBias[j];
    for (let s = 0; s < 19; s++) expected += values[s] * sae.decoder.data[indices[s] * 5 + j];
    t.true(Math.abs(data[j] - expected) < 1e-6);
  }
});

test("decodeCodes refuses codes of another SAE", (t) => {
  const codes = {
    rows: 0,
    k: 2,
    n: 4,
    indices: new Uint32Array(0),
    values: new Float32Array(0),
  };
  t.throws(() => decodeCodes(createSae(parts), codes), {
    instanceOf: RangeError,
    message: /has 3 latents, but the codes have 4/,
  });
});

test("encoderDecoderCosine compares directions and gives 0 for a latent without one", (t) => {
  t.deepEqual(Array.from(encoderDecoderCosine(createSae(parts))), [1, 0.8, 0]);
});

test("createSae refuses parts that do not fit the encoder", (t) => {
  for (const [change, message] of [
    [{ k: 4 }, /k must be a whole number from 1 to 3, got 4/],
    [{ k: NaN }, /got NaN/],
    [{ decoder: createMatrix(2, 3) }, /decoder must be 3 x 2 as the encoder, got 2 x 3/],
    [{ preBias: new Float32Array(3) }, /preBias must have 2 values, got 3/],
    [{ latentBias: new Float32Array(2) }, /latentBias must have 3 values, got 2/],
    [{ encoder: createMatrix(0, 2) }, /encoder must have rows and columns, got 0 x 2/],
  ] as const) {
    t.throws(() => createSae({ ...parts, ...change }), { instanceOf: RangeError, message });
  }
});
