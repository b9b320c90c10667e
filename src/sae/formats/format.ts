import { FormatError } from "../../core/errors.js";
import { shown } from "../../core/shown.js";
import type { Matrix } from "../../core/matrix.js";
import type { SaeParts } from "../sae.js";
import type { TensorBag } from "./bag.js";
import type { RawCheckpoint, TensorSummary } from "./raw.js";

/** How a checkpoint is read. */
export interface LoadOptions {
  /**
   * Latents kept per document: for a top-k SAE default what the file, else its name, says. For other SAEs the most
   * that may be active in a document, default 256, or four times the k of a batch-top-k one.
   */
  k?: number;
  /** k where neither the file nor its name has it, for uses in which k plays no part. Default: that is an error. */
  defaultK?: number;
  /** A name of CHECKPOINT_FORMATS, if it cannot be detected. */
  format?: string;
  /**
   * Factor that embeddings were multiplied by in training, where a file says that there was one but not which
   * (SAELens's "expected_average_only_in"); 1 takes the embeddings as they are.
   */
  scale?: number;
}

/** An SAE's parts, with what a reader did to get them. */
export interface Reading {
  parts: Omit<SaeParts, "k">;
  /** Latents kept (topk) or the file's own count for a batch; undefined if the file does not declare it. */
  k?: number;
  /** What a user should know: what was folded, left out, or is not certain. */
  notes: string[];
  /** Tensors of a dict inside the file that nothing was made of. */
  unused?: TensorSummary[];
}

/** One format of the field. */
export interface CheckpointFormat {
  name: string;
  /** One line for documents and errors. */
  about: string;
  /** Whether a checkpoint is of this format beyond doubt. */
  detect(raw: RawCheckpoint): boolean;
  read(raw: RawCheckpoint, bag: TensorBag, options: LoadOptions): Reading;
}

/** Encoder and decoder directions [n, d], with their sizes. */
export interface Directions {
  encoder: Matrix;
  decoder: Matrix;
  n: number;
  d: number;
}

/** The directions of PyTorch layers: `encoder.weight` [n, d] and `decoder.weight` [d, n]. */
export function layerDirections(bag: TensorBag): Directions {
  const encoder = bag.matrix("encoder.weight");
  const { rows: n, cols: d } = encoder;
  return { encoder, decoder: bag.transposed("decoder.weight", n, d), n, d };
}

/** The parts of PyTorch layers, with the biases of these names. */
export function layerParts(
  bag: TensorBag,
  preBias: string,
  latentBias: string,
): Pick<SaeParts, "encoder" | "decoder" | "preBias" | "latentBias"> {
  const { encoder, decoder, n, d } = layerDirections(bag);
  return {
    encoder,
    decoder,
    preBias: bag.vector(preBias, d),
    latentBias: bag.vector(latentBias, n),
  };
}

/** The directions of matrices that are multiplied from the left: `W_enc` [d, n] and `W_dec` [n, d]. */
export function matrixDirections(bag: TensorBag): Directions {
  const encoder = bag.transposed("W_enc");
  const { rows: n, cols: d } = encoder;
  return { encoder, decoder: bag.matrix("W_dec", n, d), n, d };
}

/** Multiplies every row of a matrix by its factor, in a copy. */
export function scaleRows({ rows, cols, data }: Matrix, factors: Float32Array): Matrix {
  const out = data.slice();
  for (let i = 0; i < rows; i++) {
    for (let j = i * cols; j < (i + 1) * cols; j++) out[j] *= factors[i];
  }
  return { rows, cols, data: out };
}

/** All values times a factor, in a copy. */
export function scaleAll(data: Float32Array, factor: number): Float32Array {
  return Float32Array.from(data, (value) => value * factor);
}

/** Products of two vectors, value by value. */
function multiply(a: Float32Array, b: Float32Array): Float32Array {
  return Float32Array.from(a, (value, i) => value * b[i]);
}

/** Lengths of the rows [rows]. */
function rowLengths({ rows, cols, data }: Matrix): Float32Array {
  const out = new Float32Array(rows);
  for (let i = 0; i < rows; i++) {
    let sum = 0;
    for (let j = i * cols; j < (i + 1) * cols; j++) sum += data[j] * data[j];
    out[i] = Math.sqrt(sum);
  }
  return out;
}

/**
 * The SAE whose activations count in units of decoder rows of length 1: encoder rows, latent bias and threshold times
 * the length, decoder rows divided by it. Throws FormatError where a decoder row has no length.
 */
export function foldDecoderNorm(path: string, parts: Omit<SaeParts, "k">): Omit<SaeParts, "k"> {
  const lengths = rowLengths(parts.decoder);
  const dead = lengths.findIndex((length) => !(length > 0));
  if (dead >= 0) throw new FormatError(path, `the decoder direction of latent ${dead} is zero`);
  const { activation } = parts;
  return {
    ...parts,
    encoder: scaleRows(parts.encoder, lengths),
    decoder: scaleRows(
      parts.decoder,
      lengths.map((length) => 1 / length),
    ),
    latentBias: multiply(parts.latentBias, lengths),
    ...(activation?.kind === "jumprelu" && {
      activation: { kind: "jumprelu", threshold: multiply(activation.threshold, lengths) },
    }),
  };
}

/**
 * The SAE of unscaled embeddings, from one whose inputs were multiplied by `scale`: the encoder times it, the decoder
 * and both embedding-side biases divided by it.
 */
export function foldInputScale(parts: Omit<SaeParts, "k">, scale: number): Omit<SaeParts, "k"> {
  const { encoder, decoder, preBias, decoderBias = preBias } = parts;
  return {
    ...parts,
    encoder: { ...encoder, data: scaleAll(encoder.data, scale) },
    decoder: { ...decoder, data: scaleAll(decoder.data, 1 / scale) },
    preBias: scaleAll(preBias, 1 / scale),
    decoderBias: scaleAll(decoderBias, 1 / scale),
  };
}

/** A whole number from 1 on of a configuration. Throws FormatError, naming the file. */
export function configSize(file: string, name: string, value: unknown): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= 1) return value;
  throw new FormatError(file, `expected a whole number above 0 as ${name}, got ${shown(value)}`);
}

/** A boolean of a configuration, `fallback` where it is missing. Throws FormatError, naming the file. */
export function configFlag(file: string, name: string, value: unknown, fallback: boolean): boolean {
  if (value === undefined || value === null) return fallback;
  if (typeof value === "boolean") return value;
  throw new FormatError(file, `expected true or false as ${name}, got ${shown(value)}`);
}
