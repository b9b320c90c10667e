import type { Rank, Scalar, Tensor, Tensor2D } from "@tensorflow/tfjs-core";
import type { TensorflowModule } from "./tensorflow-backend.js";
import { ADAM, CLIP_EPSILON } from "../adam.js";
import { type ParameterName, type TrainerSettings, roomOf } from "../trainer.js";

/** A trained part of the SAE, or one number for each of its entries, on the device. */
export type Parts = Record<ParameterName, Tensor>;

/** All that goes from one step to the next. A `type`, so that tf.tidy sees a container of tensors. */
export type PlacedState = { parameters: Parts; first: Parts; second: Parts; sinceFired: Tensor };

/** A batch on the device, with the sum of the squared distances of its rows from their mean. */
export type PlacedBatch = { x: Tensor2D; variance: Tensor };

/** The numbers that `takeStep` reports, in the order of `report`. */
export const REPORTED = ["reconstruction", "aux", "multik", "gradNorm", "dead", "main"] as const;

const PARAMETERS: readonly ParameterName[] = ["encoder", "decoder", "preBias", "latentBias"];
// Far below any pre-activation; what is selected in spite of it is 0 after the ReLU.
const NEVER = 1e30;

type Ops = TensorflowModule;

interface Selection {
  /** Positions in the flattened scores, int32 [B * count]. */
  flat: Tensor;
  indices: Tensor;
  /** Values after the ReLU [B, count]. */
  kept: Tensor;
  /** 1 for what is kept of it, where not all is [B, count]. */
  isKept?: Tensor;
  /** The same as a dense matrix [B, n]. */
  codes: Tensor2D;
}

interface Forward extends Selection {
  centered: Tensor2D;
  /** Pre-activations [B, n]. */
  pre: Tensor2D;
  /** x minus its reconstruction [B, d]. */
  error: Tensor2D;
}

interface Term {
  loss: Tensor;
  /** Gradient of the weighted loss by the decode [B, d]. */
  gradient: Tensor2D;
}

/** What the latents of one block, up to `end`, add to the loss and get of its gradient [B, d]. */
interface BlockTerm extends Term {
  end: number;
}

/** A decode's terms by blocks of latents, from the first to the last. */
type Nested = BlockTerm[];

/** Places a batch and takes what of a step does not depend on the parameters, so that it can be done ahead. */
export function placeBatch(
  tf: Ops,
  batch: { rows: number; cols: number; data: Float32Array },
): PlacedBatch {
  return tf.tidy(() => {
    const x = tf.tensor2d(batch.data, [batch.rows, batch.cols]);
    return { x, variance: variance(tf, x) };
  });
}

/**
 * One training step: forward pass, losses, gradients written out, projection of the decoder's gradient, clipping,
 * Adam and unit decoder rows. AuxK takes the top of the dead latents by a mask, so that their number need not be read back. Call it in tf.tidy; gives the next state and REPORTED [6].
 */
export function takeStep(
  tf: Ops,
  { x, variance: own }: PlacedBatch,
  state: PlacedState,
  settings: TrainerSettings,
  adam: { stepSize: number; epsilon: number },
): { next: PlacedState; report: Tensor } {
  const { parameters } = state;
  const forward = forwardPass(tf, x, parameters, settings);
  const { sinceFired, dead } = countFired(tf, forward, state.sinceFired, settings.deadSteps);
  const decoder = parameters.decoder as Tensor2D;

  const main = decodeTerm(tf, forward.error, own, 1);
  const nested = nestedTerms(tf, x, forward, parameters, own, settings.prefixes);
  const auxiliary = select(tf, maskDead(tf, forward.pre, dead), settings.auxk);
  const rest = tf.sub<Tensor2D>(forward.error, tf.matMul(auxiliary.codes, decoder));
  const aux = decodeTerm(tf, rest, variance(tf, forward.error), settings.auxkCoef);
  const terms: [Selection, Nested][] = [
    [forward, nested],
    [auxiliary, whole(aux)],
  ];
  let throughDecode = nested[0].gradient;
  let multik: Tensor = tf.scalar(0);
  if (settings.multikCoef !== 0) {
    const wide = select(tf, forward.pre, 4 * settings.k);
    const error = tf.sub<Tensor2D>(x, decode(tf, wide.codes, parameters));
    const term = decodeTerm(tf, error, own, settings.multikCoef);
    terms.push([wide, whole(term)]);
    throughDecode = tf.add(throughDecode, term.gradient);
    multik = term.loss;
  }
  const pre = tf.addN(terms.map(([s, term]) => backward(tf, s, term, decoder)));
  const toDecoder = tf.addN(terms.map(([s, term]) => decoderGradient(tf, s, term)));
  const latentBias = tf.sum(pre, 0);
  const throughEncoder = tf.matMul(tf.reshape<Rank.R2>(latentBias, [1, -1]), parameters.encoder);
  const gradients: Parts = {
    encoder: tf.matMul(pre, forward.centered, true),
    decoder: projectRows(tf, toDecoder, decoder),
    preBias: tf.sub(tf.sum(throughDecode, 0), tf.reshape(throughEncoder, [-1])),
    latentBias,
  };
  const { next, norm } = update(tf, state, gradients, settings.clip, adam);
  const losses = [main.loss, aux.loss, multik, norm, tf.sum(dead)];
  const report = tf.stack([...losses, tf.addN(nested.map(({ loss }) => loss))]);
  return { next: { ...next, sinceFired }, report };
}

