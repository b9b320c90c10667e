import type { Codes } from "../../core/codes.js";
import { FormatError } from "../../core/errors.js";
import type { Matrix } from "../../core/matrix.js";
import { type EmbeddingSource, embeddingShape, streamEmbeddings } from "../embedding-source.js";
import { type EncodeOptions, streamCodes } from "../encode.js";
import { type Sae, decodeRow, encoderDecoderCosine } from "../sae.js";
import { meanOf } from "../../core/statistics.js";

const ROWS_PER_BLOCK = 1024;
const BINS_PER_DECADE = 10;

/** How often latents of each density occur. */
export interface DensityHistogram {
  /** Width of a bin in log10 of the density. */
  bin_width: number;
  /** Left edge of the first bin; the last bin ends at 0, a density of 1, and includes it. */
  first_edge: number;
  /** Live latents of each bin. */
  counts: number[];
  /** Latents that are never active, which have no logarithm. */
  dead: number;
}

/** How well an SAE describes a corpus. The names are those that the paper's code and other tools print. */
export interface SaeMetrics {
  /** Mean squared error over mean squared distance from the mean embedding, over the whole corpus: 0 is perfect. */
  normalized_mse: number;
  /** Share of the embeddings' variance that is not left in the residuals: 1 is perfect. A constant error is forgiven. */
  explained_variance: number;
  /** Mean log10 density of the latents that are active at all. */
  mean_log10_density_live: number;
  /** Mean of the activations above 0. */
  mean_nonzero_activation: number;
  /** Latents that are among the k of some document, and those that never are. */
  live: number;
  dead: number;
  /** Slots among the N · k whose activation is 0 after the ReLU. */
  zero_valued_slots: number;
  /** Mean over latents of the cosine between encoder and decoder direction. */
  encoder_decoder_cosine_mean: number;
  /** Latents per document, latents, embedding width, documents. */
  k: number;
  n: number;
  d: number;
  N: number;
  density_histogram: DensityHistogram;
}

/** How metrics are computed. */
export interface MetricsOptions extends EncodeOptions {
  /** The codes of these embeddings, if they are known; else they are computed on the engine. */
  codes?: Codes;
}

/**
 * Metrics of an SAE over a corpus, in one pass and constant memory. Ratios whose divisor is 0, such as the error of a
 * single document, are NaN. Throws as streamCodes does, and RangeError for codes of another number of documents or
 * latents.
 */
export async function computeMetrics(
  sae: Sae,
  source: EmbeddingSource,
  options: MetricsOptions = {},
): Promise<SaeMetrics> {
  const totals = createTotals(sae);
  for await (const { embeddings, codes } of pairBlocks(sae, source, options)) {
    addErrors(totals, sae, embeddings, codes);
    addActivations(totals, codes, sae.activation.kind === "topk");
  }
  if (totals.documents === 0) {
    throw new FormatError(
      typeof source === "string" ? source : "embeddings",
      "every row is zero or contains NaN",
    );
  }
  return summarize(totals, sae, options.codes?.k ?? sae.k);
}

/** Histogram of log10 density, in bins of 0.1, from the number of documents of each latent [n]. */
export function densityHistogram(counts: Uint32Array, documents: number): DensityHistogram {
  const bins = new Map<number, number>();
  let first = -1;
  let dead = 0;
  for (const count of counts) {
    if (count === 0) {
      dead++;
      continue;
    }
    // The small addend keeps densities such as 0.1 on the right of their edge despite rounding.
    const place = Math.floor(Math.log10(count / documents) * BINS_PER_DECADE + 1e-9);
    const bin = Math.min(-1, place);
    bins.set(bin, (bins.get(bin) ?? 0) + 1);
    first = Math.min(first, bin);
  }
  return {
    bin_width: 1 / BINS_PER_DECADE,
    first_edge: first / BINS_PER_DECADE,
    counts: Array.from({ length: -first }, (_, i) => bins.get(first + i) ?? 0),
    dead,
  };
}

interface Totals {
  documents: number;
  /** Subtracted from every embedding before squaring, so that little is cancelled [d]. */
  origin: Float64Array;
  /** Sums over documents of x - origin and of x - x' [d]. */
  sums: Float64Array;
  errorSums: Float64Array;
  /** Sums over documents and dimensions of the squares of both. */
  squares: number;
  errorSquares: number;
  /** Documents of each latent [n]. */
  counts: Uint32Array;
  slots: number;
  positiveSlots: number;
  activationSum: number;
}

