import type { Matrix } from "../matrix.js";

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