/** Sum of the squared reconstruction errors. Call it in tf.tidy. */
export function squaredErrorOf(
  tf: Ops,
  x: Tensor2D,
  parameters: Parts,
  settings: TrainerSettings,
): Scalar {
  return sumOfSquares(tf, forwardPass(tf, x, parameters, settings).error);
}

function forwardPass(tf: Ops, x: Tensor2D, parameters: Parts, settings: TrainerSettings): Forward {
  const centered = tf.sub<Tensor2D>(x, parameters.preBias);
  const product = tf.matMul(centered, parameters.encoder, false, true);
  const pre = tf.add<Tensor2D>(product, parameters.latentBias);
  const { k } = settings;
  const rows = select(tf, pre, roomOf(settings, pre.shape[1]));
  const selection = settings.batchTopK ? keepLargest(tf, rows, k * pre.shape[0]) : rows;
  const error = tf.sub<Tensor2D>(x, decode(tf, selection.codes, parameters));
  return { ...selection, centered, pre, error };
}

/** What of a selection is among the `count` largest of the whole batch; the rest is 0. */
function keepLargest(tf: Ops, { flat, indices, kept, codes }: Selection, count: number): Selection {
  const largest = tf.topk(tf.reshape(kept, [-1]), count, false).values;
  const isKept = tf.cast(tf.greaterEqual(kept, tf.min(largest)), "float32");
  const left = tf.mul(kept, isKept);
  return { flat, indices, kept: left, isKept, codes: scatter(tf, { flat }, left, codes.shape) };
}

function decode(tf: Ops, codes: Tensor2D, { decoder, preBias }: Parts): Tensor2D {
  return tf.add(tf.matMul(codes, decoder as Tensor2D), preBias);
}

/** The top `count` of each row, or all where there are fewer. */
function select(tf: Ops, scores: Tensor2D, count: number): Selection {
  const [rows, n] = scores.shape;
  const { values, indices } = tf.topk(scores, Math.min(count, n), false);
  const kept = tf.relu(values);
  const starts = tf.mul(tf.range(0, rows, 1, "int32"), tf.scalar(n, "int32"));
  const flat = tf.reshape(tf.add(indices, tf.reshape(starts, [rows, 1])), [-1]);
  const selection = { flat, indices, kept };
  return { ...selection, codes: scatter(tf, selection, kept, [rows, n]) };
}

/** `values` [B, count] at the selected places of a zero matrix. */
function scatter(
  tf: Ops,
  { flat }: Pick<Selection, "flat">,
  values: Tensor,
  shape: [number, number],
): Tensor2D {
  const at = tf.reshape(flat, [-1, 1]);
  const dense = tf.scatterND(at, tf.reshape(values, [-1]), [shape[0] * shape[1]]);
  return tf.reshape(dense, shape);
}

/** Counts the step, resets the latents among a document's top k; `dead` is 1 for those over `deadSteps`, else 0 [n]. */
function countFired(
  tf: Ops,
  { indices, isKept }: Selection,
  sinceFired: Tensor,
  deadSteps: number,
): { sinceFired: Tensor; dead: Tensor } {
  const flat = tf.reshape(indices, [-1, 1]);
  const ones = isKept ? tf.reshape(isKept, [-1]) : tf.ones([flat.shape[0]]);
  const fired = tf.scatterND(flat, ones, [sinceFired.size]);
  const silent = tf.cast(tf.less(fired, 0.5), "float32");
  const next = tf.mul(tf.add(sinceFired, 1), silent);
  return { sinceFired: next, dead: tf.cast(tf.greater(next, deadSteps), "float32") };
}

function maskDead(tf: Ops, pre: Tensor2D, dead: Tensor): Tensor2D {
  return tf.add(tf.mul(pre, dead), tf.mul(tf.sub(dead, 1), NEVER));
}

function variance(tf: Ops, target: Tensor2D): Tensor {
  return sumOfSquares(tf, tf.sub(target, tf.mean(target, 0, true)));
}

/** By rows first: on a GPU TensorFlow.js gives a whole sum to one workgroup. */
function sumOfSquares(tf: Ops, values: Tensor): Scalar {
  return tf.sum(tf.sum(tf.square(values), -1));
}

function decodeTerm(tf: Ops, error: Tensor2D, targetVariance: Tensor, weight: number): Term {
  const loss = tf.div(sumOfSquares(tf, error), targetVariance);
  return { loss, gradient: tf.mul(error, tf.div(-2 * weight, targetVariance)) };
}

/** A decode as one block of all latents. */
function whole(term: Term): Nested {
  return [{ ...term, end: Infinity }];
}

/**
 * The mean of the losses with the latents below each prefix's end. A block's gradient is the sum of those of all decodes that its
 * latents are part of.
 */
