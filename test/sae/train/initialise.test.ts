import test from "ava";
import { createMatrix, createRandom, rowNorms } from "../../../src/core/index.js";
import { initialiseSae } from "../../../src/sae/index.js";

function data(rows: number, cols: number) {
  const random = createRandom(3);
  return createMatrix(
    rows,
    cols,
    Float32Array.from({ length: rows * cols }, () => random() - 0.5),
  );
}

test("pre-bias starts as the lower median of every column", (t) => {
  const even = createMatrix(4, 2, Float32Array.of(4, -1, 1, -2, 3, -9, 2, 5));
  t.deepEqual([...initialiseSae(even, { k: 1, n: 3 }).preBias], [2, -2]);
  const odd = createMatrix(3, 1, Float32Array.of(7, -3, 0.5));
  t.deepEqual([...initialiseSae(odd, { k: 1, n: 3 }).preBias], [0.5]);
});

test("pre-bias looks at the first 10,000 rows alone", (t) => {
  const long = createMatrix(10_005, 1);
  long.data.fill(1, 5_001, 10_000);
  long.data.fill(9, 10_000);
  t.deepEqual([...initialiseSae(long, { k: 1, n: 2 }).preBias], [0]);
});

test("decoder directions start at unit length in all directions, the encoder equal to them", (t) => {
  const sae = initialiseSae(data(20, 16), { k: 4, n: 400, seed: 5 });
  for (const norm of rowNorms(sae.decoder)) t.true(Math.abs(norm - 1) < 1e-6);
  t.deepEqual(sae.encoder, sae.decoder);
  t.not(sae.encoder.data, sae.decoder.data);
  t.true(sae.latentBias.every((bias) => bias === 0));
  const mean = sae.decoder.data.reduce((sum, v) => sum + v, 0) / sae.decoder.data.length;
  t.true(Math.abs(mean) < 0.01);
});

test("a seed decides the initial weights", (t) => {
  const embeddings = data(20, 8);
  const first = initialiseSae(embeddings, { k: 2, n: 12, seed: 1 });
  t.deepEqual(initialiseSae(embeddings, { k: 2, n: 12, seed: 1 }), first);
  t.notDeepEqual(initialiseSae(embeddings, { k: 2, n: 12, seed: 2 }).decoder, first.decoder);
});
