import test from "ava";
import { createMatrix } from "../../../src/core/index.js";
import { createSae, dimensionMagnitudes, magnitudeDecay } from "../../../src/sae/index.js";

const rows = createMatrix(2, 2, Float32Array.of(1, -2, 3, 0));
const encoder = createMatrix(3, 2, Float32Array.of(1, 0, 0, 1, 1, 1));
const sae = createSae({
  k: 1,
  encoder,
  decoder: encoder,
  preBias: Float32Array.of(1, 0),
  latentBias: Float32Array.of(0, 0, 1),
});

test("magnitudeDecay sorts |pre-activations| within each document and averages over documents", (t) => {
  // Centred documents (0, -2) and (2, 0): pre-activations 0, -2, -1 and 2, 0, 3.
  const { magnitudes, smooth, documents } = magnitudeDecay(sae, rows, { window: 2 });
  t.deepEqual([...magnitudes], [2.5, 1.5, 0]);
  t.deepEqual([...smooth], [2.5, 2, 0.75]);
  t.is(documents, 2);
  t.deepEqual([...magnitudeDecay(sae, rows, { first: 1 }).magnitudes], [2.5]);
  t.throws(() => magnitudeDecay(sae, createMatrix(1, 3)), { message: /width 2, got 3/ });
});

test("dimensionMagnitudes averages absolute values by column", (t) => {
  t.deepEqual([...dimensionMagnitudes(rows)], [2, 1]);
});
