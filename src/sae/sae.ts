import type { Codes } from "../codes.js";
import { type Matrix, createMatrix, dot, matrixRow } from "../matrix.js";

/**
 * A top-k sparse autoencoder: `z = relu(topK(encoder · (x - preBias) + latentBias))`, `x' = decoderᵀ · z + preBias`
 * (arXiv 2408.00657). d is the embedding width, n the number of latents.
 */
export interface Sae {
  d: number;
  n: number;
  /** Latents kept per document. */
  k: number;
  activation: "topk";
  /** Encoder directions, one row a latent [n, d]. */
  encoder: Matrix;
  /** Decoder directions, one row a latent [n, d] (the transpose of PyTorch's `decoder.weight`). */
  decoder: Matrix;
  /** [d] */
  preBias: Float32Array;
  /** [n] */
  latentBias: Float32Array;
}

/** What an SAE is made of; its sizes are those of the encoder. */
export type SaeParts = Pick<Sae, "k" | "encoder" | "decoder" | "preBias" | "latentBias">;

/**
 * A checked SAE over the given arrays (not copied).
 * Throws RangeError where a shape does not fit the encoder's [n, d] or k is not a whole number from 1 to n.
 */
export function createSae({ k, encoder, decoder, preBias, latentBias }: SaeParts): Sae {
  const { rows: n, cols: d } = encoder;
  if (n < 1 || d < 1) {
    throw new RangeError(`createSae: encoder must have rows and columns, got ${n} x ${d}`);
  }
  if (decoder.rows !== n || decoder.cols !== d) {
    throw new RangeError(
      `createSae: decoder must be ${n} x ${d} as the encoder, got ${decoder.rows} x ${decoder.cols}`,
    );
  }
  if (preBias.length !== d) {
    throw new RangeError(`createSae: preBias must have ${d} values, got ${preBias.length}`);
  }
  if (latentBias.length !== n) {
    throw new RangeError(`createSae: latentBias must have ${n} values, got ${latentBias.length}`);
  }
  if (!(Number.isInteger(k) && k >= 1 && k <= n)) {
    throw new RangeError(`createSae: k must be a whole number from 1 to ${n}, got ${k}`);
  }
  return { d, n, k, activation: "topk", encoder, decoder, preBias, latentBias };
}

/**
 * The embeddings that codes stand for, `decoderᵀ · z + preBias` [rows, d].
 * The codes may have another k than the SAE. Throws RangeError if their n differs.
 */
export function decodeCodes(sae: Sae, codes: Codes): Matrix {
  if (codes.n !== sae.n) {
    throw new RangeError(`decodeCodes: the SAE has ${sae.n} latents, but the codes ${codes.n}`);
  }
  const out = createMatrix(codes.rows, sae.d);
  const row = new Float64Array(sae.d);
  for (let i = 0; i < codes.rows; i++) {
    decodeRow(sae, codes, i, row);
    out.data.set(row, i * sae.d);
  }
  return out;
}

/** Decodes row `i` of the codes into `out` [d]. */
export function decodeRow(sae: Sae, codes: Codes, i: number, out: Float64Array): void {
  const { d, preBias } = sae;
  const weights = sae.decoder.data;
  const { k, indices, values } = codes;
  out.set(preBias);
  const end = (i + 1) * k;
  let s = i * k;
  // Eight latents a pass: `out` is read and written an eighth as often.
  for (; s + 7 < end; s += 8) addEightRows(out, weights, d, indices, values, s);
  for (; s < end; s++) {
    const value = values[s];
    const at = indices[s] * d;
    for (let j = 0; j < d; j++) out[j] += value * weights[at + j];
  }
}

/** Cosine between each latent's encoder and decoder direction [n]; 0 where either has no length. */
export function encoderDecoderCosine({ n, encoder, decoder }: Sae): Float64Array {
  const out = new Float64Array(n);
  for (let f = 0; f < n; f++) {
    const a = matrixRow(encoder, f);
    const b = matrixRow(decoder, f);
    const lengths = Math.sqrt(dot(a, a) * dot(b, b));
    out[f] = lengths === 0 ? 0 : dot(a, b) / lengths;
  }
  return out;
}

function addEightRows(
  out: Float64Array,
  weights: Float32Array,
  d: number,
  indices: Uint32Array,
  values: Float32Array,
  s: number,
): void {
  const [v0, v1, v2, v3] = [values[s], values[s + 1], values[s + 2], values[s + 3]];
  const [v4, v5, v6, v7] = [values[s + 4], values[s + 5], values[s + 6], values[s + 7]];
  const [a0, a1, a2, a3] = [
    indices[s] * d,
    indices[s + 1] * d,
    indices[s + 2] * d,
    indices[s + 3] * d,
  ];
  const [a4, a5, a6, a7] = [
    indices[s + 4] * d,
    indices[s + 5] * d,
    indices[s + 6] * d,
    indices[s + 7] * d,
  ];
  for (let j = 0; j < d; j++) {
    out[j] +=
      v0 * weights[a0 + j] +
      v1 * weights[a1 + j] +
      v2 * weights[a2 + j] +
      v3 * weights[a3 + j] +
      v4 * weights[a4 + j] +
      v5 * weights[a5 + j] +
      v6 * weights[a6 + j] +
      v7 * weights[a7 + j];
  }
}
