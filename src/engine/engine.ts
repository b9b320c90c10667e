import type { Activation } from "./activation.js";
import type { Codes } from "../core/codes.js";
import type { Matrix } from "../core/matrix.js";
import type { OnProgress } from "../core/progress.js";

/** The devices that an engine can run on. */
export type Device = "cpu" | "webgpu" | "cuda";

/** What an engine needs of an SAE to encode inputs that are normalised already. */
export interface EncoderWeights {
  /** Encoder directions, one row per latent [n, d]. */
  encoder: Matrix;
  /** Subtracted from the input [d]. */
  preBias: Float32Array;
  /** Added to the pre-activations [n]; not used by "gated". */
  latentBias: Float32Array;
  /** Latents kept per document, 1 to n: for other activations than "topk" the most that may be active. */
  k: number;
  /** Default topk. */
  activation?: Activation;
}

/** SAE weights placed on a device, ready to encode. */
export interface Encoder {
  readonly d: number;
  readonly n: number;
  readonly k: number;
  /** Rows that one run on the device takes: feed blocks of this size when streaming. */
  readonly rowsPerRun: number;
  /**
   * Codes of a batch of embeddings [B, d] of any size, in descending (pre-)activation order, ties by lower latent.
   * On the CPU the same row gives the same bits in a batch of any size. Throws RangeError if the width is not d, and
   * where a document has more than k active latents: none is ever left out silently.
   */
  encode(batch: Matrix): Promise<Codes>;
  dispose(): Promise<void>;
}

/** For every query the `count` best rows: `indices` and `scores` are [queries, count], best first. */
export interface Neighbours {
  rows: number;
  count: number;
  indices: Uint32Array;
  scores: Float32Array;
}

/** Options of a search for nearest rows. */
export interface NearestOptions {
  onProgress?: OnProgress;
  /** Stops the search between two blocks. */
  signal?: AbortSignal;
}

/** Where the dense arithmetic runs. */
export interface Engine {
  readonly device: Device;
  /** Human-readable: library, version and device, such as "onnxruntime-node 1.30.0, CPU". */
  readonly description: string;
  createEncoder(weights: EncoderWeights): Promise<Encoder>;
  /**
   * Exact best `count` rows of `base` [N, d] for each row of `queries` [Q, d] by dot product, ties by lower row.
   * A row that is both query and base finds itself. Throws RangeError for unequal widths or a count not from 1 to N.
   */
  nearest(
    queries: Matrix,
    base: Matrix,
    count: number,
    options?: NearestOptions,
  ): Promise<Neighbours>;
  dispose(): Promise<void>;
}
