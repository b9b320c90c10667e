import { type Matrix, dot, matrixRow } from "../../core/matrix.js";
import { normaliseInputs } from "../normalisation.js";
import type { Sae } from "../sae.js";
import { meanOf } from "../../core/statistics.js";

/** How pre-activations fall off within a document. */
export interface MagnitudeDecay {
  /** Mean of the documents' largest |pre-activation|, their second largest and so on [first]. */
  magnitudes: Float64Array;
  /** The same averaged over `window` ranks, the rank in its middle; shorter at both ends [first]. */
  smooth: Float64Array;
  documents: number;
}

/** What is averaged. */
export interface MagnitudeOptions {
  /** Ranks. Default 500, at most n. */
  first?: number;
  /** Ranks of the moving average. Default 100. */
  window?: number;
}

/**
 * The mean sorted |pre-activation| of documents [N, d] over the latents: whether the k that are kept stand out from the
 * rest. A few hundred documents do. Throws RangeError for another width than the SAE's.
 */
export function magnitudeDecay(
  sae: Sae,
  documents: Matrix,
  { first = 500, window = 100 }: MagnitudeOptions = {},
): MagnitudeDecay {
  if (documents.cols !== sae.d) {
    throw new RangeError(
      `magnitudeDecay: expected documents of width ${sae.d}, got ${documents.cols}`,
    );
  }
  const inputs = normaliseInputs(sae.normalisation, documents);
  const ranks = Math.min(first, sae.n);
  const magnitudes = new Float64Array(ranks);
  const pre = new Float64Array(sae.n);
  const centred = new Float32Array(sae.d);
  for (let i = 0; i < inputs.rows; i++) {
    const row = matrixRow(inputs, i);
    for (let c = 0; c < sae.d; c++) centred[c] = row[c] - sae.preBias[c];
    for (let latent = 0; latent < sae.n; latent++) {
      pre[latent] = Math.abs(dot(matrixRow(sae.encoder, latent), centred) + sae.latentBias[latent]);
    }
    pre.sort();
    for (let r = 0; r < ranks; r++) magnitudes[r] += pre[sae.n - 1 - r] / inputs.rows;
  }
  return { magnitudes, smooth: movingAverage(magnitudes, window), documents: inputs.rows };
}

/** Mean |value| of each dimension of embeddings [N, d], in the dimensions' order [d]. */
export function dimensionMagnitudes({ rows, cols, data }: Matrix): Float64Array {
  const means = new Float64Array(cols);
  for (let i = 0; i < data.length; i++) means[i % cols] += Math.abs(data[i]) / rows;
  return means;
}

function movingAverage(values: Float64Array, window: number): Float64Array {
  return values.map((_, at) => {
    const start = Math.max(0, at - Math.floor(window / 2));
    return meanOf(values.subarray(start, Math.min(values.length, at + Math.ceil(window / 2))));
  });
}
