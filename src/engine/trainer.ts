import type { Matrix } from "../core/matrix.js";

/** The trained parts of an SAE, or one number for each of them (a gradient, a moment). */
export interface SaeParameters {
  /** One row per latent [n, d]. */
  encoder: Matrix;
  /** One row per latent [n, d]. */
  decoder: Matrix;
  /** [d] */
  preBias: Float32Array;
  /** [n] */
  latentBias: Float32Array;
}

/** One of the trained parts. */
export type ParameterName = keyof SaeParameters;

/** All that a training run carries from one step to the next. */
export interface TrainerState {
  /** Steps taken so far. */
  step: number;
  parameters: SaeParameters;
  /** Adam's running mean of the gradient. */
  firstMoment: SaeParameters;
  /** Adam's running mean of the squared gradient. */
  secondMoment: SaeParameters;
  /** Steps since each latent was last among a document's top k, whatever its value; 0 if in the last one [n]. */
  sinceFired: Float32Array;
}

/** What stays the same over a training run. */
export interface TrainerSettings {
  /** Latents kept per document, or of a batch's documents on average. */
  k: number;
  /**
   * Keep the largest `k` times B activations of a batch of B documents, 4k of a document at most (arXiv 2412.06410). Default: k of each
   * document.
   */
  batchTopK?: boolean;
  /** Dead latents that may explain each document's error. */
  auxk: number;
  /** Weight of the AuxK loss. */
  auxkCoef: number;
  /** Weight of the loss of a decode with 4k latents; 0 leaves that branch out. */
  multikCoef: number;
  /**
   * Ends of nested prefixes of the latents, ascending, the last one n: the reconstruction is then the mean of the losses of the decodes
   * with the latents below each (arXiv 2503.17547). Undefined: the whole alone.
   */
  prefixes?: readonly number[];
  /** Largest norm of the whole gradient; longer ones are scaled down to it. */
  clip: number;
  /** A latent is dead when it has not fired for more than this many steps. */
  deadSteps: number;
}

/** Latents of a document that may be kept. */
export function roomOf(
  { k, batchTopK = false }: Pick<TrainerSettings, "k" | "batchTopK">,
  n: number,
): number {
  return batchTopK ? Math.min(4 * k, n) : k;
}

/** What one training step reports. The losses are those of the parameters before the update. */
export interface StepReport {
  /** The sum of the losses, each with its weight. */
  loss: number;
  /** Squared error over the batch's own variance, of the decode with all latents. */
  reconstruction: number;
  /** The same for the dead latents' reconstruction of the error. */
  aux: number;
  /** The same for the decode with 4k latents; 0 where it is off. */
  multik: number;
  /** Norm of the whole gradient before clipping, after the decoder's projection. */
  gradNorm: number;
  /** Latents counted as dead in this step. */
  dead: number;
}

/** A top-k SAE in training, its parameters placed on a device. */
export interface Trainer {
  readonly d: number;
  readonly n: number;
  /** Human-readable: library, version and device. */
  readonly description: string;
  /** Takes one Adam step on a batch of embeddings [B, d] with B at least 2. Where it throws, the state is lost. */
  step(batch: Matrix, learningRate: number): Promise<StepReport>;
  /** Starts to place the next batch while a step runs: `step` finds it there when given the same matrix. */
  prepare?(batch: Matrix): void;
  /** Sum of the squared reconstruction errors of a batch [B, d]; changes nothing. */
  squaredError(batch: Matrix): Promise<number>;
  /** The current state. Its arrays do not change when training continues. */
  readState(): Promise<TrainerState>;
  dispose(): Promise<void>;
}

/** Places a state (not changed) on a device. */
export type CreateTrainer = (state: TrainerState, settings: TrainerSettings) => Promise<Trainer>;

/** The state before the first step: moments and counters 0. `parameters` is kept, not copied. */
export function initialState(parameters: SaeParameters): TrainerState {
  return {
    step: 0,
    parameters,
    firstMoment: zerosLike(parameters),
    secondMoment: zerosLike(parameters),
    sinceFired: new Float32Array(parameters.encoder.rows),
  };
}

function zerosLike({ encoder, decoder, preBias, latentBias }: SaeParameters): SaeParameters {
  const zeros = ({ rows, cols }: Matrix): Matrix => ({
    rows,
    cols,
    data: new Float32Array(rows * cols),
  });
  return {
    encoder: zeros(encoder),
    decoder: zeros(decoder),
    preBias: new Float32Array(preBias.length),
    latentBias: new Float32Array(latentBias.length),
  };
}
