import { checkPrefixes } from "../core/arguments.js";
import type { Codes } from "../core/codes.js";
import { type Activation, activationVectors } from "../engine/activation.js";
import { type Matrix, createMatrix, dot, matrixRow } from "../core/matrix.js";
import { type InputNormalisation, checkNormalisation, restoreRow } from "./normalisation.js";

/**
 * A sparse autoencoder of embeddings: `z = activation(encoder · (norm(x) - preBias) + latentBias)` and
 * `x' = norm⁻¹(decoderᵀ · z + decoderBias)`. d is the embedding width, n the number of latents. The paper's (arXiv
 * 2408.00657) is "topk" with no normalisation and one bias on both sides.
 */
export interface Sae {
  d: number;
  n: number;
  /** Latents kept per document; for other activations than "topk" the most that may be active in one. */
  k: number;
  activation: Activation;
  /** What is done to an embedding before the encoder, and undone after the decoder. */
  normalisation: InputNormalisation;
  /** Encoder directions, one row per latent [n, d]. */
  encoder: Matrix;
  /** Decoder directions, one row per latent [n, d] (the transpose of PyTorch's `decoder.weight`). */
  decoder: Matrix;
  /** Subtracted before the encoder [d]. */
  preBias: Float32Array;
  /** Added after the decoder [d]; the same array as preBias where the SAE has one bias for both. */
  decoderBias: Float32Array;
  /** [n] */
  latentBias: Float32Array;
  /** Ends of the nested prefixes of latents that it was trained with, ascending, the last one n (arXiv 2503.17547). */
  prefixes?: readonly number[];
}

/** What an SAE is made of; its sizes are those of the encoder. */
export interface SaeParts extends Pick<
  Sae,
  "k" | "encoder" | "decoder" | "preBias" | "latentBias"
> {
  /** Default topk. */
  activation?: Activation;
  /** Default none. */
  normalisation?: InputNormalisation;
  /** Default preBias. */
  decoderBias?: Float32Array;
  /** Default none. */
  prefixes?: readonly number[];
}

/**
 * A checked SAE over the given arrays (not copied).
 * Throws RangeError where a shape does not fit the encoder's [n, d] or k is not a whole number from 1 to n.
 */
export function createSae(parts: SaeParts): Sae {
  const { k, encoder, decoder, preBias, latentBias } = parts;
  const { activation = { kind: "topk" }, normalisation = { kind: "none" } } = parts;
  const { decoderBias = preBias, prefixes } = parts;
  const { rows: n, cols: d } = encoder;
  if (n < 1 || d < 1) {
    throw new RangeError(`createSae: encoder must have rows and columns, got ${n} x ${d}`);
  }
  if (decoder.rows !== n || decoder.cols !== d) {
    throw new RangeError(
      `createSae: decoder must be ${n} x ${d} as the encoder, got ${decoder.rows} x ${decoder.cols}`,
    );
  }
  checkLengths({ preBias, decoderBias }, d);
  checkLengths({ latentBias, ...activationVectors(activation) }, n);
  checkNormalisation(normalisation, d);
  if (!(Number.isInteger(k) && k >= 1 && k <= n)) {
    throw new RangeError(`createSae: k must be a whole number from 1 to ${n}, got ${k}`);
  }
  if (prefixes !== undefined) checkPrefixes("createSae", prefixes, n);
  return {
    d,
    n,
    k,
    activation,
    normalisation,
    encoder,
    decoder,
    preBias,
    decoderBias,
    latentBias,
    ...(prefixes !== undefined && { prefixes }),
  };
}

function checkLengths(vectors: Record<string, Float32Array>, length: number): void {
  for (const [name, vector] of Object.entries(vectors)) {
    if (vector.length !== length) {
      throw new RangeError(`createSae: ${name} must have ${length} values, got ${vector.length}`);
    }
  }
}

/** Whether an SAE is of the paper's kind: top-k of the raw embedding, one bias on both sides. */
export function isPlainTopK({ activation, normalisation, preBias, decoderBias }: Sae): boolean {
  const oneBias = preBias === decoderBias || preBias.every((value, i) => value === decoderBias[i]);
  return activation.kind === "topk" && normalisation.kind === "none" && oneBias;
}

/**
 * The embeddings that codes stand for, `norm⁻¹(decoderᵀ · z + decoderBias)` [rows, d].
 * The codes may have another k than the SAE. A normalisation by the row's own length or mean is undone with
 * `embeddings` [rows, d], what was encoded. Throws RangeError if n differs, and where they are needed and not given.
 */
export function decodeCodes(sae: Sae, codes: Codes, embeddings?: Matrix): Matrix {
  if (codes.n !== sae.n) {
    throw new RangeError(
      `decodeCodes: the SAE has ${sae.n} latents, but the codes have ${codes.n}`,
    );
  }
  if (embeddings && (embeddings.rows !== codes.rows || embeddings.cols !== sae.d)) {
    throw new RangeError(
      `decodeCodes: expected embeddings ${codes.rows} x ${sae.d}, got ${embeddings.rows} x ${embeddings.cols}`,
    );
  }
  const out = createMatrix(codes.rows, sae.d);
  const row = new Float64Array(sae.d);
  for (let i = 0; i < codes.rows; i++) {
    decodeRow(sae, codes, i, row, embeddings && matrixRow(embeddings, i));
    out.data.set(row, i * sae.d);
  }
  return out;
}

/** Decodes row `i` of the codes into `out` [d]; `input` [d] is the embedding that was encoded, as for decodeCodes. */
export function decodeRow(
  sae: Sae,
  codes: Codes,
  i: number,
  out: Float64Array,
  input?: Float32Array,
): void {
  const { d, decoderBias } = sae;
  const weights = sae.decoder.data;
  const { k, indices, values } = codes;
  out.set(decoderBias);
  const end = (i + 1) * k;
  let s = i * k;
  // Eight latents a pass: `out` is read and written an eighth as often.
  for (; s + 7 < end; s += 8) addEightRows(out, weights, d, indices, values, s);
  for (; s < end; s++) {
    const value = values[s];
    const at = indices[s] * d;
    for (let j = 0; j < d; j++) out[j] += value * weights[at + j];
  }
  restoreRow(sae.normalisation, out, input);
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