function nestedTerms(
  tf: Ops,
  x: Tensor2D,
  { codes, error }: Forward,
  { decoder, preBias }: Parts,
  own: Tensor,
  prefixes?: readonly number[],
): Nested {
  if (prefixes === undefined) return whole(decodeTerm(tf, error, own, 1));
  const terms: Nested = [];
  let rest = tf.sub<Tensor2D>(x, preBias);
  prefixes.forEach((end, p) => {
    const block = blockOf(tf, decoder as Tensor2D, 0, prefixes, p);
    rest = tf.sub(rest, tf.matMul(blockOf(tf, codes, 1, prefixes, p), block));
    const { loss, gradient } = decodeTerm(tf, rest, own, 1 / prefixes.length);
    terms.push({ loss: tf.div(loss, prefixes.length), gradient, end });
  });
  for (let p = terms.length - 2; p >= 0; p--) {
    terms[p].gradient = tf.add(terms[p].gradient, terms[p + 1].gradient);
  }
  return terms;
}

/** The rows (axis 0) or columns (1) of a matrix that belong to one block of latents. */
function blockOf(
  tf: Ops,
  matrix: Tensor2D,
  axis: 0 | 1,
  ends: readonly number[],
  at: number,
): Tensor2D {
  const [rows, cols] = matrix.shape;
  const start = at === 0 ? 0 : ends[at - 1];
  const size = Math.min(ends[at], axis === 0 ? rows : cols) - start;
  return axis === 0
    ? tf.slice(matrix, [start, 0], [size, cols])
    : tf.slice(matrix, [0, start], [rows, size]);
}

function decoderGradient(tf: Ops, { codes }: Selection, terms: Nested): Tensor2D {
  if (terms.length === 1) return tf.matMul<Tensor2D>(codes, terms[0].gradient, true);
  const ends = terms.map(({ end }) => end);
  return tf.concat<Tensor2D>(
    terms.map(({ gradient }, p) =>
      tf.matMul<Tensor2D>(blockOf(tf, codes, 1, ends, p), gradient, true),
    ),
    0,
  );
}

function throughDecoder(tf: Ops, terms: Nested, decoder: Tensor2D): Tensor2D {
  if (terms.length === 1) return tf.matMul<Tensor2D>(terms[0].gradient, decoder, false, true);
  const ends = terms.map(({ end }) => end);
  return tf.concat<Tensor2D>(
    terms.map(({ gradient }, p) =>
      tf.matMul<Tensor2D>(gradient, blockOf(tf, decoder, 0, ends, p), false, true),
    ),
    1,
  );
}

/** Takes a decode's gradient back to the pre-activations [B, n]; the ReLU stops it where the value is 0. */
function backward(tf: Ops, selection: Selection, terms: Nested, decoder: Tensor2D): Tensor {
  const { flat, kept, codes } = selection;
  const dense = throughDecoder(tf, terms, decoder);
  const picked = tf.reshape(tf.gather(tf.reshape(dense, [-1]), flat), kept.shape);
  const open = tf.cast(tf.greater(kept, 0), "float32");
  return scatter(tf, selection, tf.mul(picked, open), codes.shape);
}

function projectRows(tf: Ops, gradient: Tensor, directions: Tensor2D): Tensor {
  const along = tf.sum(tf.mul(gradient, directions), 1, true);
  return tf.sub(gradient, tf.mul(directions, along));
}

/** Clips the gradient's global norm, takes the Adam step and puts decoder rows back to unit length. */
function update(
  tf: Ops,
  state: PlacedState,
  gradients: Parts,
  clip: number,
  { stepSize, epsilon }: { stepSize: number; epsilon: number },
): { next: Omit<PlacedState, "sinceFired">; norm: Tensor } {
  const squares = PARAMETERS.map((name) => sumOfSquares(tf, gradients[name]));
  const norm = tf.sqrt(tf.addN(squares));
  const scale = tf.minimum(1, tf.div(clip, tf.add(norm, CLIP_EPSILON)));
  const firstScale = tf.mul(scale, 1 - ADAM.beta1);
  const secondScale = tf.mul(scale, Math.sqrt(1 - ADAM.beta2));
  const next = { parameters: {} as Parts, first: {} as Parts, second: {} as Parts };
  for (const name of PARAMETERS) {
    const gradient = gradients[name];
    const first = tf.add(tf.mul(state.first[name], ADAM.beta1), tf.mul(gradient, firstScale));
    const scaled = tf.square(tf.mul(gradient, secondScale));
    const second = tf.add(tf.mul(state.second[name], ADAM.beta2), scaled);
    const change = tf.mul(tf.div(first, tf.add(tf.sqrt(second), epsilon)), stepSize);
    const moved = tf.sub(state.parameters[name], change);
    next.parameters[name] = name === "decoder" ? unitRows(tf, moved) : moved;
    next.first[name] = first;
    next.second[name] = second;
  }
  return { next, norm };
}

function unitRows(tf: Ops, matrix: Tensor): Tensor {
  return tf.div(matrix, tf.sqrt(tf.sum(tf.square(matrix), 1, true)));
}