function createTotals({ d, n }: Sae): Totals {
  return {
    documents: 0,
    origin: new Float64Array(d),
    sums: new Float64Array(d),
    errorSums: new Float64Array(d),
    squares: 0,
    errorSquares: 0,
    counts: new Uint32Array(n),
    slots: 0,
    positiveSlots: 0,
    activationSum: 0,
  };
}

async function* pairBlocks(
  sae: Sae,
  source: EmbeddingSource,
  options: MetricsOptions,
): AsyncGenerator<{ embeddings: Matrix; codes: Codes }> {
  const { codes, batch = ROWS_PER_BLOCK, badRows, onProgress, signal } = options;
  if (codes === undefined) {
    yield* streamCodes(sae, source, { ...options, reuse: true });
    return;
  }
  if (codes.n !== sae.n) {
    throw new RangeError(`metrics: the SAE has ${sae.n} latents, but the codes have ${codes.n}`);
  }
  const { N } = await embeddingShape(source);
  let rows = 0;
  for await (const { start, embeddings, skipped } of streamEmbeddings(source, sae.d, {
    rowsPerBlock: batch,
    reuse: true,
    badRows,
    signal,
  })) {
    rows = start + embeddings.rows;
    if (rows > codes.rows) break;
    yield { embeddings, codes: sliceCodes(codes, start, rows) };
    onProgress?.({ step: "metrics", done: rows + skipped.length, total: N });
  }
  if (rows !== codes.rows) {
    throw new RangeError(
      `metrics: there are codes of ${codes.rows} documents, but ${N} embeddings`,
    );
  }
}

function sliceCodes({ k, n, indices, values }: Codes, start: number, end: number): Codes {
  return {
    rows: end - start,
    k,
    n,
    indices: indices.subarray(start * k, end * k),
    values: values.subarray(start * k, end * k),
  };
}

function addErrors(totals: Totals, sae: Sae, { rows, cols, data }: Matrix, codes: Codes): void {
  const { origin, sums, errorSums } = totals;
  if (totals.documents === 0 && rows > 0) origin.set(data.subarray(0, cols));
  const decoded = new Float64Array(cols);
  for (let i = 0; i < rows; i++) {
    const at = i * cols;
    decodeRow(sae, codes, i, decoded, data.subarray(at, at + cols));
    let squares = 0;
    let errorSquares = 0;
    for (let j = 0; j < cols; j++) {
      const x = data[at + j];
      const centered = x - origin[j];
      const error = x - decoded[j];
      sums[j] += centered;
      errorSums[j] += error;
      squares += centered * centered;
      errorSquares += error * error;
    }
    totals.squares += squares;
    totals.errorSquares += errorSquares;
  }
  totals.documents += rows;
}

// The reference counts a top-k latent wherever it is among the k; in other SAEs' codes the empty slots mean nothing.
function addActivations(totals: Totals, { indices, values }: Codes, countZeros: boolean): void {
  const { counts } = totals;
  for (let s = 0; s < indices.length; s++) {
    if (countZeros || values[s] > 0) counts[indices[s]]++;
    if (values[s] > 0) {
      totals.positiveSlots++;
      totals.activationSum += values[s];
    }
  }
  totals.slots += indices.length;
}

function summarize(totals: Totals, sae: Sae, k: number): SaeMetrics {
  const { documents: N, counts } = totals;
  const { n, d } = sae;
  const variance = totals.squares - sumOfSquares(totals.sums) / N;
  const errorVariance = totals.errorSquares - sumOfSquares(totals.errorSums) / N;
  const live = counts.filter((count) => count > 0);
  const cosines = encoderDecoderCosine(sae);
  const ratio = (part: number, whole: number): number => (whole > 0 ? part / whole : NaN);
  return {
    normalized_mse: ratio(totals.errorSquares, variance),
    explained_variance: 1 - ratio(errorVariance, variance),
    mean_log10_density_live:
      live.reduce((sum, count) => sum + Math.log10(count / N), 0) / live.length,
    mean_nonzero_activation: ratio(totals.activationSum, totals.positiveSlots),
    live: live.length,
    dead: n - live.length,
    zero_valued_slots: totals.slots - totals.positiveSlots,
    encoder_decoder_cosine_mean: meanOf(cosines),
    k,
    n,
    d,
    N,
    density_histogram: densityHistogram(counts, N),
  };
}

function sumOfSquares(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return sum;
}
